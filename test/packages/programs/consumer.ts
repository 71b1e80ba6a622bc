// A user's TypeScript: compiled against the declarations of the installed packages, under several settings, then run.
import { KinesisClient } from '@aws-sdk/client-kinesis'
import { KMSClient } from '@aws-sdk/client-kms'
import {
  type CoreErrorCode,
  createEncryptionClient,
  type DecryptResult,
  type EncryptionClient,
  generateAesKey,
  isStrongroomError,
  type Keyring,
  rawAesKeyring,
  SecretBytes,
} from '@strongroom/core'
import { fromAwsKeyring, toAwsKeyring } from '@strongroom/core/aws-crypto'
import { isText, type OptionCheck } from '@strongroom/core/options'
import { isUndecryptableRecordsError, type KinesisEncryptionConfig, withEncryption } from '@strongroom/kinesis'
import { KmsKeyError, kmsKeyring } from '@strongroom/kms'
import { type EmbeddedKms, startEmbeddedKms } from '@strongroom/testing'
import { kmsConformance } from '@strongroom/testing/conformance'

const local: Keyring = rawAesKeyring({ namespace: 'example', name: 'kek', key: generateAesKey() })
const kms: EmbeddedKms = await startEmbeddedKms()
const remote: Keyring = kmsKeyring({ generatorKeyId: kms.createKey(), client: new KMSClient(kms.clientConfig) })

async function roundTrip(keyring: Keyring): Promise<DecryptResult> {
  const client: EncryptionClient = createEncryptionClient({ keyring, cache: { maxAgeMs: 60_000 } })
  const encryptionContext = { purpose: 'orders' }
  const { ciphertext } = await client.encrypt(new TextEncoder().encode('boots'), { encryptionContext })
  return client.decrypt(ciphertext, { encryptionContext })
}

for (const keyring of [local, remote]) {
  const { plaintext, openedBy } = await roundTrip(keyring)
  const text: string = new TextDecoder().decode(plaintext)
  if (text !== 'boots') throw new Error(`${openedBy.keyId} gave ${text}`)
}

const config: KinesisEncryptionConfig = { keyring: remote, cache: { maxAgeMs: 60_000 }, streams: { orders: {} } }
const kinesis: KinesisClient = withEncryption(new KinesisClient(kms.clientConfig), config)
kinesis.destroy()

function advice(error: unknown): string {
  if (isUndecryptableRecordsError(error)) return `${error.failures.length} of them`
  if (error instanceof KmsKeyError) return `${error.code} ${error.keyId}`
  const code: CoreErrorCode = 'KEY_TRANSIENT'
  return isStrongroomError(error, code) ? `later: ${error.message}` : 'no'
}
if (advice(new Error('another')) !== 'no') throw new Error('any error is one of ours')

const check: OptionCheck = isText
if (check('x') !== undefined || kmsConformance.length === 0) throw new Error('the other entry points do not work')
const again: Keyring = fromAwsKeyring(toAwsKeyring(local))
if (typeof again.unwrap !== 'function') throw new Error('there is no way back from an official keyring')
const secret: SecretBytes & Disposable = SecretBytes.random(32)
secret[Symbol.dispose]()
await kms.close()
console.log('typed: ok')
