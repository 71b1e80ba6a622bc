/** RSA keys and paddings made by hand, right and wrong. Source: RFC 8017, "RSAES-OAEP", "RSAES-PKCS1-v1_5". */
import { checkPrimeSync, createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { inverse, modPow, seededBytes } from './curves.ts'
import { bigintBytes, bytesToBigint } from './der.ts'

/** A key pair whose numbers are known. */
export interface FixedRsaKey {
  readonly modulus: bigint
  readonly exponent: bigint
  /** Bytes of the modulus. */
  readonly width: number
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

const EXPONENT = 65_537n

/** The key pair of a seed: the same in every run. */
export function rsaKey(bits: number, seed: string): FixedRsaKey {
  const p = seededPrime(bits / 2, `${seed} p`)
  const q = seededPrime(bits / 2, `${seed} q`)
  const modulus = p * q
  const d = inverse(EXPONENT, (p - 1n) * (q - 1n))
  const text = (value: bigint): string => bigintBytes(value, Math.ceil(value.toString(16).length / 2)).toString('base64url')
  const numbers = { n: modulus, e: EXPONENT, d, p, q, dp: d % (p - 1n), dq: d % (q - 1n), qi: inverse(q, p) }
  const jwk = { kty: 'RSA', ...Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, text(value)])) }
  const privateKey = createPrivateKey({ key: jwk, format: 'jwk' })
  return { modulus, exponent: EXPONENT, width: Math.ceil(bits / 8), privateKey, publicKey: createPublicKey(privateKey) }
}

/** A prime with its two highest bits set, so that two of them give a modulus of full length. */
function seededPrime(bits: number, seed: string): bigint {
  const top = 3n << BigInt(bits - 2)
  let candidate = BigInt.asUintN(bits, bytesToBigint(seededBytes(`${seed} ${bits}`, Math.ceil(bits / 8)))) | top | 1n
  // A prime whose predecessor shares a factor with the exponent has no private exponent.
  while (candidate % EXPONENT === 1n || !checkPrimeSync(candidate)) candidate += 2n
  return candidate
}

/** The number of a block raised to the public exponent: its ciphertext, whatever the block says. */
export function rawEncrypt({ modulus, exponent, width }: FixedRsaKey, block: Uint8Array): Buffer {
  return bigintBytes(modPow(bytesToBigint(block), exponent, modulus), width)
}

/** What can be wrong with an OAEP block. */
export interface OaepOptions {
  readonly hash: string
  readonly mgfHash?: string
  readonly label?: Uint8Array
  readonly seed?: Uint8Array
  /** The first byte; 0 where it is right. */
  readonly first?: number
  /** Between padding and message; 1 where it is right, `none` leaves it out. */
  readonly separator?: number | 'none'
  /** A byte among the zeros of the padding. */
  readonly inPadding?: number
  /** The hash of the label as it is written. */
  readonly labelHash?: Uint8Array
  /** No mask over seed, or over message. */
  readonly unmasked?: 'seed' | 'message'
}

/** An OAEP block of a message. */
export function oaepBlock(width: number, message: Uint8Array, options: OaepOptions): Buffer {
  const { hash, mgfHash = hash, label = new Uint8Array(0), first = 0, separator = 1, inPadding = 0 } = options
  const labelHash = Buffer.from(options.labelHash ?? createHash(hash).update(label).digest())
  const seed = Buffer.from(options.seed ?? seededBytes('oaep seed', labelHash.length))
  const end = separator === 'none' ? Buffer.from(message) : Buffer.concat([Buffer.of(separator), message])
  const padding = Buffer.alloc(width - 1 - seed.length - labelHash.length - end.length)
  if (inPadding > 0) padding[padding.length >>> 1] = inPadding
  const data = Buffer.concat([labelHash, padding, end])
  const masked = options.unmasked === 'message' ? data : xor(data, mask(mgfHash, seed, data.length))
  const maskedSeed = options.unmasked === 'seed' ? seed : xor(seed, mask(mgfHash, masked, seed.length))
  return Buffer.concat([Buffer.of(first), maskedSeed, masked])
}

/** A PKCS#1 v1.5 block of a message, or what its parts make of it. */
export function pkcs1Block(
  width: number,
  message: Uint8Array,
  { first = 0, type = 2, separator = 0, padding = width - 3 - message.length, zeroAt = -1 } = {},
): Buffer {
  const filler = Buffer.from(seededBytes('pkcs1 padding', padding).map((byte) => byte || 1))
  if (zeroAt >= 0) filler[zeroAt] = 0
  const block = Buffer.concat([Buffer.of(first, type), filler, Buffer.of(separator), message])
  if (block.length !== width) throw new Error(`a block of ${block.length} bytes instead of ${width}`)
  return block
}

function mask(hash: string, seed: Uint8Array, length: number): Buffer {
  const blocks: Buffer[] = []
  for (let counter = 0, made = 0; made < length; counter += 1) {
    const block = createHash(hash)
      .update(seed)
      .update(bigintBytes(BigInt(counter), 4))
      .digest()
    blocks.push(block)
    made += block.length
  }
  return Buffer.concat(blocks).subarray(0, length)
}

function xor(a: Uint8Array, b: Uint8Array): Buffer {
  return Buffer.from(a.map((byte, index) => byte ^ (b[index] as number)))
}
