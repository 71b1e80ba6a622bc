/**
 * The encrypted data key of KMS keys.
 *
 *     provider id:   aws-kms
 *     provider info: the key's ARN, as KMS answered it
 *     ciphertext:    KMS's CiphertextBlob; KMS binds the encryption context
 *
 * Source: specification, "AWS KMS Keyring".
 */
import {
  type Attempt,
  type EncryptedDataKey,
  type Keyring,
  type KeySet,
  type KmsKey,
  type Recipient,
  type SecretBytes,
  StrongroomError,
  type UnwrapFailure,
  type Unwrapped,
  type WrapRequest,
} from '@strongroom/core'
import { isAnything, type OptionCheck, validateOptions } from '@strongroom/core/options'
import { type ConnectionOptions, connectionChecks } from './connection-options.ts'
import { KmsKeyError } from './errors.ts'
import { keyArnFromBytes } from './key-arn.ts'
import { configuredKeyArn } from './key-id-option.ts'
import { connect, connectedKey } from './kms-key.ts'

const PROVIDER_ID = 'aws-kms'

/** Options of {@link kmsKeyring}. Name at least one key. */
export interface KmsKeyringOptions extends ConnectionOptions {
  /** ARN of the key that makes data keys. Without it the keyring only decrypts, or wraps data keys that another keyring made. */
  readonly generatorKeyId?: string
  /** ARNs of further keys; each wraps the data key too, and any one of them opens it. */
  readonly keyIds?: readonly string[]
}

type FixedKey = KmsKey & { readonly keyId: string }

/**
 * A keyring of AWS KMS keys that are named one by one: it writes for all of them and opens what any of them wrapped, nothing else.
 *
 * Keys are symmetric encryption keys, each named by its ARN. A client is made for each Region when it is first needed, with the SDK's
 * default credentials, three attempts a call and 10 seconds an attempt; give `client` or `clientFor` to choose otherwise. One data key costs
 * one GenerateDataKey and an Encrypt for each further key; opening one costs one Decrypt, in the order in which the message names the keys. Put
 * a materials cache in front where messages are many.
 *
 * Encrypting rejects with a `KmsKeyError` (`KEY_TRANSIENT`, `KEY_OPERATIONAL`, `ENDPOINT_INSECURE`), which names the key, the Region and KMS's
 * code. Decrypting tries each key that the message names; only when none opens are the failures reported, together. Messages are those of every
 * AWS Encryption SDK.
 *
 * Source: specification, "AWS KMS Keyring".
 *
 * @throws `OPTION_INVALID`
 * @example
 * ```ts
 * import { createEncryptionClient } from '@strongroom/core'
 * import { kmsKeyring } from '@strongroom/kms'
 *
 * const client = createEncryptionClient({
 *   keyring: kmsKeyring({
 *     generatorKeyId: 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
 *     keyIds: ['arn:aws:kms:eu-central-1:111122223333:key/0987dcba-09fe-87dc-65ba-ab0987654321'],
 *   }),
 * })
 * const { ciphertext } = await client.encrypt(new TextEncoder().encode('two pairs of boots'), { encryptionContext: { purpose: 'orders' } })
 * ```
 */
export function kmsKeyring(options: KmsKeyringOptions): Keyring {
  validateOptions('kmsKeyring', options, { ...connectionChecks, generatorKeyId: isAnything, keyIds: isArray })
  const { generatorKeyId, keyIds = [] } = options
  const generatorArns = generatorKeyId === undefined ? [] : [configuredKeyArn('kmsKeyring', 'generatorKeyId', generatorKeyId)]
  const arns = [...generatorArns, ...keyIds.map((keyId, index) => configuredKeyArn('kmsKeyring', `keyIds[${index}]`, keyId))]
  if (arns.length === 0)
    throw new StrongroomError('OPTION_INVALID', 'kmsKeyring needs generatorKeyId, keyIds or both.', { option: 'generatorKeyId' })
  const connection = connect('kmsKeyring', options, arns)
  const keys = new Map<string, FixedKey>(arns.map((key) => [key.arn, connectedKey(key, connection)]))
  if (keys.size < arns.length)
    throw new StrongroomError('OPTION_INVALID', 'kmsKeyring: a key is named twice, and would be paid for twice.', { option: 'keyIds' })
  const recipients = [...keys.values()].map((key) => recipientOf(key, key.keyId === generatorKeyId))

  function requireGenerator(): void {
    if (generatorKeyId !== undefined) return
    throw new StrongroomError(
      'KEYRING_CANNOT_ENCRYPT',
      'A KMS keyring without generatorKeyId only decrypts. Name the key that makes data keys as generatorKeyId.',
    )
  }

  return {
    ...(keys.size === 1 ? { wrappingKeys: keySetOf(keys, requireGenerator) } : {}),

    async recipients(request: WrapRequest): Promise<readonly Recipient[]> {
      if (request.dataKeyExists !== true) requireGenerator()
      return recipients
    },

    async unwrap(edks: readonly EncryptedDataKey[], request: WrapRequest): Promise<Unwrapped | UnwrapFailure> {
      const attempts: Attempt[] = []
      for (const [index, edk] of edks.entries()) {
        const named = edk.providerId === PROVIDER_ID ? keyArnFromBytes(edk.providerInfo) : undefined
        const key = named === undefined ? undefined : keys.get(named.arn)
        if (key === undefined) {
          attempts.push(untried(index, edk.providerId, named?.arn))
          continue
        }
        try {
          const { secret } = await key.decrypt(edk.ciphertext, request.context, key.keyId, request)
          return { secret, edk: index, keyId: key.keyId }
        } catch (error) {
          request.signal?.throwIfAborted()
          attempts.push({ edk: index, keyId: key.keyId, outcome: outcomeOf(error), cause: error })
        }
      }
      return { attempts }
    },
  }
}

function recipientOf(key: FixedKey, generates: boolean): Recipient {
  const providerInfo = bytesOf(key.keyId)
  const edkOf = (ciphertext: Uint8Array, keyArn: string): EncryptedDataKey => ({
    providerId: PROVIDER_ID,
    providerInfo: bytesOf(keyArn),
    ciphertext,
  })
  return {
    providerId: PROVIDER_ID,
    keyId: key.keyId,
    ...(generates
      ? {
          async generate(length: number, request: WrapRequest): Promise<{ secret: SecretBytes; edks: readonly EncryptedDataKey[] }> {
            const { secret, blob, keyArn } = await key.generate(length, request.context, request)
            return { secret, edks: [edkOf(blob, keyArn)] }
          },
        }
      : {}),
    async wrap(secret: SecretBytes, request: WrapRequest): Promise<readonly EncryptedDataKey[]> {
      const { blob, keyArn } = await key.encrypt(secret, request.context, request)
      return [edkOf(blob, keyArn)]
    },
    owns: (edk) => edk.providerId === PROVIDER_ID && Buffer.compare(edk.providerInfo, providerInfo) === 0,
  }
}

/** The attempt at an encrypted data key that names another key, which the error then tells, or of ours that names none: nobody wrote such. */
function untried(edk: number, providerId: string, keyId: string | undefined): Attempt {
  if (keyId !== undefined) return { edk, keyId, outcome: 'not-mine' }
  return { edk, outcome: providerId === PROVIDER_ID ? 'rejected' : 'not-mine' }
}

function keySetOf(keys: ReadonlyMap<string, FixedKey>, requireGenerator: () => void): KeySet<KmsKey> {
  const [only] = [...keys.values()] as [FixedKey]
  return {
    async current() {
      requireGenerator()
      return only
    },
    named: async (name) => keys.get(name),
  }
}

/** Only KMS's word on the blob makes it rejected; a configuration error, say, is somebody's to mend. */
function outcomeOf(error: unknown): Attempt['outcome'] {
  const code = error instanceof KmsKeyError ? error.code : undefined
  return code === 'MESSAGE_INVALID' ? 'rejected' : code === 'KEY_TRANSIENT' ? 'transient' : 'operational'
}

function bytesOf(ascii: string): Uint8Array {
  return new TextEncoder().encode(ascii)
}

const isArray: OptionCheck = (value) => (Array.isArray(value) ? undefined : 'be an array of key ARNs')
