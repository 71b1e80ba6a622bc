/** A second writer of encrypted data keys, that shares no code with the first, and writes what it is told. */
import { createCipheriv, createHmac } from 'node:crypto'
import type { ForgedDataKey } from '../support/message-forge.ts'
import { type Curve, seededBytes } from './curves.ts'
import { bigintBytes } from './der.ts'

/** The data key of every message here that has an encrypted data key. */
export const dataKey: Buffer = seededBytes('data key', 32)

/** How an encrypted data key of a raw AES keyring is made, and what it says of itself. */
export interface AesEdkOptions {
  readonly key: Uint8Array
  readonly iv?: Uint8Array
  /** The serialised encryption context; empty where there is none. */
  readonly aad?: Uint8Array
  readonly secret?: Uint8Array
  /** Bytes of the tag that are kept. */
  readonly tagLength?: number
  /** What the provider info says, in bits and in bytes. */
  readonly saidTagBits?: number
  readonly saidIvLength?: number
}

/** In the namespace n, under the name k. */
export function aesEdk(options: AesEdkOptions): ForgedDataKey {
  const { key, iv = seededBytes('iv', 12), aad = new Uint8Array(0), secret = dataKey, tagLength = 16 } = options
  const sealed = gcm(key, iv, aad, secret)
  const said = [options.saidTagBits ?? 128, options.saidIvLength ?? iv.length].map((value) => bigintBytes(BigInt(value), 4))
  return {
    providerId: Buffer.from('n'),
    providerInfo: Buffer.concat([Buffer.from('k'), ...said, iv]),
    ciphertext: sealed.subarray(0, sealed.length - 16 + tagLength),
  }
}

/** How an encrypted data key of an ECDH keyring is made. */
export interface EcdhEdkOptions {
  readonly curve: Curve
  /** The x coordinate that the parties agree on. */
  readonly shared: Uint8Array
  /** As they stand in the provider info. */
  readonly recipient: Uint8Array
  readonly sender: Uint8Array
  readonly version?: number
  readonly commitment?: Uint8Array
  readonly iv?: Uint8Array
}

/** For a message without an encryption context. */
export function ecdhEdk({
  curve,
  shared,
  recipient,
  sender,
  version = 1,
  commitment,
  iv = Buffer.alloc(12),
}: EcdhEdkOptions): ForgedDataKey {
  const name = curve.name.toLowerCase().replace('-', '')
  const binding = Buffer.concat([Buffer.from(`ecdh-key-derivation\0${name}\0HMAC_SHA384\0`), sender, recipient, Buffer.of(0, 1, 0)])
  const salt = seededBytes('salt', 32)
  const block = (counter: number): Buffer =>
    createHmac('sha384', shared)
      .update(bigintBytes(BigInt(counter), 4))
      .update(binding)
      .update(Buffer.of(0))
      .update(salt)
      .update(bigintBytes(512n, 4))
      .digest()
  const keys = Buffer.concat([block(1), block(2)])
  const counted = (bytes: Uint8Array): Buffer => Buffer.concat([bigintBytes(BigInt(bytes.length), 4), bytes])
  return {
    providerId: Buffer.from('raw-ecdh'),
    providerInfo: Buffer.concat([Buffer.of(version), counted(recipient), counted(sender)]),
    ciphertext: Buffer.concat([salt, commitment ?? keys.subarray(0, 32), gcm(keys.subarray(32, 64), iv, binding, dataKey)]),
  }
}

/** Ciphertext and tag. */
function gcm(key: Uint8Array, iv: Uint8Array, aad: Uint8Array, secret: Uint8Array): Buffer {
  const cipher = createCipheriv(`aes-${key.length * 8}-gcm` as 'aes-256-gcm', key, iv)
  cipher.setAAD(aad)
  return Buffer.concat([cipher.update(secret), cipher.final(), cipher.getAuthTag()])
}
