import { buildClient, CommitmentPolicy, KmsKeyringNode } from '@aws-crypto/client-node'
import type { KMS } from '@aws-sdk/client-kms'

/** What AWS's own Encryption SDK for JavaScript makes of a message. */
export interface OfficialAnswer {
  readonly plaintext: Uint8Array
  readonly encryptionContext: Readonly<Record<string, string>>
}

/** Opens a message with AWS's own Encryption SDK for JavaScript. */
export async function openWithOfficialClient(kms: KMS, keyArn: string, message: Uint8Array): Promise<OfficialAnswer> {
  const { decrypt } = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT)
  // The SDK's own KMS class does not satisfy the type that their keyring asks for.
  const clientProvider = (() => kms) as unknown as NonNullable<
    NonNullable<ConstructorParameters<typeof KmsKeyringNode>[0]>['clientProvider']
  >
  const keyring = new KmsKeyringNode({ keyIds: [keyArn], clientProvider })
  const { plaintext, messageHeader } = await decrypt(keyring, message)
  return { plaintext, encryptionContext: messageHeader.encryptionContext }
}
