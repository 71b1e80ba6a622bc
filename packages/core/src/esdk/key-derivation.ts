/**
 * Content keys of ESDK messages. Source: AWS Encryption SDK specification, "Algorithm Suites", "Key Derivation".
 *
 * HKDF is one extract and one expand per output, since no output is longer than its hash: each is a single HMAC. That is several times
 * faster than `hkdfSync`, which extracts anew for every output.
 */
import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto'
import type { SecretBytes } from '../secret-bytes.ts'
import type { Suite } from '../suite.ts'

const LAST_BLOCK = 1
const COMMIT_INFO = Buffer.concat([Buffer.from('COMMITKEY', 'latin1'), Buffer.of(LAST_BLOCK)])
const deriveInfo = new WeakMap<Suite, Buffer>()

/** The key of the frames and the header, and the commitment where the suite makes one. */
export interface DerivedKeys {
  readonly contentKey: KeyObject
  readonly commitKey: Uint8Array | undefined
}

/**
 * Derives the keys of one message from its data key.
 *
 * @param info - `suite-only` reproduces a defect of ESDK for .NET 4.0.0, which left the message id out of the derivation.
 */
export function deriveKeys(
  suite: Suite,
  dataKey: SecretBytes,
  messageId: Uint8Array,
  info: 'standard' | 'suite-only' = 'standard',
): DerivedKeys {
  const hash = suite.kdfHash
  if (hash === undefined) return { contentKey: dataKey.keyObject(), commitKey: undefined }
  if (suite.commits) {
    const prk = extract(hash, messageId, dataKey)
    const commitKey = hmac(hash, prk, COMMIT_INFO).subarray(0, 32)
    return { contentKey: expand(hash, prk, committingInfo(suite), suite.dataKeyLength), commitKey }
  }
  const prk = extract(hash, new Uint8Array(hash === 'sha256' ? 32 : 48), dataKey)
  const label = info === 'standard' ? messageId : new Uint8Array(0)
  return {
    contentKey: expand(hash, prk, Buffer.concat([wireId(suite), label, Buffer.of(LAST_BLOCK)]), suite.dataKeyLength),
    commitKey: undefined,
  }
}

/** Compares a received commitment with the derived one, in constant time. */
export function commitmentMatches(derived: Uint8Array | undefined, received: Uint8Array | undefined): boolean {
  if (derived === undefined || received === undefined) return derived === received
  return derived.length === received.length && timingSafeEqual(derived, received)
}

function extract(hash: string, salt: Uint8Array, dataKey: SecretBytes): KeyObject {
  return toKey(dataKey.use((bytes) => hmac(hash, createSecretKey(salt), bytes)))
}

function expand(hash: string, prk: KeyObject, info: Uint8Array, length: number): KeyObject {
  const block = hmac(hash, prk, info)
  const key = createSecretKey(block.subarray(0, length))
  block.fill(0)
  return key
}

function hmac(hash: string, key: KeyObject, data: Uint8Array): Buffer {
  return createHmac(hash, key).update(data).digest()
}

function toKey(bytes: Uint8Array): KeyObject {
  const key = createSecretKey(bytes)
  bytes.fill(0)
  return key
}

function committingInfo(suite: Suite): Buffer {
  let info = deriveInfo.get(suite)
  if (info === undefined) {
    info = Buffer.concat([wireId(suite), Buffer.from('DERIVEKEY', 'latin1'), Buffer.of(LAST_BLOCK)])
    deriveInfo.set(suite, info)
  }
  return info
}

function wireId(suite: Suite): Buffer {
  return Buffer.of(suite.wireId >>> 8, suite.wireId & 0xff)
}
