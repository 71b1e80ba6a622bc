import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { CreateKeyCommand, type CreateKeyCommandInput, EncryptCommand, type KMSClient } from '@aws-sdk/client-kms'

/** Makes a key, symmetric unless its kind is said; answers its ARN. */
export async function newKey(client: KMSClient, kind: Pick<CreateKeyCommandInput, 'KeySpec' | 'KeyUsage'> = {}): Promise<string> {
  const { KeyMetadata } = await client.send(new CreateKeyCommand({ Description: 'conformance check', ...kind }))
  assert(KeyMetadata?.Arn !== undefined, 'CreateKey answers an ARN')
  return KeyMetadata.Arn
}

/** An alias name nobody uses. */
export function newAliasName(): string {
  return `alias/conformance/${randomUUID()}`
}

/** Encrypts a short text; answers the blob. */
export async function encrypted(client: KMSClient, KeyId: string, EncryptionContext: Record<string, string> = {}): Promise<Uint8Array> {
  const { CiphertextBlob } = await client.send(new EncryptCommand({ KeyId, Plaintext: Buffer.from('plaintext'), EncryptionContext }))
  assert(CiphertextBlob !== undefined, 'Encrypt answers a blob')
  return CiphertextBlob
}
