/**
 * HMAC (RFC 2104) over the one-shot digest of node:crypto: H((K ^ opad) | H((K ^ ipad) | data)).
 *
 * A message derives its keys with three HMACs, which with `createHmac` are three native objects and three `KeyObject`s: more than half the work
 * on a small message, most of it allocation and finalisation. One-shot digests leave nothing behind.
 */
import { hash } from 'node:crypto'

/** Hashes of key derivation, with the length of their block and digest in bytes. */
const hashes = {
  sha256: { block: 64, digest: 32 },
  sha384: { block: 128, digest: 48 },
  sha512: { block: 128, digest: 64 },
} as const

/** Hashes that HMAC is made of here. */
export type HmacHash = keyof typeof hashes

/** Most bytes that {@link Hmac.of} takes. */
export const MAX_DATA_BYTES = 128

/** HMAC under one key at a time. Every call is synchronous, so that one pair of buffers serves all. */
export class Hmac {
  readonly #hash: HmacHash
  readonly #block: number
  readonly #inner: Uint8Array
  readonly #outer: Uint8Array

  constructor(name: HmacHash) {
    const { block, digest } = hashes[name]
    this.#hash = name
    this.#block = block
    this.#inner = new Uint8Array(block + MAX_DATA_BYTES)
    this.#outer = new Uint8Array(block + digest)
  }

  /** Length of an output, in bytes. */
  get length(): number {
    return hashes[this.#hash].digest
  }

  /** Sets the key, at most a block long. */
  key(key: Uint8Array): void {
    if (key.length > this.#block) throw new RangeError('An HMAC key is longer than the block of its hash.')
    this.#inner.fill(0x36, 0, this.#block)
    this.#outer.fill(0x5c, 0, this.#block)
    for (let index = 0; index < key.length; index += 1) {
      const byte = key[index] as number
      this.#inner[index] = byte ^ 0x36
      this.#outer[index] = byte ^ 0x5c
    }
  }

  /** The code of at most 128 bytes under the key that was set. The answer is the caller's to wipe. */
  of(data: Uint8Array): Uint8Array {
    const end = this.#block + data.length
    this.#inner.set(data, this.#block)
    const digest = hash(this.#hash, this.#inner.subarray(0, end), 'buffer')
    this.#outer.set(digest, this.#block)
    digest.fill(0)
    return hash(this.#hash, this.#outer, 'buffer')
  }

  /** Overwrites the key and what was made with it. */
  wipe(): void {
    this.#inner.fill(0)
    this.#outer.fill(0)
  }
}

const outer = new Uint8Array(128 + 64)
/** Grows to what is asked for, up to a bound. Every call is synchronous, so that one serves all. */
let inner = new Uint8Array(1024)
const MOST_KEPT_BYTES = 65_536

/** The code of data of any length, under a key of at most a block. The answer is the caller's to wipe. */
export function hmacOf(name: HmacHash, key: Uint8Array, data: Uint8Array): Uint8Array {
  const { block, digest: length } = hashes[name]
  if (key.length > block) throw new RangeError('An HMAC key is longer than the block of its hash.')
  const size = block + data.length
  const scratch = size <= inner.length ? inner : new Uint8Array(size)
  if (size <= MOST_KEPT_BYTES) inner = scratch
  scratch.fill(0x36, 0, block)
  outer.fill(0x5c, 0, block)
  for (let index = 0; index < key.length; index += 1) {
    const byte = key[index] as number
    scratch[index] = byte ^ 0x36
    outer[index] = byte ^ 0x5c
  }
  scratch.set(data, block)
  outer.set(hash(name, scratch.subarray(0, size), 'buffer'), block)
  const code = hash(name, outer.subarray(0, block + length), 'buffer')
  scratch.fill(0, 0, block)
  outer.fill(0)
  return code
}
