import type { EncryptionContext } from '../encryption-context.ts'
import type { StrongroomError } from '../errors.ts'
import type { DecryptMaterials, OpenedBy } from '../materials.ts'
import { verifySignature } from '../signature.ts'
import type { Suite, SuiteId } from '../suite.ts'
import { type OpenedBody, openFrames, openUnframed } from './body.ts'
import type { BodyKey } from './frame.ts'
import type { Header } from './header.ts'
import { messageInvalid, TRUNCATED } from './message-invalid.ts'
import { type OpenHeaderOptions, openHeader, parseReceived, requestMaterials } from './open-header.ts'

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
export async function decryptMessage(ciphertext: Uint8Array, options: OpenHeaderOptions): Promise<DecryptedMessage> {
  let header = parseReceived(ciphertext, options)
  const pending = requestMaterials(header, options)
  let message = ciphertext
  let materials: DecryptMaterials
  if ('then' in pending) {
    // The caller's buffer may change while we wait: what was parsed and what will be decrypted must be the same bytes.
    message = Uint8Array.from(ciphertext)
    header = parseReceived(message, options)
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
  options: OpenHeaderOptions,
): Promise<DecryptedMessage> {
  const { suite } = header
  const body = openBody(openHeader(materials, header, options), header, message)
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

function openBody(key: BodyKey, header: Header, message: Uint8Array): OpenedBody {
  try {
    return header.framed ? openFrames(key, header.frameLength, message, header.end) : openUnframed(key, message, header.end)
  } catch (error) {
    throw error === TRUNCATED ? messageInvalid() : error
  }
}

function release(body: OpenedBody, materials: DecryptMaterials, suite: Suite<SuiteId>): DecryptedMessage {
  return { plaintext: body.plaintext, encryptionContext: materials.context, suite, openedBy: materials.openedBy }
}

function refuse(body: OpenedBody): StrongroomError {
  body.plaintext.fill(0)
  return messageInvalid()
}
