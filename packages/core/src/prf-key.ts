import type { CallOptions } from './keyring.ts'
import type { SecretBytes } from './secret-bytes.ts'

/**
 * A key that makes secrets of labels: the same for the same label, and none that tells anything of another label's. What is derived from keyed
 * hashes (beacons, partition keys, pseudonyms) starts with one of these.
 */
export interface PrfKey {
  /**
   * The secret of a label.
   *
   * @param label - 1 to 1,024 bytes; copied. Give each use a label of its own: the shorter of two secrets of one label is the start of the longer.
   * @param length - bytes, 1 to 1,024.
   * @returns the secret, the caller's to dispose.
   */
  prf(label: Uint8Array, length: number, options?: CallOptions): Promise<SecretBytes>
}
