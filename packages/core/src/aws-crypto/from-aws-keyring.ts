import { KeyringNode, KeyringTraceFlag, NodeDecryptionMaterial, NodeEncryptionMaterial } from '@aws-crypto/material-management-node'
import { abortable } from '../abortable.ts'
import { StrongroomError } from '../errors.ts'
import type { Attempt, EncryptedDataKey, Keyring, Recipient, UnwrapFailure, Unwrapped, WrapRequest } from '../keyring.ts'
import { isFunction, isText, validateOptions } from '../options.ts'
import type { SecretBytes } from '../secret-bytes.ts'
import { officialError, officialOutcome } from './official-failure.ts'
import { officialKeys } from './official-keys.ts'
import { officialDataKey, officialSuite, ownDataKeys, takeDataKey, wipe } from './official-material.ts'

/** Options of {@link fromAwsKeyring}, for keyrings of classes of your own. Those of AWS tell their keys themselves. */
export interface FromAwsKeyringOptions {
  /** Name of the keyring's keys in errors and events. */
  readonly keyId?: string
  /** Provider id of what it appends. */
  readonly providerId?: string
  /** Whether an encrypted data key is addressed to the keyring, judged by its public fields. */
  readonly owns?: (edk: EncryptedDataKey) => boolean
}

/**
 * Makes an official keyring of `@aws-crypto/client-node` (or of a class derived from its `KeyringNode`) one of ours. It is one recipient with all
 * the encrypted data keys that it appends. An abort ends the wait, not the call within: the official keyrings take no signal.
 *
 * @throws `INPUT_INVALID` where it is no `KeyringNode` of the same copy of `@aws-crypto/material-management`, `OPTION_INVALID`
 * @example
 * ```ts
 * import { KmsKeyringNode } from '@aws-crypto/client-node'
 * const client = createEncryptionClient({ keyring: fromAwsKeyring(new KmsKeyringNode({ generatorKeyId })) })
 * ```
 */
export function fromAwsKeyring(theirs: KeyringNode, options: FromAwsKeyringOptions = {}): Keyring {
  if (!(theirs instanceof KeyringNode)) {
    throw new StrongroomError(
      'INPUT_INVALID',
      'fromAwsKeyring takes a KeyringNode. If this is one, two copies of @aws-crypto/material-management are installed: deduplicate them.',
    )
  }
  validateOptions('fromAwsKeyring', options, { keyId: isText, providerId: isText, owns: isFunction })
  const keys = officialKeys(theirs)
  const name = options.keyId ?? (keys.length > 0 ? keys.map(({ keyId }) => keyId).join(', ') : theirs.constructor.name)
  const owns = options.owns ?? ((edk: EncryptedDataKey) => keys.some((key) => key.owns(edk)))

  async function encrypt(material: NodeEncryptionMaterial, { signal }: WrapRequest): Promise<readonly EncryptedDataKey[]> {
    try {
      await abortable(theirs.onEncrypt(material), signal, wipe)
    } catch (error) {
      wipe(material)
      signal?.throwIfAborted()
      throw officialError(`The keyring of ${name}`, error)
    }
    return ownDataKeys(material)
  }

  const recipient: Recipient = {
    providerId: options.providerId ?? keys[0]?.providerId ?? 'aws-crypto',
    keyId: name,
    owns,
    async generate(_length, request) {
      request.signal?.throwIfAborted()
      const material = new NodeEncryptionMaterial(officialSuite(request.suite), { ...request.context })
      const edks = await encrypt(material, request)
      if (material.hasUnencryptedDataKey) return { secret: takeDataKey(material), edks }
      throw new StrongroomError('KEYRING_CANNOT_ENCRYPT', `The keyring of ${name} made no data key; it only decrypts.`)
    },
    async wrap(secret, request) {
      request.signal?.throwIfAborted()
      const material = new NodeEncryptionMaterial(officialSuite(request.suite), { ...request.context })
      const copy = secret.use((bytes) => Uint8Array.from(bytes))
      try {
        material.setUnencryptedDataKey(copy, {
          keyNamespace: 'strongroom',
          keyName: 'given data key',
          flags: KeyringTraceFlag.WRAPPING_KEY_GENERATED_DATA_KEY,
        })
      } finally {
        copy.fill(0)
      }
      const edks = await encrypt(material, request)
      wipe(material)
      return edks
    },
  }

  /** The secret of one encrypted data key, or nothing where the keyring has none to give and does not say why. */
  async function open(edk: EncryptedDataKey, { suite, context, signal }: WrapRequest): Promise<SecretBytes | undefined> {
    const theirEdk = officialDataKey(edk)
    if (theirEdk === undefined) return undefined
    const material = new NodeDecryptionMaterial(officialSuite(suite), { ...context })
    try {
      await abortable(theirs.onDecrypt(material, [theirEdk]), signal, wipe)
    } catch (error) {
      wipe(material)
      throw error
    }
    return material.hasUnencryptedDataKey ? takeDataKey(material) : undefined
  }

  return {
    async recipients({ signal }: WrapRequest): Promise<readonly Recipient[]> {
      signal?.throwIfAborted()
      return [recipient]
    },

    async unwrap(edks: readonly EncryptedDataKey[], request: WrapRequest): Promise<Unwrapped | UnwrapFailure> {
      request.signal?.throwIfAborted()
      const attempts: Attempt[] = []
      for (const [index, edk] of edks.entries()) {
        const key = keys.find((candidate) => candidate.owns(edk))
        const keyId = key?.keyId ?? name
        try {
          const secret = await open(edk, request)
          if (secret !== undefined) return { secret, edk: index, keyId }
          // A raw keyring keeps silent about what failed, and so do we: it may be the padding of PKCS#1 v1.5.
          if (owns(edk) && key?.raw !== false) attempts.push({ edk: index, keyId, outcome: 'rejected', untold: true })
          else attempts.push({ edk: index, outcome: 'not-mine' })
        } catch (cause) {
          request.signal?.throwIfAborted()
          const outcome = officialOutcome(cause)
          attempts.push({ edk: index, keyId, outcome, cause, ...(outcome === 'rejected' && key?.raw !== false ? { untold: true } : {}) })
        }
      }
      return { attempts }
    },
  }
}
