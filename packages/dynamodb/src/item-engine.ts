import type { Keyring, Materials, Observer, RandomSource } from '@strongroom/core'
import type { ResolvedTable } from './table.ts'

/** What items of a table are encrypted and decrypted with: validated options. */
export interface ItemEngine {
  readonly table: ResolvedTable
  readonly materials: Materials
  /** Set where the data keys come from a keyring. */
  readonly keyring: Keyring | undefined
  readonly maxEncryptedDataKeys: number
  readonly observer: Observer | undefined
  readonly random: RandomSource
}
