import { type DecryptOptions, decryptChecks, type EncryptOptions, encryptChecks, isFrameLength, isSuiteId } from './call-options.ts'
import { type ClientSource, materialsOf } from './client-materials.ts'
import { assertMayEncrypt, type CommitmentPolicy, commitmentPolicies, defaultSuite } from './commitment-policy.ts'
import { warnOfPortability } from './context-portability.ts'
import { type EncryptionContext, normaliseContext } from './encryption-context.ts'
import { isStrongroomError } from './errors.ts'
import { type DecryptedMessage, decryptMessage } from './esdk/decrypt-message.ts'
import { type EncryptedMessage, encryptMessage } from './esdk/encrypt-message.ts'
import { HeaderMemo } from './esdk/header-memo.ts'
import { assertBytes } from './input-bytes.ts'
import type { OpenedBy } from './materials.ts'
import { type Observer, observe } from './observer.ts'
import { hasMethods, isBoolean, isFunction, isInteger, isOneOf, validateOptions } from './options.ts'
import { type RandomSource, systemRandom } from './random.ts'
import { isRequiredKeys } from './required-context-materials.ts'
import { type DecryptStream, type DecryptStreamOptions, decryptStream } from './stream/decrypt-stream.ts'
import { type EncryptStream, type EncryptStreamOptions, encryptStream } from './stream/encrypt-stream.ts'
import { type FrameIndex, type FrameIndexOptions, openFrameIndex } from './stream/frame-index.ts'
import type { RangeSource } from './stream/range-source.ts'
import type { StreamSettings } from './stream/settings.ts'
import { type SuiteId, suiteById } from './suite.ts'

/** Plaintext bytes of a frame where nothing else is asked for. */
const DEFAULT_FRAME_LENGTH = 65_536

/** What a client does, wherever its data keys come from. */
export interface EncryptionClientSettings {
  /**
   * Keys of the encryption context that every message is bound to and none stores: `encrypt` must be given them, `decrypt` must be given them
   * with their values. See `requiredContextMaterials`.
   */
  readonly requiredContextKeys?: readonly string[]
  /** Default `REQUIRE_ENCRYPT_REQUIRE_DECRYPT`. */
  readonly commitmentPolicy?: CommitmentPolicy
  /** Suite of new messages. Default `0578`, under the FORBID policy `0378`, as in every AWS Encryption SDK. */
  readonly suite?: SuiteId
  /** Plaintext bytes of a frame, 1 to 2^32 - 1. Default 65,536. */
  readonly frameLength?: number
  /** Most encrypted data keys in a message, written or read. Default 16. */
  readonly maxEncryptedDataKeys?: number
  /** Also read the messages of ESDK for .NET 4.0.0, which authenticated headers in a form of its own. Default false. */
  readonly netV400Retry?: boolean
  /** Is told what happens, with sizes, key ids and durations; never a key, never plaintext. */
  readonly observer?: Observer
  /** Source of message ids, for tests. */
  readonly random?: RandomSource
}

/** Options of {@link createEncryptionClient}. Give `keyring` or `materials`. */
export type EncryptionClientOptions = EncryptionClientSettings & ClientSource

/** What `encrypt` answers. */
export interface EncryptResult {
  /** The message: header, body and, with a signing suite, signature. */
  readonly ciphertext: Uint8Array
  /** The suite that it was written with. */
  readonly suite: SuiteId
  /** The whole context: stored and required pairs, and the public key of a signing suite. */
  readonly encryptionContext: EncryptionContext
}

/** What `decrypt` answers. */
export interface DecryptResult {
  /** The whole plaintext, in memory of its own. */
  readonly plaintext: Uint8Array
  /** The suite that the message was written with. */
  readonly suite: SuiteId
  /** The message's context, stored and required pairs, authenticated. */
  readonly encryptionContext: EncryptionContext
  /** The encrypted data key that opened the message. */
  readonly openedBy: OpenedBy
}

/** Encrypts and decrypts whole AWS Encryption SDK messages. Holds no state but what its materials hold; safe for concurrent use. */
export interface EncryptionClient {
  /**
   * Encrypts bytes into one message. The bytes are taken as they are at the call.
   *
   * @throws `INPUT_INVALID`, `OPTION_INVALID`, `CONTEXT_INVALID`, `SUITE_FORBIDDEN`, `LIMIT_EXCEEDED`, `KEYRING_CANNOT_ENCRYPT`,
   * `KEY_TRANSIENT`, `KEY_OPERATIONAL`, or the signal's reason.
   */
  encrypt(plaintext: Uint8Array, options?: EncryptOptions): Promise<EncryptResult>
  /**
   * Decrypts one message. Releases nothing before everything verified.
   *
   * @throws `MESSAGE_INVALID`, `CONTEXT_MISMATCH`, `SUITE_FORBIDDEN`, `LIMIT_EXCEEDED`, `KEY_TRANSIENT`, `KEY_OPERATIONAL`, `KEY_SHREDDED`,
   * `INPUT_INVALID`, `OPTION_INVALID`, `CONTEXT_INVALID`, `RECOVERY_MISSING`, or the signal's reason.
   */
  decrypt(ciphertext: Uint8Array, options?: DecryptOptions): Promise<DecryptResult>
  /**
   * Makes a stream that encrypts what is written to it into one message, frame by frame. Chunks may have any size; they are taken as they are at
   * the call to `write`. A frame is made when somebody reads, so a consumer that stops reading stops the source.
   *
   * With Node streams, go through `Duplex.fromWeb(stream)` or `Readable.toWeb(source)`.
   *
   * @throws `OPTION_INVALID`, `CONTEXT_INVALID`, `SUITE_FORBIDDEN`, `LIMIT_EXCEEDED` or the signal's reason at once; both ends of the stream fail
   * with the codes of `encrypt`, or with the reason of an abort or cancellation.
   * @example
   * ```ts
   * await Readable.toWeb(createReadStream('orders.csv')).pipeThrough(client.encryptStream()).pipeTo(Writable.toWeb(createWriteStream('orders.enc')))
   * ```
   */
  encryptStream(options?: EncryptStreamOptions): EncryptStream
  /**
   * Makes a stream that decrypts the one message that is written to it. Each frame is released once it verified, the final one once the whole
   * message did: **what came before the stream ended may be all there is of a truncated message**, so act on the plaintext after the end.
   *
   * @throws `OPTION_INVALID`, `CONTEXT_INVALID` or the signal's reason at once; both ends of the stream fail with the codes of `decrypt`, or with
   * the reason of an abort or cancellation.
   * @example
   * ```ts
   * const stream = client.decryptStream({ encryptionContext: { purpose: 'orders' } })
   * await Readable.toWeb(createReadStream('orders.enc')).pipeThrough(stream).pipeTo(Writable.toWeb(createWriteStream('orders.csv')))
   * ```
   */
  decryptStream(options?: DecryptStreamOptions): DecryptStream
  /**
   * Opens a message for random access: parts of its plaintext are read, and verified, without the rest. Reads the header now. Signed messages
   * (their signature is over the whole) and messages without frames are refused: write with suite `0478` what is to be read in parts.
   *
   * @throws the codes of `decrypt`, or what the source throws.
   * @example
   * ```ts
   * const file = await open('orders.enc')
   * const source = { size: (await file.stat()).size, read: async (start: number, end: number) => (await file.read(new Uint8Array(end - start), 0, end - start, start)).buffer }
   * const index = await client.openFrameIndex(source, { encryptionContext: { purpose: 'orders' } })
   * const lastKilobyte = await index.read(-1024)
   * ```
   */
  openFrameIndex(source: RangeSource, options?: FrameIndexOptions): Promise<FrameIndex>
}

/**
 * Makes a client for AWS Encryption SDK messages, readable by and reading AWS's clients in every language.
 *
 * @throws `OPTION_INVALID`, `SUITE_FORBIDDEN`
 * @example
 * ```ts
 * const client = createEncryptionClient({ keyring: rawAesKeyring({ namespace: 'example', name: 'kek', key: generateAesKey() }) })
 * const { ciphertext } = await client.encrypt(new TextEncoder().encode('hello'), { encryptionContext: { purpose: 'greeting' } })
 * const { plaintext } = await client.decrypt(ciphertext, { encryptionContext: { purpose: 'greeting' } })
 * ```
 */
export function createEncryptionClient(options: EncryptionClientOptions): EncryptionClient {
  validateOptions('createEncryptionClient', options, {
    keyring: hasMethods('recipients', 'unwrap'),
    materials: hasMethods('forEncrypt', 'forDecrypt'),
    cache: isObject,
    requiredContextKeys: isRequiredKeys,
    recoveryRecipient: hasMethods('recipients', 'unwrap'),
    requireRecoveryRecipient: isBoolean,
    commitmentPolicy: isOneOf(commitmentPolicies),
    suite: isSuiteId,
    frameLength: isFrameLength,
    maxEncryptedDataKeys: isInteger(1, 65_535),
    netV400Retry: isBoolean,
    observer: isFunction,
    random: isFunction,
  })
  const {
    commitmentPolicy = 'REQUIRE_ENCRYPT_REQUIRE_DECRYPT',
    frameLength = DEFAULT_FRAME_LENGTH,
    maxEncryptedDataKeys = 16,
    netV400Retry = false,
    observer,
    random = systemRandom,
  } = options
  const materials = materialsOf(options)
  const headerMemo = options.cache === undefined ? undefined : new HeaderMemo()
  const suite = options.suite === undefined ? defaultSuite(commitmentPolicy) : suiteById(options.suite)
  assertMayEncrypt(commitmentPolicy, suite)
  const streams: StreamSettings = {
    materials,
    commitmentPolicy,
    suite,
    frameLength,
    maxEncryptedDataKeys,
    netV400Retry,
    headerMemo,
    observer,
    random,
  }

  async function encrypt(plaintext: Uint8Array, call: EncryptOptions = {}): Promise<EncryptResult> {
    assertBytes('plaintext', plaintext)
    validateOptions('encrypt', call, encryptChecks)
    call.signal?.throwIfAborted()
    const context = normaliseContext(call.encryptionContext)
    warnOfPortability(context, observer)
    // The caller may take the buffer away while we wait.
    const plaintextBytes = plaintext.length
    const made: EncryptedMessage = await encryptMessage(plaintext, {
      materials,
      commitmentPolicy,
      suite: call.suite === undefined ? suite : suiteById(call.suite),
      context,
      requiredKeys: NO_KEYS,
      frameLength: call.frameLength ?? frameLength,
      maxEncryptedDataKeys,
      random,
      signal: call.signal,
      observer,
    })
    observe(observer, {
      type: 'message.encrypted',
      suite: made.suite.id,
      plaintextBytes,
      ciphertextBytes: made.ciphertext.length,
    })
    return { ciphertext: made.ciphertext, suite: made.suite.id, encryptionContext: made.encryptionContext }
  }

  async function decrypt(ciphertext: Uint8Array, call: DecryptOptions = {}): Promise<DecryptResult> {
    assertBytes('ciphertext', ciphertext)
    validateOptions('decrypt', call, decryptChecks)
    call.signal?.throwIfAborted()
    const ciphertextBytes = ciphertext.length
    try {
      const opened: DecryptedMessage = await decryptMessage(ciphertext, {
        materials,
        commitmentPolicy,
        maxEncryptedDataKeys,
        netV400Retry,
        headerMemo,
        expectedContext: normaliseContext(call.encryptionContext, 'decrypt'),
        signal: call.signal,
        observer,
      })
      observe(observer, {
        type: 'message.decrypted',
        suite: opened.suite.id,
        plaintextBytes: opened.plaintext.length,
        ciphertextBytes,
      })
      return { plaintext: opened.plaintext, suite: opened.suite.id, encryptionContext: opened.encryptionContext, openedBy: opened.openedBy }
    } catch (error) {
      if (isStrongroomError(error)) observe(observer, { type: 'message.rejected', code: error.code, ciphertextBytes })
      throw error
    }
  }

  return {
    encrypt,
    decrypt,
    encryptStream: (call) => encryptStream(streams, call),
    decryptStream: (call) => decryptStream(streams, call),
    openFrameIndex: (source, call) => openFrameIndex(streams, source, call),
  }
}

const NO_KEYS: readonly string[] = Object.freeze([])
function isObject(value: unknown): string | undefined {
  return typeof value === 'object' && value !== null ? undefined : 'be an options object'
}
