/**
 * How data keys are wrapped, in bytes. `algorithm` is the name of the content algorithm, in UTF-8.
 *
 *     AES/GCM:       iv(12) | AES-GCM of the data key, with algorithm as additional data | tag(16)
 *     RSA-OAEP-SHA1: RSA of: length of the data key(1) | data key | algorithm
 *     kms+context:   KMS's blob; algorithm is a pair of the encryption context
 *
 * Source: S3 Encryption Client specification, "Key Wrapping".
 */
import {
  type CallOptions,
  type EncryptionContext,
  type KeySet,
  type Observer,
  SecretBytes,
  StrongroomError,
  type WrappingKey,
} from '@strongroom/core'
import { wrapCounter } from '@strongroom/core/keyring-tools'
import type { ContentSuite } from '../content-suite.ts'
import { kmsContextOf } from './encryption-context.ts'
import { type WrapAlgorithm, wrapOfKind } from './wrap-algorithm.ts'

const DATA_KEY_LENGTH = 32
const IV_LENGTH = 12
const TAG_LENGTH = 16

/** A fresh data key and its wrapped form. The secret is the caller's to dispose. */
export interface WrappedDataKey {
  readonly secret: SecretBytes
  readonly wrapped: Uint8Array
  readonly wrap: WrapAlgorithm
  /** Name or ARN of the key. */
  readonly keyId: string
}

/** Makes a data key for one object, and wraps it. `context` is bound under KMS alone. */
export async function wrapDataKey(
  keys: KeySet<WrappingKey>,
  key: WrappingKey,
  suite: ContentSuite,
  context: EncryptionContext,
  call: CallOptions,
): Promise<WrappedDataKey> {
  const wrap = wrapOfKind(key.kind)
  if (key.kind === 'kms') {
    const { secret, blob, keyArn } = await key.generate(DATA_KEY_LENGTH, kmsContextOf(context, suite), call)
    return { secret, wrapped: blob, wrap, keyId: keyArn }
  }
  const secret = SecretBytes.random(DATA_KEY_LENGTH)
  try {
    const algorithm = new TextEncoder().encode(suite.algorithm)
    const wrapped = key.kind === 'rsa' ? await sealRsa(key, secret, algorithm, call) : await sealAead(keys, key, secret, algorithm, call)
    return { secret, wrapped, wrap, keyId: key.name }
  } catch (error) {
    secret.dispose()
    throw error
  }
}

async function sealAead(
  keys: KeySet<WrappingKey>,
  key: Extract<WrappingKey, { kind: 'aead' }>,
  secret: SecretBytes,
  aad: Uint8Array,
  call: CallOptions,
): Promise<Uint8Array> {
  counterOf(keys)(key.name, call.observer)
  const { iv, sealed } = await key.seal(secret, aad, call)
  if (iv.length !== IV_LENGTH || sealed.length !== secret.length + TAG_LENGTH) {
    throw new StrongroomError(
      'MATERIALS_INVALID',
      `The wrapping key ${key.name} sealed with an IV of ${iv.length} bytes to ${sealed.length} bytes; 12 and ${secret.length + TAG_LENGTH} are the format's.`,
    )
  }
  return Uint8Array.from(Buffer.concat([iv, sealed]))
}

async function sealRsa(
  key: Extract<WrappingKey, { kind: 'rsa' }>,
  secret: SecretBytes,
  algorithm: Uint8Array,
  call: CallOptions,
): Promise<Uint8Array> {
  if (key.seal === undefined) throw new StrongroomError('KEYRING_CANNOT_ENCRYPT', `The RSA key ${key.name} has no public half here.`)
  if (!key.paddings.includes('OAEP_SHA1'))
    throw new StrongroomError('KEYRING_CANNOT_ENCRYPT', `The RSA key ${key.name} does not serve OAEP with SHA-1, which is the format's.`)
  const block = new Uint8Array(1 + secret.length + algorithm.length)
  block[0] = secret.length
  secret.use((bytes) => block.set(bytes, 1))
  block.set(algorithm, 1 + secret.length)
  using whole = SecretBytes.take(block)
  return await key.seal(whole, 'OAEP_SHA1', call)
}

/** The wraps of a key are counted over all objects of this process, whoever writes them. */
const counters = new WeakMap<KeySet<WrappingKey>, (name: string, observer: Observer | undefined) => void>()

function counterOf(keys: KeySet<WrappingKey>): (name: string, observer: Observer | undefined) => void {
  let counter = counters.get(keys)
  if (counter === undefined) {
    counter = wrapCounter()
    counters.set(keys, counter)
  }
  return counter
}
