/**
 * Content keys of ESDK messages. Source: AWS Encryption SDK specification, "Algorithm Suites", "Key Derivation".
 *
 * HKDF is one extract and one expand per output, since no output is longer than its hash: each is a single HMAC. That is several times
 * faster than `hkdfSync`, which extracts anew for every output.
 */
import { createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto'
import type { SecretBytes } from '../secret-bytes.ts'
import type { Suite } from '../suite.ts'
import { Hmac } from './hmac.ts'

const LAST_BLOCK = 1
const COMMIT_INFO = Buffer.concat([Buffer.from('COMMITKEY', 'latin1'), Buffer.of(LAST_BLOCK)])
const hmacs = { sha256: new Hmac('sha256'), sha384: new Hmac('sha384'), sha512: new Hmac('sha512') }
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
  if (suite.kdfHash === undefined) return { contentKey: dataKey.keyObject(), commitKey: undefined }
  const hmac = hmacs[suite.kdfHash]
  try {
    hmac.key(suite.commits ? messageId : new Uint8Array(hmac.length))
    const prk = dataKey.use((bytes) => hmac.of(bytes))
    hmac.key(prk)
    prk.fill(0)
    if (suite.commits)
      return { commitKey: hmac.of(COMMIT_INFO).subarray(0, 32), contentKey: contentKey(hmac, committingInfo(suite), suite) }
    const label = info === 'standard' ? messageId : new Uint8Array(0)
    return { commitKey: undefined, contentKey: contentKey(hmac, Buffer.concat([wireId(suite), label, Buffer.of(LAST_BLOCK)]), suite) }
  } finally {
    hmac.wipe()
  }
}

/** Compares a received commitment with the derived one, in constant time. */
export function commitmentMatches(derived: Uint8Array | undefined, received: Uint8Array | undefined): boolean {
  if (derived === undefined || received === undefined) return derived === received
  return derived.length === received.length && timingSafeEqual(derived, received)
}

function contentKey(hmac: Hmac, info: Uint8Array, suite: Suite): KeyObject {
  const block = hmac.of(info)
  const key = createSecretKey(block.subarray(0, suite.dataKeyLength))
  block.fill(0)
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
