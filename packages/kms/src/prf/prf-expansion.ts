import { hkdfSync } from 'node:crypto'
import { SecretBytes, StrongroomError } from '@strongroom/core'

const MOST_BYTES = 1024

/**
 * Checks a label and a length; answers a copy of the label.
 *
 * @throws `INPUT_INVALID`
 */
export function checkedLabel(label: Uint8Array, length: number): Uint8Array {
  if (!(label instanceof Uint8Array) || label.length === 0 || label.length > MOST_BYTES)
    throw new StrongroomError('INPUT_INVALID', `The label of a PRF is a Uint8Array of 1 to ${MOST_BYTES} bytes.`)
  if (!Number.isSafeInteger(length) || length < 1 || length > MOST_BYTES)
    throw new StrongroomError('INPUT_INVALID', `A PRF makes 1 to ${MOST_BYTES} bytes; ${String(length)} were asked for.`)
  return Uint8Array.from(label)
}

/** HKDF-SHA512 without salt. */
export function expand(key: SecretBytes, info: Uint8Array, length: number): SecretBytes {
  return SecretBytes.take(new Uint8Array(hkdfSync('sha512', key.keyObject(), '', info, length)))
}
