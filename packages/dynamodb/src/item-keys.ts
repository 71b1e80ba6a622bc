/**
 * Keys of an item (sizes in bytes).
 *
 *     commitment:     HMAC-SHA512(commit key, header without its last 32), first 32
 *     commit key:     HKDF-SHA512(data key, "AWS_DBE_COMMIT_KEY" | messageId, 32)
 *     field root key: HKDF-SHA512(data key, "AWS_DBE_DERIVE_KEY" | messageId, 32)
 *     field i:        AES-256-CTR keystream of the field root key, initial counter block "AwsDbeField" | 2C | 3 i (4), first 44:
 *                     AES-GCM key(32) | IV(12). That is three blocks a field, so that all fields together are one keystream.
 *
 * Fields count the encrypted attributes, in the order of canonical paths.
 *
 * Source: DB-ESDK specification, "Header Commitment", "Calculate Intermediate Fields", as the official clients implement it.
 */
import { createCipheriv, createSecretKey, type KeyObject } from 'node:crypto'
import type { SecretBytes } from '@strongroom/core'
import { hkdfSha512, hmacOf } from '@strongroom/core/keyring-tools'
import { COMMITMENT, MESSAGE_ID } from './item-header.ts'

const COMMIT_INFO = Buffer.from('AWS_DBE_COMMIT_KEY', 'latin1')
const DERIVE_INFO = Buffer.from('AWS_DBE_DERIVE_KEY', 'latin1')
const FIELD_COUNTER = Buffer.concat([Buffer.from('AwsDbeField,', 'latin1'), Buffer.alloc(4)])
/** Three blocks of AES. */
const FIELD_STREAM = 48
const KEY = 32
const IV = 12

/** Keys that an item's data key and message id give. */
export class ItemKeys {
  readonly #commitKey: Uint8Array
  readonly #rootKey: KeyObject

  constructor(dataKey: SecretBytes, messageId: Uint8Array) {
    const [commitKey, rootKey] = hkdfSha512(dataKey, info(COMMIT_INFO, messageId), info(DERIVE_INFO, messageId))
    this.#commitKey = commitKey
    this.#rootKey = createSecretKey(rootKey)
    rootKey.fill(0)
  }

  /** The commitment of a header, given with its last 32 bytes. */
  commitment(header: Uint8Array): Uint8Array {
    return hmacOf('sha512', this.#commitKey, header.subarray(0, -COMMITMENT)).subarray(0, COMMITMENT)
  }

  /** Lends key and IV of each of `count` fields, in their order. */
  forFields(count: number, use: (key: KeyObject, iv: Uint8Array, index: number) => void): void {
    const stream = createCipheriv('aes-256-ctr', this.#rootKey, FIELD_COUNTER).update(new Uint8Array(FIELD_STREAM * count))
    try {
      for (let index = 0; index < count; index += 1) {
        const at = index * FIELD_STREAM
        use(createSecretKey(stream.subarray(at, at + KEY)), stream.subarray(at + KEY, at + KEY + IV), index)
      }
    } finally {
      stream.fill(0)
    }
  }

  /** Overwrites what can be. */
  dispose(): void {
    this.#commitKey.fill(0)
  }
}

function info(label: Uint8Array, messageId: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(label.length + MESSAGE_ID)
  bytes.set(label)
  bytes.set(messageId, label.length)
  return bytes
}
