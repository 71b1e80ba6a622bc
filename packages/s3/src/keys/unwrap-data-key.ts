import { timingSafeEqual } from 'node:crypto'
import { type CallOptions, isStrongroomError, type RsaPadding, SecretBytes, StrongroomError, type WrappingKey } from '@strongroom/core'
import type { Envelope } from '../envelope/envelope.ts'
import { envelopeInvalid, objectInvalid } from '../errors.ts'
import { aesGcm, legacyEcb, legacyKeyWrap, legacyOaep, legacyPkcs1, rsaOaep, type WrapAlgorithm } from './wrap-algorithm.ts'

const IV_LENGTH = 12
const TAG_LENGTH = 16
/** Bytes of an AES key that a data key may be, by what encrypts the body with it. */
const lengths = { gcm: [32], cbc: [16, 24, 32] } as const

/** An opened data key; the secret is the caller's to dispose. */
export interface UnwrappedDataKey {
  readonly secret: SecretBytes
  /** Name or ARN of the key that opened it. */
  readonly keyId: string
}

/**
 * Opens the data key of an envelope with one key. The envelope has passed every gate by now: nothing here may run for one that is not allowed.
 *
 * Whatever is wrong with what was wrapped ends in one error, the same as that of a body which is not authentic. A key that is out of reach is told
 * apart, as everywhere.
 *
 * @throws `MESSAGE_INVALID`, `KEY_TRANSIENT`, `KEY_OPERATIONAL`, `KEY_SHREDDED`, `RUNTIME_UNSUPPORTED`, the signal's reason
 */
export async function unwrapDataKey(key: WrappingKey, envelope: Envelope, call: CallOptions): Promise<UnwrappedDataKey> {
  const wrap = envelope.wrap ?? wrapOfV1(key, envelope.encryptedDataKey)
  if (key.kind !== wrap.kind)
    throw envelopeInvalid(`its data key is wrapped with ${wrap.name}, and the key that is to open it is of the kind ${key.kind}`)
  let opened: UnwrappedDataKey
  try {
    opened = await open(key, wrap, envelope, call)
  } catch (error) {
    call.signal?.throwIfAborted()
    throw tellable(key, error)
  }
  const allowed: readonly number[] = envelope.suite.id === '0070' ? lengths.cbc : lengths.gcm
  if (allowed.includes(opened.secret.length)) return opened
  opened.secret.dispose()
  throw objectInvalid()
}

/** What is no fault of the envelope goes out as it is; anything else must not be told. */
function tellable(key: WrappingKey, error: unknown): unknown {
  if (isStrongroomError(error)) return error.code === 'MESSAGE_INVALID' ? objectInvalid() : error
  // OpenSSL's word on a padding; of KMS it can only be a defect.
  return key.kind === 'kms' ? error : objectInvalid()
}

async function open(key: WrappingKey, wrap: WrapAlgorithm, envelope: Envelope, call: CallOptions): Promise<UnwrappedDataKey> {
  const { encryptedDataKey: sealed, suite, description } = envelope
  if (key.kind === 'kms') {
    const { secret, keyArn } = await key.decrypt(sealed, description, undefined, call)
    return { secret, keyId: keyArn }
  }
  const algorithm = new TextEncoder().encode(suite.algorithm)
  const secret = key.kind === 'rsa' ? await openRsa(key, wrap, sealed, algorithm, call) : await openAead(key, wrap, sealed, algorithm, call)
  return { secret, keyId: key.name }
}

async function openAead(
  key: Extract<WrappingKey, { kind: 'aead' }>,
  wrap: WrapAlgorithm,
  sealed: Uint8Array,
  aad: Uint8Array,
  call: CallOptions,
): Promise<SecretBytes> {
  if (wrap === aesGcm) {
    if (sealed.length <= IV_LENGTH + TAG_LENGTH) throw objectInvalid()
    return await key.open(sealed.subarray(0, IV_LENGTH), sealed.subarray(IV_LENGTH), aad, call)
  }
  if (key.openLegacy === undefined) throw unserved(key.name, wrap)
  return await key.openLegacy(wrap === legacyKeyWrap ? 'aes-kw' : 'aes-ecb-pkcs5', sealed, call)
}

async function openRsa(
  key: Extract<WrappingKey, { kind: 'rsa' }>,
  wrap: WrapAlgorithm,
  sealed: Uint8Array,
  algorithm: Uint8Array,
  call: CallOptions,
): Promise<SecretBytes> {
  const padding: RsaPadding = wrap === rsaOaep ? 'OAEP_SHA1' : wrap === legacyOaep ? 'OAEP_SHA256_MGF1_SHA1' : 'PKCS1'
  if (key.open === undefined || !key.paddings.includes(padding)) throw unserved(key.name, wrap)
  if (wrap !== rsaOaep) return await key.open(sealed, padding, call)
  using whole = await key.open(sealed, padding, call)
  return whole.use((bytes) => {
    // length(1) | data key | algorithm
    const length = bytes.length - 1 - algorithm.length
    if (length < 1 || bytes[0] !== length || !timingSafeEqual(bytes.subarray(1 + length), algorithm)) throw objectInvalid()
    return SecretBytes.copyOf(bytes.subarray(1, 1 + length))
  })
}

/** V1 does not say it: RSA is told by the key, and the two ways of AES by the length of what they make of a data key of 16, 24 or 32 bytes. */
function wrapOfV1(key: WrappingKey, sealed: Uint8Array): WrapAlgorithm {
  if (key.kind === 'rsa') return legacyPkcs1
  return sealed.length === 40 || sealed.length === 24 ? legacyKeyWrap : legacyEcb
}

function unserved(name: string, wrap: WrapAlgorithm): StrongroomError {
  return new StrongroomError('KEY_OPERATIONAL', `The key ${name} cannot open what was wrapped with ${wrap.name}.`)
}
