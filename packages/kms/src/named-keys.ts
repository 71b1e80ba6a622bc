import {
  type EncryptedDataKey,
  type Keyring,
  type KeySet,
  type KmsKey,
  type Recipient,
  type SecretBytes,
  StrongroomError,
  type WrapRequest,
} from '@strongroom/core'
import { isAnything, type OptionCheck, validateOptions } from '@strongroom/core/options'
import { type ConnectionOptions, connectionChecks } from './connection-options.ts'
import { type KeyArn, parseKeyArn } from './key-arn.ts'
import { configuredKeyArn } from './key-id-option.ts'
import { connect } from './kms-connection.ts'
import { type FixedKey, kmsEdk, namedKey, PROVIDER_ID, unwrapInOrder } from './kms-edk.ts'
import { connectedKey } from './kms-key.ts'

/** The keys of a keyring that writes and reads. */
export interface GeneratingKmsKeys {
  /** ARN of the key that makes data keys. */
  readonly generatorKeyId: string
  /** ARNs of further keys; each wraps the data key too, and any one of them opens it. */
  readonly keyIds?: readonly string[]
}

/** The keys of a keyring that reads, or wraps data keys that another keyring made. */
export interface ReadingKmsKeys {
  /** Without it the keyring makes no data keys. */
  readonly generatorKeyId?: never
  /** ARNs of the keys, at least one; any one of them opens a data key. */
  readonly keyIds: readonly string[]
}

/** The keys of a `kmsKeyring` or `kmsMrkKeyring`, and how KMS is called. Name at least one key. */
export type KmsKeyringOptions = ConnectionOptions & (GeneratingKmsKeys | ReadingKmsKeys)

/** Answers the same text for ARNs that a keyring takes for the same key. */
export type Identity = (key: KeyArn) => string

/** A keyring of keys that are named one by one. It opens what names one of them, by an identity. */
export function namedKeysKeyring(where: string, options: KmsKeyringOptions, identityOf: Identity): Keyring {
  validateOptions(where, options, { ...connectionChecks, generatorKeyId: isAnything, keyIds: isArray })
  const { generatorKeyId, keyIds = [] } = options
  const generatorArns = generatorKeyId === undefined ? [] : [configuredKeyArn(where, 'generatorKeyId', generatorKeyId)]
  const arns = [...generatorArns, ...keyIds.map((keyId, index) => configuredKeyArn(where, `keyIds[${index}]`, keyId))]
  if (arns.length === 0)
    throw new StrongroomError('OPTION_INVALID', `${where} needs generatorKeyId, keyIds or both.`, { option: 'generatorKeyId' })
  requireUnique(where, arns, identityOf)
  const connection = connect(where, options, arns)
  const keys = new Map<string, FixedKey>(arns.map((key) => [identityOf(key), connectedKey(key, connection)]))
  const recipients = [...keys].map(([identity, key]) =>
    recipientOf(key, key.keyId === generatorKeyId, (edk) => {
      const named = namedKey(edk)
      return named !== undefined && identityOf(named) === identity
    }),
  )

  function requireGenerator(): void {
    if (generatorKeyId !== undefined) return
    throw new StrongroomError(
      'KEYRING_CANNOT_ENCRYPT',
      'A KMS keyring without generatorKeyId only decrypts. Name the key that makes data keys as generatorKeyId.',
    )
  }

  function keySet(only: FixedKey): KeySet<KmsKey> {
    return {
      async current() {
        requireGenerator()
        return only
      },
      async named(name) {
        const named = parseKeyArn(name)
        return named === undefined ? undefined : keys.get(identityOf(named))
      },
    }
  }

  const [only, ...more] = keys.values()
  return {
    ...(only !== undefined && more.length === 0 ? { wrappingKeys: keySet(only) } : {}),

    async recipients(request: WrapRequest): Promise<readonly Recipient[]> {
      if (request.dataKeyExists !== true) requireGenerator()
      return recipients
    },

    unwrap: (edks, request) => unwrapInOrder(edks, request, async (named) => keys.get(identityOf(named))),
  }
}

function recipientOf(key: FixedKey, generates: boolean, owns: Recipient['owns']): Recipient {
  return {
    providerId: PROVIDER_ID,
    keyId: key.keyId,
    ...(generates
      ? {
          async generate(length: number, request: WrapRequest): Promise<{ secret: SecretBytes; edks: readonly EncryptedDataKey[] }> {
            const { secret, blob, keyArn } = await key.generate(length, request.context, request)
            return { secret, edks: [kmsEdk(blob, keyArn)] }
          },
        }
      : {}),
    async wrap(secret: SecretBytes, request: WrapRequest): Promise<readonly EncryptedDataKey[]> {
      const { blob, keyArn } = await key.encrypt(secret, request.context, request)
      return [kmsEdk(blob, keyArn)]
    },
    owns,
  }
}

function requireUnique(where: string, keys: readonly KeyArn[], identityOf: Identity): void {
  const twins = keys.filter((key) => keys.filter((other) => identityOf(other) === identityOf(key)).length > 1)
  if (twins.length === 0) return
  const named = [...new Set(twins.map(({ arn }) => arn))]
  const problem = named.length < twins.length ? 'a key is named twice' : 'a multi-Region key is named in several Regions'
  throw new StrongroomError('OPTION_INVALID', `${where}: ${problem}, and would be paid for twice (${named.join(', ')}).`, {
    option: 'keyIds',
  })
}

const isArray: OptionCheck = (value) => (Array.isArray(value) ? undefined : 'be an array of key ARNs')
