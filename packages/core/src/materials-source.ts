import type { Keyring } from './keyring.ts'
import type { Materials } from './materials.ts'

/** Data keys from a keyring, as `defaultMaterials` asks it for them. */
export interface KeyringSource {
  /** Wraps and unwraps data keys. */
  readonly keyring: Keyring
  /** Not together with `keyring`. */
  readonly materials?: never
}

/** Data keys from a materials manager. */
export interface MaterialsManagerSource {
  /** A materials manager, instead of a keyring. */
  readonly materials: Materials
  /** Not together with `materials`. */
  readonly keyring?: never
}

/** Where data keys come from: exactly one of `keyring` and `materials`. */
export type MaterialsSource = KeyringSource | MaterialsManagerSource
