import { assertMayDecrypt, type CommitmentPolicy } from '../commitment-policy.ts'
import { type EncryptionContext, serialiseRequired } from '../encryption-context.ts'
import { StrongroomError } from '../errors.ts'
import type { CallOptions } from '../keyring.ts'
import type { DecryptMaterials, Materials } from '../materials.ts'
import type { BodyKey } from './frame.ts'
import { type Header, type ParseLimits, parseHeader } from './header.ts'
import { authenticates } from './header-authentication.ts'
import type { HeaderMemo } from './header-memo.ts'
import { commitmentMatches, deriveKeys } from './key-derivation.ts'
import { messageInvalid, messageLooksBase64, TRUNCATED } from './message-invalid.ts'

/** What a received message is opened with and bound by. */
export interface OpenHeaderOptions extends CallOptions, ParseLimits {
  readonly materials: Materials
  readonly commitmentPolicy: CommitmentPolicy
  /** Pairs that the message must carry, or that the reader reproduces. */
  readonly expectedContext: EncryptionContext
  /** Also read the messages that ESDK for .NET 4.0.0 wrote in a form of its own. */
  readonly netV400Retry: boolean
  readonly headerMemo?: HeaderMemo | undefined
}

/**
 * Parses the header at the start of a received message, without authenticating it.
 *
 * @throws `MESSAGE_INVALID`, `LIMIT_EXCEEDED`
 */
export function parseReceived(message: Uint8Array, options: OpenHeaderOptions): Header {
  try {
    return parseStart(message, options)
  } catch (error) {
    throw error === TRUNCATED ? messageInvalid() : error
  }
}

/** The same where more of the message may come: throws `TRUNCATED` (a symbol) where bytes are missing. */
export function parseStart(start: Uint8Array, options: OpenHeaderOptions): Header {
  try {
    return parseHeader(start, options, options.headerMemo)
  } catch (error) {
    throw looksBase64(start) ? messageLooksBase64() : error
  }
}

/** Asks for the materials of a parsed header, once it may be read and its context is not another than the expected one. */
export function requestMaterials(header: Header, options: OpenHeaderOptions): DecryptMaterials | Promise<DecryptMaterials> {
  assertMayDecrypt(options.commitmentPolicy, header.suite)
  assertContext(header.context, options.expectedContext, (key) => key in header.context)
  return options.materials.forDecrypt({
    suite: header.suite,
    context: header.context,
    reproduced: options.expectedContext,
    edks: header.edks,
    commitmentPolicy: options.commitmentPolicy,
    signal: options.signal,
    observer: options.observer,
  })
}

/**
 * Verifies commitment and header, and answers the key of the body. The data key is not needed any more.
 *
 * @throws `MESSAGE_INVALID`, `CONTEXT_MISMATCH`, `SUITE_FORBIDDEN`, `MATERIALS_INVALID`
 */
export function openHeader(materials: DecryptMaterials, header: Header, options: OpenHeaderOptions): BodyKey {
  options.signal?.throwIfAborted()
  assertMaterials(materials, header)
  assertMayDecrypt(options.commitmentPolicy, materials.suite)
  assertContext(materials.context, options.expectedContext, () => true)
  const { suite, messageId } = header
  const required = serialiseRequired(materials)
  const keys = deriveKeys(suite, materials.dataKey, messageId)
  if (!commitmentMatches(keys.commitKey, header.commitKey)) throw messageInvalid()
  let { contentKey } = keys
  if (!authenticates(suite, contentKey, header, required)) {
    if (!options.netV400Retry) throw messageInvalid()
    // ESDK for .NET 4.0.0 left the message id out of the v1 derivation, and wrote an empty set of required pairs as a count of zero.
    if (suite.messageVersion === 1) contentKey = deriveKeys(suite, materials.dataKey, messageId, 'suite-only').contentKey
    if (!authenticates(suite, contentKey, header, required.length === 0 ? Buffer.of(0, 0) : required)) throw messageInvalid()
  }
  return { suite, contentKey, messageId }
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

/** Messages start 01 80 or 02 0x; the base64 of those starts AY or Ag. */
function looksBase64(bytes: Uint8Array): boolean {
  return bytes[0] === 0x41 && (bytes[1] === 0x59 || bytes[1] === 0x67)
}
