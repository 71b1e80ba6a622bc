import { assertMayDecrypt, type CommitmentPolicy } from '../commitment-policy.ts'
import { type EncryptionContext, serialiseRequired } from '../encryption-context.ts'
import { StrongroomError } from '../errors.ts'
import type { CallOptions } from '../keyring.ts'
import type { DecryptMaterials, Materials, OpenedBy } from '../materials.ts'
import { verifySignature } from '../signature.ts'
import type { Suite, SuiteId } from '../suite.ts'
import { type OpenedBody, openFrames, openUnframed } from './body.ts'
import { type Header, type ParseLimits, parseHeader } from './header.ts'
import { authenticates } from './header-authentication.ts'
import type { HeaderMemo } from './header-memo.ts'
import { commitmentMatches, deriveKeys } from './key-derivation.ts'
import { messageInvalid, messageLooksBase64, TRUNCATED } from './message-invalid.ts'

/** What `decryptMessage` is bound by. */
export interface DecryptMessageOptions extends CallOptions, ParseLimits {
  readonly materials: Materials
  readonly commitmentPolicy: CommitmentPolicy
  /** Pairs that the message must carry, or that the reader reproduces. */
  readonly expectedContext: EncryptionContext
  /** Also read the messages that ESDK for .NET 4.0.0 wrote in a form of its own. */
  readonly netV400Retry: boolean
  readonly headerMemo?: HeaderMemo | undefined
}

/** An opened message. */
export interface DecryptedMessage {
  readonly plaintext: Uint8Array
  readonly encryptionContext: EncryptionContext
  readonly suite: Suite<SuiteId>
  readonly openedBy: OpenedBy
}

/**
 * Opens a whole ESDK message. Nothing is released before everything verified: commitment, header, every frame, the end of the message, and
 * the signature. Source: specification, "Decrypt".
 */
export async function decryptMessage(ciphertext: Uint8Array, options: DecryptMessageOptions): Promise<DecryptedMessage> {
  let header = parse(ciphertext, options)
  assertMayDecrypt(options.commitmentPolicy, header.suite)
  assertContext(header.context, options.expectedContext, (key) => key in header.context)
  const pending = options.materials.forDecrypt({
    suite: header.suite,
    context: header.context,
    reproduced: options.expectedContext,
    edks: header.edks,
    commitmentPolicy: options.commitmentPolicy,
    signal: options.signal,
    observer: options.observer,
  })
  let message = ciphertext
  let materials: DecryptMaterials
  if ('then' in pending) {
    // The caller's buffer may change while we wait: what was parsed and what will be decrypted must be the same bytes.
    message = Uint8Array.from(ciphertext)
    header = parse(message, options)
    materials = await pending
  } else {
    materials = pending
  }
  using _dataKey = materials.dataKey
  return await openWith(materials, header, message, options)
}

async function openWith(
  materials: DecryptMaterials,
  header: Header,
  message: Uint8Array,
  options: DecryptMessageOptions,
): Promise<DecryptedMessage> {
  options.signal?.throwIfAborted()
  assertMaterials(materials, header)
  assertMayDecrypt(options.commitmentPolicy, materials.suite)
  assertContext(materials.context, options.expectedContext, () => true)
  const { suite } = header
  const body = openBody(materials, header, message, options.netV400Retry)
  if (suite.signature === undefined) {
    if (body.end !== message.length) throw refuse(body)
    return release(body, materials, suite)
  }
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength)
  const start = body.end + 2
  if (start > message.length || start + view.getUint16(body.end) !== message.length || materials.verificationKey === undefined)
    throw refuse(body)
  const valid = await verifySignature(suite.signature, materials.verificationKey, message.subarray(0, body.end), message.subarray(start))
  if (!valid) throw refuse(body)
  return release(body, materials, suite)
}

function parse(ciphertext: Uint8Array, options: DecryptMessageOptions): Header {
  try {
    return parseHeader(ciphertext, options, options.headerMemo)
  } catch (error) {
    if (looksBase64(ciphertext)) throw messageLooksBase64()
    throw error === TRUNCATED ? messageInvalid() : error
  }
}

function openBody(materials: DecryptMaterials, header: Header, message: Uint8Array, netV400Retry: boolean): OpenedBody {
  const { suite, messageId } = header
  const required = serialiseRequired(materials)
  const keys = deriveKeys(suite, materials.dataKey, messageId)
  if (!commitmentMatches(keys.commitKey, header.commitKey)) throw messageInvalid()
  let { contentKey } = keys
  if (!authenticates(suite, contentKey, header, required)) {
    if (!netV400Retry) throw messageInvalid()
    // ESDK for .NET 4.0.0 left the message id out of the v1 derivation, and wrote an empty set of required pairs as a count of zero.
    if (suite.messageVersion === 1) contentKey = deriveKeys(suite, materials.dataKey, messageId, 'suite-only').contentKey
    if (!authenticates(suite, contentKey, header, required.length === 0 ? Buffer.of(0, 0) : required)) throw messageInvalid()
  }
  const key = { suite, contentKey, messageId }
  try {
    return header.framed ? openFrames(key, header.frameLength, message, header.end) : openUnframed(key, message, header.end)
  } catch (error) {
    throw error === TRUNCATED ? messageInvalid() : error
  }
}

/** Materials come from code that may be anybody's: what they say is checked against the message again. */
function assertMaterials(materials: DecryptMaterials, header: Header): void {
  if (materials.suite.id !== header.suite.id || materials.dataKey.length !== header.suite.dataKeyLength) {
    throw new StrongroomError(
      'MATERIALS_INVALID',
      'The materials manager answered decryption materials of another algorithm suite than the message has.',
    )
  }
  if (isAuthenticatedContext(materials, header.context)) return
  throw new StrongroomError('MATERIALS_INVALID', 'The materials manager answered an encryption context that is not the one of the message.')
}

/** Whether all pairs that will be answered are authenticated with the header: those in it, and the required ones beside it. */
function isAuthenticatedContext({ context, requiredKeys }: DecryptMaterials, stored: EncryptionContext): boolean {
  if (!requiredKeys.every((key) => key in context)) return false
  if (context === stored) return true
  const keys = Object.keys(context)
  return (
    Object.keys(stored).every((key) => context[key] === stored[key]) && keys.every((key) => key in stored || requiredKeys.includes(key))
  )
}

function assertContext(actual: EncryptionContext, expected: EncryptionContext, applies: (key: string) => boolean): void {
  for (const key of Object.keys(expected)) {
    if (!applies(key) || actual[key] === expected[key]) continue
    throw new StrongroomError(
      'CONTEXT_MISMATCH',
      `The message's encryption context does not have the expected value of ${JSON.stringify(key.slice(0, 64))}. It was written for another purpose, or was swapped.`,
      { contextKey: key },
    )
  }
}

function release(body: OpenedBody, materials: DecryptMaterials, suite: Suite<SuiteId>): DecryptedMessage {
  return { plaintext: body.plaintext, encryptionContext: materials.context, suite, openedBy: materials.openedBy }
}

function refuse(body: OpenedBody): StrongroomError {
  body.plaintext.fill(0)
  return messageInvalid()
}

/** Messages start 01 80 or 02 0x; the base64 of those starts AY or Ag. */
function looksBase64(bytes: Uint8Array): boolean {
  return bytes[0] === 0x41 && (bytes[1] === 0x59 || bytes[1] === 0x67)
}
