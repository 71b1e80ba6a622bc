import { type CacheOptions, cacheChecks, cachingMaterials } from './caching-materials.ts'
import { defaultMaterials } from './default-materials.ts'
import { StrongroomError } from './errors.ts'
import type { Keyring } from './keyring.ts'
import type { Materials } from './materials.ts'
import type { KeyringSource, MaterialsManagerSource } from './materials-source.ts'
import { validateOptions } from './options.ts'
import { recoveryMaterials } from './recovery-materials.ts'
import { requiredContextMaterials } from './required-context-materials.ts'

/** A client's data keys from a keyring. */
export interface KeyringClientSource extends KeyringSource {
  /** Reuses data keys within limits. Without it every message costs a data key, and with KMS a call. */
  readonly cache?: CacheOptions
  /** Makes it a {@link RecoverableClientSource}. */
  readonly recoveryRecipient?: never
  /** Needs `recoveryRecipient`. */
  readonly requireRecoveryRecipient?: never
}

/** A client's data keys from a keyring, each wrapped for an offline key too. */
export interface RecoverableClientSource extends KeyringSource {
  /** Reuses data keys within limits. Without it every message costs a data key, and with KMS a call. */
  readonly cache?: CacheOptions
  /** A keyring of one recipient, an offline key, for which every data key is wrapped too. See `recoveryMaterials`. */
  readonly recoveryRecipient: Keyring
  /** Also refuse to decrypt messages that are not addressed to `recoveryRecipient`. Default false. */
  readonly requireRecoveryRecipient?: boolean
}

/** A client's data keys from a materials manager; caching and recovery are its matter. */
export interface MaterialsClientSource extends MaterialsManagerSource {
  /** Goes with `keyring`: use `cachingMaterials({ materials, … })`. */
  readonly cache?: never
  /** Goes with `keyring`: use `recoveryMaterials`. */
  readonly recoveryRecipient?: never
  /** Goes with `keyring`: use `recoveryMaterials`. */
  readonly requireRecoveryRecipient?: never
}

/** Where a client's data keys come from: exactly one of `keyring` and `materials`. */
export type ClientSource = KeyringClientSource | RecoverableClientSource | MaterialsClientSource

/** The options of a client that say where its materials come from, as a caller without types may give them; each is checked on its own already. */
export interface ClientMaterialsOptions {
  readonly keyring?: Keyring
  readonly materials?: Materials
  readonly cache?: CacheOptions
  readonly requiredContextKeys?: readonly string[]
  readonly recoveryRecipient?: Keyring
  readonly requireRecoveryRecipient?: boolean
}

/** Builds the materials managers that a client's options ask for, around its keyring or materials. */
export function materialsOf(options: ClientMaterialsOptions): Materials {
  const { keyring, materials, requiredContextKeys: requiredKeys } = options
  if ((keyring === undefined) === (materials === undefined)) {
    throw new StrongroomError('OPTION_INVALID', 'createEncryptionClient needs exactly one of keyring and materials.', { option: 'keyring' })
  }
  const inner = keyring === undefined ? ownMaterials(materials as Materials, options) : keyringMaterials(keyring, options)
  return requiredKeys === undefined ? inner : requiredContextMaterials({ materials: inner, requiredKeys })
}

function ownMaterials(materials: Materials, { cache, recoveryRecipient, requireRecoveryRecipient }: ClientMaterialsOptions): Materials {
  if (cache !== undefined) throw needsKeyring('cache', 'cachingMaterials({ materials, … })')
  if (recoveryRecipient !== undefined) throw needsKeyring('recoveryRecipient', 'recoveryMaterials({ keyring, recoveryRecipient })')
  if (requireRecoveryRecipient) throw needsRecipient()
  return materials
}

function keyringMaterials(keyring: Keyring, { cache, recoveryRecipient, requireRecoveryRecipient }: ClientMaterialsOptions): Materials {
  if (cache !== undefined) validateOptions('createEncryptionClient: cache', cache, cacheChecks, ['maxAgeMs'], 'cache.')
  if (recoveryRecipient !== undefined) {
    return recoveryMaterials({
      keyring,
      recoveryRecipient,
      ...(cache === undefined ? {} : { cache }),
      ...(requireRecoveryRecipient === undefined ? {} : { requireRecoveryRecipient }),
    })
  }
  if (requireRecoveryRecipient) throw needsRecipient()
  return cache === undefined ? defaultMaterials(keyring) : cachingMaterials({ ...cache, keyring })
}

function needsKeyring(option: string, instead: string): StrongroomError {
  return new StrongroomError('OPTION_INVALID', `${option} goes with keyring. With materials of your own, use ${instead}.`, { option })
}

function needsRecipient(): StrongroomError {
  return new StrongroomError('OPTION_INVALID', 'requireRecoveryRecipient needs recoveryRecipient, the key to look for.', {
    option: 'requireRecoveryRecipient',
  })
}
