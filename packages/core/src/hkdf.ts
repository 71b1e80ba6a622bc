import { Hmac } from './esdk/hmac.ts'
import type { SecretBytes } from './secret-bytes.ts'

/** Every call is synchronous, so that one serves all. */
const hmac = new Hmac('sha512')
const NO_SALT = new Uint8Array(0)
/** Longest `info` that {@link hkdfSha512} takes: the last byte of a block is its counter. */
const MAX_INFO_BYTES = 127
const input = new Uint8Array(MAX_INFO_BYTES + 1)

/**
 * HKDF-SHA512 (RFC 5869) without salt: 32 bytes for each `info`. One extract serves all, and each is one block.
 *
 * The caller wipes what it answers.
 */
export function hkdfSha512<Infos extends readonly Uint8Array[]>(secret: SecretBytes, ...infos: Infos): { [K in keyof Infos]: Uint8Array } {
  try {
    // A key of no bytes is a block of zeros, as the salt of HKDF is where there is none.
    hmac.key(NO_SALT)
    const prk = secret.use((bytes) => hmac.of(bytes))
    hmac.key(prk)
    prk.fill(0)
    return infos.map(expand) as { [K in keyof Infos]: Uint8Array }
  } finally {
    hmac.wipe()
  }
}

function expand(info: Uint8Array): Uint8Array {
  if (info.length > MAX_INFO_BYTES) throw new RangeError('An info of HKDF is longer than one block of its hash takes.')
  input.set(info)
  input[info.length] = 1
  const block = hmac.of(input.subarray(0, info.length + 1))
  // Not slice(): the block is a Buffer, whose slices are views.
  const out = new Uint8Array(block.subarray(0, 32))
  block.fill(0)
  return out
}
