import { type CacheOptions, cachingMaterials } from './caching-materials.ts'
import { defaultMaterials } from './default-materials.ts'
import { disposeMaterials } from './dispose-materials.ts'
import { serialiseContext } from './encryption-context.ts'
import { StrongroomError } from './errors.ts'
import type { EncryptedDataKey, Keyring, Recipient, UnwrapFailure, Unwrapped, WrapRequest } from './keyring.ts'
import type { DecryptMaterials, DecryptRequest, EncryptMaterials, EncryptRequest, Materials } from './materials.ts'
import { hasMethods, isBoolean, validateOptions } from './options.ts'

/** Options of {@link recoveryMaterials}. */
export interface RecoveryMaterialsOptions {
  /** Makes the data keys, and opens messages. */
  readonly keyring: Keyring
  /** A keyring with one recipient: the public half of a key whose private half is kept offline. It is never asked to open anything. */
  readonly recoveryRecipient: Keyring
  /** Also refuse to open messages that the recovery key could not open. Judged by public fields: that the key does open it, no one can check. Default false. */
  readonly requireRecoveryRecipient?: boolean
  /** Reuses data keys within limits; the recovery key then wraps each data key once. */
  readonly cache?: CacheOptions
}

/**
 * A materials manager that wraps every data key for a recovery key too, so that whatever was written can still be read when all other keys are
 * lost, with a private key that is never online.
 *
 * @throws `OPTION_INVALID`; its materials reject with `MATERIALS_INVALID` where the encrypted data key for recovery is missing, with
 * `RECOVERY_MISSING` where a message to be read has none.
 * @example
 * ```ts
 * const recoveryRecipient = rawRsaKeyring({ namespace: 'vault', name: 'recovery-2026', padding: 'OAEP_SHA256', publicKey })
 * const client = createEncryptionClient({ materials: recoveryMaterials({ keyring, recoveryRecipient }) })
 * ```
 */
export function recoveryMaterials(options: RecoveryMaterialsOptions): Materials {
  validateOptions(
    'recoveryMaterials',
    options,
    { keyring: isKeyring, recoveryRecipient: isKeyring, requireRecoveryRecipient: isBoolean, cache: isCache },
    ['keyring', 'recoveryRecipient'],
  )
  const { recoveryRecipient, requireRecoveryRecipient = false, cache } = options
  const keyring = withRecoveryRecipient(options.keyring, recoveryRecipient)
  const inner = cache === undefined ? defaultMaterials(keyring) : cachingMaterials({ ...cache, keyring })
  // Materials that are used again were looked through before. A shared cache may answer those of a manager that has no recovery key.
  const complete = new WeakSet<readonly EncryptedDataKey[]>()

  async function isAddressed(edks: readonly EncryptedDataKey[], request: WrapRequest): Promise<boolean> {
    const recipient = await recoveryRecipientOf(recoveryRecipient, request)
    if (!edks.some((edk) => recipient.owns(edk))) return false
    if (Object.isFrozen(edks)) complete.add(edks)
    return true
  }

  async function assertComplete(pending: EncryptMaterials | Promise<EncryptMaterials>, request: EncryptRequest): Promise<EncryptMaterials> {
    const materials = await pending
    try {
      if (await isAddressed(materials.edks, wrapRequest(request, materials.context))) return materials
    } catch (error) {
      disposeMaterials(materials)
      throw error
    }
    disposeMaterials(materials)
    throw new StrongroomError(
      'MATERIALS_INVALID',
      'The data key was not wrapped for the recovery recipient. Share a cache partition only among managers with the same recoveryRecipient.',
    )
  }

  async function assertRecoverable(request: DecryptRequest): Promise<DecryptMaterials> {
    if (await isAddressed(request.edks, wrapRequest(request, request.context))) return await inner.forDecrypt(request)
    throw new StrongroomError(
      'RECOVERY_MISSING',
      'The message is not readable with the recovery key that requireRecoveryRecipient demands. Whoever wrote it must name the same recoveryRecipient.',
      { option: 'requireRecoveryRecipient' },
    )
  }

  return {
    forEncrypt(request: EncryptRequest): EncryptMaterials | Promise<EncryptMaterials> {
      const pending = inner.forEncrypt(request)
      return !('then' in pending) && complete.has(pending.edks) ? pending : assertComplete(pending, request)
    },
    forDecrypt(request: DecryptRequest): DecryptMaterials | Promise<DecryptMaterials> {
      return !requireRecoveryRecipient || complete.has(request.edks) ? inner.forDecrypt(request) : assertRecoverable(request)
    },
  }
}

/** One keyring for each pair, so that managers of the same keyrings share what a cache holds, as they would without a recovery key. */
const joined = new WeakMap<Keyring, WeakMap<Keyring, Keyring>>()

function withRecoveryRecipient(keyring: Keyring, recovery: Keyring): Keyring {
  const known = joined.get(keyring) ?? new WeakMap<Keyring, Keyring>()
  joined.set(keyring, known)
  const both: Keyring = known.get(recovery) ?? {
    async recipients(request: WrapRequest): Promise<readonly Recipient[]> {
      const recipients = await keyring.recipients(request)
      // The recovery key alone would make messages that nobody online can read.
      if (recipients.length === 0) throw new StrongroomError('KEYRING_CANNOT_ENCRYPT', 'The keyring names no key to encrypt for.')
      return [...recipients, await recoveryRecipientOf(recovery, request)]
    },
    unwrap: (edks: readonly EncryptedDataKey[], request: WrapRequest): Promise<Unwrapped | UnwrapFailure> => keyring.unwrap(edks, request),
  }
  known.set(recovery, both)
  return both
}

async function recoveryRecipientOf(recovery: Keyring, request: WrapRequest): Promise<Recipient> {
  const [recipient, ...more] = await recovery.recipients({ ...request, dataKeyExists: true })
  if (recipient !== undefined && more.length === 0) return recipient
  throw new StrongroomError(
    'OPTION_INVALID',
    `recoveryRecipient must be a keyring with one recipient; this one has ${more.length + (recipient ? 1 : 0)}.`,
    {
      option: 'recoveryRecipient',
    },
  )
}

function wrapRequest({ suite, signal, observer }: EncryptRequest | DecryptRequest, context: WrapRequest['context']): WrapRequest {
  return { suite, context, aad: serialiseContext(context), signal, observer }
}

const isKeyring = hasMethods('recipients', 'unwrap')

function isCache(value: unknown): string | undefined {
  return typeof value === 'object' && value !== null ? undefined : 'be an options object'
}
