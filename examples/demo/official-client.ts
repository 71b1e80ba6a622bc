import { buildClient, CommitmentPolicy, type KeyringNode } from '@aws-crypto/client-node'

/** What AWS's own Encryption SDK for JavaScript makes of a message. */
export interface OfficialAnswer {
  readonly plaintext: Uint8Array
  readonly encryptionContext: Readonly<Record<string, string>>
}

/** Opens a message with AWS's own Encryption SDK for JavaScript. */
export async function openWithOfficialClient(keyring: KeyringNode, message: Uint8Array): Promise<OfficialAnswer> {
  const { decrypt } = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT)
  const { plaintext, messageHeader } = await decrypt(keyring, message)
  return { plaintext, encryptionContext: messageHeader.encryptionContext }
}
