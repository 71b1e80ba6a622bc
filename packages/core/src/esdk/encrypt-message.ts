import { assertMayEncrypt, type CommitmentPolicy } from '../commitment-policy.ts'
import type { EncryptionContext } from '../encryption-context.ts'
import type { CallOptions } from '../keyring.ts'
import type { EncryptMaterials, Materials } from '../materials.ts'
import type { RandomSource } from '../random.ts'
import { signFixedLength } from '../signature.ts'
import type { Suite, SuiteId, SuiteSignature } from '../suite.ts'
import { assertEncryptMaterials, unusable } from './assert-materials.ts'
import { footerLength, framedBodyLength, sealFrames } from './body.ts'
import { prepareHeader } from './make-header.ts'

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
    assertEncryptMaterials(materials, options)
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
  const { suite, frameLength } = options
  const header = prepareHeader(materials, options)
  const out = Buffer.allocUnsafeSlow(header.length + framedBodyLength(plaintext.length, frameLength) + footerLength(suite.signature))
  header.writeTo(out)
  sealFrames(header.bodyKey, plaintext, frameLength, out, header.length)
  return new Uint8Array(out.buffer, 0, out.length)
}

async function signInto(message: Uint8Array, signature: SuiteSignature, materials: EncryptMaterials): Promise<void> {
  if (materials.signingKey === undefined) throw unusable('no signing key for a signing suite')
  const end = message.length - footerLength(signature)
  const der = await signFixedLength(signature, materials.signingKey, message.subarray(0, end))
  message.set([der.length >>> 8, der.length & 0xff], end)
  message.set(der, end + 2)
}
