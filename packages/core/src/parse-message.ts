import type { EncryptionContext } from './encryption-context.ts'
import { StrongroomError } from './errors.ts'
import { parseHeader } from './esdk/header.ts'
import { messageInvalid, TRUNCATED } from './esdk/message-invalid.ts'
import type { EncryptedDataKey } from './keyring.ts'
import { isInteger, validateOptions } from './options.ts'
import type { Suite, SuiteId } from './suite.ts'

/** Options of {@link parseMessage}. */
export interface ParseMessageOptions {
  /** Most encrypted data keys accepted. Default 65,535, the format's own limit: looking costs nothing but reading. */
  readonly maxEncryptedDataKeys?: number
}

/** What the header of a message says. Nothing of it is authenticated before the message is decrypted. */
export interface ParsedMessage {
  /** Version of the message format; 2 where the suite commits to its key. */
  readonly version: 1 | 2
  /** The suite that the message claims. */
  readonly suite: Suite<SuiteId>
  /** 16 bytes in version 1, 32 in version 2. */
  readonly messageId: Uint8Array
  /** The pairs that the message stores; required ones are not there. */
  readonly encryptionContext: EncryptionContext
  /** The data key for each recipient, in the order in which they stand. */
  readonly encryptedDataKeys: readonly EncryptedDataKey[]
  /** Whether the body is cut into frames. What is written here always is. */
  readonly contentType: 'framed' | 'unframed'
  /** Plaintext bytes of a regular frame; 0 where unframed. */
  readonly frameLength: number
  /** Bytes of the header with its authentication; the body follows. */
  readonly headerLength: number
}

/**
 * Reads the header of a message without any key. **Unauthenticated**: good for routing, auditing and debugging, never for decisions of trust.
 *
 * @param message - a message, or at least its header.
 * @throws `MESSAGE_INVALID`, `LIMIT_EXCEEDED`, `INPUT_INVALID`, `OPTION_INVALID`
 * @example
 * ```ts
 * const { suite, encryptionContext, encryptedDataKeys } = parseMessage(ciphertext)
 * console.log(suite.id, encryptedDataKeys.map(({ providerId }) => providerId))
 * ```
 */
export function parseMessage(message: Uint8Array, options: ParseMessageOptions = {}): ParsedMessage {
  validateOptions('parseMessage', options, { maxEncryptedDataKeys: isInteger(1, 65_535) })
  if (!(message instanceof Uint8Array)) throw new StrongroomError('INPUT_INVALID', 'message must be a Uint8Array.', { option: 'message' })
  try {
    const header = parseHeader(message, { maxEncryptedDataKeys: options.maxEncryptedDataKeys ?? 65_535 })
    return {
      version: header.suite.messageVersion,
      suite: header.suite,
      messageId: Uint8Array.from(header.messageId),
      encryptionContext: header.context,
      encryptedDataKeys: header.edks,
      contentType: header.framed ? 'framed' : 'unframed',
      frameLength: header.frameLength,
      headerLength: header.end,
    }
  } catch (error) {
    throw error === TRUNCATED ? messageInvalid() : error
  }
}
