/**
 * A reader in a process of its own, whose clock the test moves. It is sent a message to decrypt and milliseconds to let pass before, and answers the
 * plaintext or the code of what was thrown.
 */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { KMSClient } from '@aws-sdk/client-kms'
import { createEncryptionClient } from '@strongroom/core'
import { createBranchKeyCache, hierarchicalKeyring } from '@strongroom/kms'
import { createKeyStore } from '@strongroom/kms/branch-keys'

/** What the process is given to start with, as JSON. */
export interface ReaderConfig {
  readonly dynamodb: object
  readonly kms: object
  readonly keyId: string
  readonly tableName: string
  readonly branchKeyId: string
  readonly ttlMs: number
  readonly graceMs: number
}

/** What it is sent. */
export interface ReaderRequest {
  readonly pass: number
  readonly ciphertext: string
}

const { dynamodb, kms, keyId, tableName, branchKeyId, ttlMs, graceMs } = JSON.parse(process.argv[2] ?? '') as ReaderConfig
let now = 0
const keyStore = createKeyStore({
  client: new DynamoDBClient({ ...dynamodb, maxAttempts: 1 }),
  tableName,
  kms: { keyId, client: new KMSClient({ ...kms, maxAttempts: 1 }) },
})
const store = createBranchKeyCache({ now: () => now })
const client = createEncryptionClient({
  keyring: hierarchicalKeyring({ keyStore, branchKeyId, cache: { ttlMs, graceMs, refreshAhead: false, store } }),
})

process.on('message', async ({ pass, ciphertext }: ReaderRequest) => {
  now += pass
  const answer = await client.decrypt(Buffer.from(ciphertext, 'base64')).then(
    ({ plaintext }) => new TextDecoder().decode(plaintext),
    ({ code }: { readonly code?: string }) => code ?? 'no code',
  )
  process.send?.(answer)
})
