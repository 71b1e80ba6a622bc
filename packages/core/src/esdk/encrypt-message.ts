import { assertMayEncrypt, type CommitmentPolicy } from '../commitment-policy.ts'
import { type EncryptionContext, serialiseRequired } from '../encryption-context.ts'
import { StrongroomError } from '../errors.ts'
import type { CallOptions } from '../keyring.ts'
import type { EncryptMaterials, Materials } from '../materials.ts'
import type { RandomSource } from '../random.ts'
import { signFixedLength } from '../signature.ts'
import type { Suite, SuiteId, SuiteSignature } from '../suite.ts'
import { framedBodyLength, sealFrames } from './body.ts'
import { IV_LENGTH, messageIdLength, TAG_LENGTH } from './header.ts'
import { headerTag } from './header-authentication.ts'
import { headerTail } from './header-tail.ts'
import { deriveKeys } from './key-derivation.ts'

const V1_START = Buffer.of(0x01, 0x80)
const V2_START = Buffer.of(0x02)

/** What `encryptMessage` needs. */
export interface EncryptMessageOptions extends CallOptions {
  readonly materials: Materials
  readonly commitmentPolicy: CommitmentPolicy
  readonly suite: Suite<SuiteId>
  readonly context: EncryptionContext
  readonly requiredKeys: readonly string[]
  readonly frameLength: number
  readonly maxEncryptedDataKeys: number
  readonly random: RandomSource
}

/** A made message. */
export interface EncryptedMessage {
  readonly ciphertext: Uint8Array
  readonly suite: Suite<SuiteId>
  readonly encryptionContext: EncryptionContext
}

/** Makes a whole ESDK message, in one pass into one buffer of exactly its length. Source: specification, "Encrypt". */
export async function encryptMessage(plaintext: Uint8Array, options: EncryptMessageOptions): Promise<EncryptedMessage> {
  assertMayEncrypt(options.commitmentPolicy, options.suite)
  const pending = options.materials.forEncrypt({
    suite: options.suite,
    context: options.context,
    requiredKeys: options.requiredKeys,
    plaintextLength: plaintext.length,
    commitmentPolicy: options.commitmentPolicy,
    signal: options.signal,
    observer: options.observer,
  })
  let materials: EncryptMaterials
  let content = plaintext
  if ('then' in pending) {
    // The caller may change its buffer while we wait; the message is of the bytes as they were at the call.
    content = Uint8Array.from(plaintext)
    try {
      materials = await pending
    } catch (error) {
      content.fill(0)
      throw error
    }
  } else {
    materials = pending
  }
  using _dataKey = materials.dataKey
  try {
    options.signal?.throwIfAborted()
    assertMaterials(materials, options)
    const { suite } = options
    const ciphertext = seal(content, materials, options)
    if (suite.signature !== undefined) await signInto(ciphertext, suite.signature, materials)
    return { ciphertext, suite, encryptionContext: materials.context }
  } finally {
    if (content !== plaintext) content.fill(0)
  }
}

/** Everything but the signature, whose place at the end is left. */
function seal(plaintext: Uint8Array, materials: EncryptMaterials, options: EncryptMessageOptions): Uint8Array {
  const { suite, frameLength, random } = options
  const tail = headerTail(materials, frameLength)
  const idLength = messageIdLength(suite)
  const messageId = random(idLength)
  const keys = deriveKeys(suite, materials.dataKey, messageId)

  const start = suite.messageVersion === 1 ? V1_START : V2_START
  const idAt = start.length + 2
  const bodyLength = idAt + idLength + tail.length + (keys.commitKey?.length ?? 0)
  const authLength = (suite.messageVersion === 1 ? IV_LENGTH : 0) + TAG_LENGTH
  const out = Buffer.allocUnsafeSlow(
    bodyLength + authLength + framedBodyLength(plaintext.length, frameLength) + footerLength(suite.signature),
  )
  out.set(start, 0)
  out.writeUInt16BE(suite.wireId, start.length)
  out.set(messageId, idAt)
  out.set(tail, idAt + idLength)
  if (keys.commitKey !== undefined) out.set(keys.commitKey, idAt + idLength + tail.length)
  const tag = headerTag(suite, keys.contentKey, out.subarray(0, bodyLength), serialiseRequired(materials))
  out.fill(0, bodyLength, bodyLength + authLength - TAG_LENGTH)
  out.set(tag, bodyLength + authLength - TAG_LENGTH)
  sealFrames({ suite, contentKey: keys.contentKey, messageId }, plaintext, frameLength, out, bodyLength + authLength)
  return new Uint8Array(out.buffer, 0, out.length)
}

async function signInto(message: Uint8Array, signature: SuiteSignature, materials: EncryptMaterials): Promise<void> {
  if (materials.signingKey === undefined) throw unusable('no signing key for a signing suite')
  const end = message.length - footerLength(signature)
  const der = await signFixedLength(signature, materials.signingKey, message.subarray(0, end))
  message.set([der.length >>> 8, der.length & 0xff], end)
  message.set(der, end + 2)
}

function footerLength(signature: SuiteSignature | undefined): number {
  return signature === undefined ? 0 : 2 + signature.signatureLength
}

/** Materials come from code that may be anybody's: what they say is checked against what was asked for. */
function assertMaterials(materials: EncryptMaterials, options: EncryptMessageOptions): void {
  const { suite, maxEncryptedDataKeys } = options
  if (materials.suite.id !== suite.id) throw unusable(`suite ${materials.suite.id} where ${suite.id} was asked for`)
  if (materials.dataKey.length !== suite.dataKeyLength) throw unusable(`a data key of ${materials.dataKey.length} bytes`)
  if (materials.edks.length === 0) throw unusable('no encrypted data key')
  if (materials.edks.length > maxEncryptedDataKeys) {
    throw new StrongroomError(
      'LIMIT_EXCEEDED',
      `The message would carry ${materials.edks.length} encrypted data keys, more than maxEncryptedDataKeys (${maxEncryptedDataKeys}) allows.`,
      { option: 'maxEncryptedDataKeys' },
    )
  }
}

function unusable(what: string): StrongroomError {
  return new StrongroomError('MATERIALS_INVALID', `The materials manager answered encryption materials with ${what}.`)
}
