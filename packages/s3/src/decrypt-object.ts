import { type EncryptionContext, isStrongroomError, observe, StrongroomError } from '@strongroom/core'
import { assertBytes, contextFromEntries, emptyContext, isSignal } from '@strongroom/core/keyring-tools'
import { isAnything, type OptionCheck, validateOptions } from '@strongroom/core/options'
import { configChecks, type ObjectEncryptionConfig, type ReadFormat, type ResolvedConfig, resolveConfig } from './config.ts'
import { contentDecryptor, decryptContent } from './content/content-decryptor.ts'
import type { ObjectMetadata } from './envelope/entries.ts'
import { esdkContext, openEsdkObject } from './esdk-object.ts'
import { type OpenedEnvelope, type OpenRequest, openObject } from './open-object.ts'
import { assertPieces, transformed } from './pieces.ts'

/** What is decrypted with beside a configuration. */
export interface DecryptObjectCall {
  /**
   * Pairs that the object has to be bound to. An object of V2 or V3 under KMS needs exactly those that it was written with; an `esdk` object may
   * carry more.
   */
  readonly encryptionContext?: EncryptionContext
  /** Aborts the call, which then rejects with the signal's reason. */
  readonly signal?: AbortSignal
}

/** Options of {@link decryptObject} and {@link decryptObjectStream}. */
export type DecryptObjectOptions = ObjectEncryptionConfig & DecryptObjectCall

/** An object as it was stored. */
export interface StoredObject<Body> {
  /** The encrypted bytes. */
  readonly body: Body
  /** Its user metadata, without `x-amz-meta-`. Names may be in any case. */
  readonly metadata: ObjectMetadata
  /** Its instruction file, where it has one. */
  readonly instructionFile?:
    | {
        /** The file's bytes. */
        readonly body: Uint8Array
      }
    | undefined
}

/** What is known of an object, apart from its plaintext. */
export interface ObjectFacts {
  /** The format that it was written in. */
  readonly format: ReadFormat
  /** Identifier of the suite that it was encrypted with. */
  readonly suite: string
  /** The context that it is bound to, authenticated; without the pairs that are the format's own. */
  readonly encryptionContext: EncryptionContext
  /** The description that chose the key. **Not authenticated.** */
  readonly materialsDescription: EncryptionContext
  /** Name or ARN of the key that opened it. */
  readonly keyId: string
}

/** A decrypted object. */
export interface DecryptedObject<Plaintext> extends ObjectFacts {
  /** The plaintext: bytes in memory of their own, or a stream. */
  readonly plaintext: Plaintext
}

/** A check for every option of a call. */
export const decryptCallChecks: Readonly<Record<keyof DecryptObjectCall, OptionCheck>> = {
  encryptionContext: isAnything,
  signal: isSignal,
}
const checks = { ...configChecks, ...decryptCallChecks }

/**
 * Decrypts an object that was fetched, whoever fetched it. Which format it is in is told by its metadata; which formats are let pass, by the
 * options. Releases nothing before all of it verified, but for AES-CBC, which nothing verifies.
 *
 * Source: S3 Encryption Client specification, "Decryption".
 *
 * @throws `OBJECT_NOT_ENCRYPTED`, `INSTRUCTION_FILE_MISSING`, `MESSAGE_INVALID`, `CONTEXT_MISMATCH`, `FORMAT_FORBIDDEN`, `SUITE_FORBIDDEN`,
 * `KEYRING_UNSUITABLE`, `LIMIT_EXCEEDED`, `KEY_TRANSIENT`, `KEY_OPERATIONAL`, `KEY_SHREDDED`, `RUNTIME_UNSUPPORTED`, `INPUT_INVALID`,
 * `OPTION_INVALID`, `CONTEXT_INVALID`, or the signal's reason
 * @example
 * ```ts
 * const response = await fetch(presignedUrl)
 * const object = { body: await response.bytes(), metadata: metadataFromHeaders(response.headers) }
 * const { plaintext } = await decryptObject(object, { keyring, encryptionContext: { purpose: 'orders' } })
 * ```
 */
export async function decryptObject(object: StoredObject<Uint8Array>, options: DecryptObjectOptions): Promise<DecryptedObject<Uint8Array>> {
  assertObject(object)
  const body = Uint8Array.from(assertBytes('body', object.body))
  validateOptions('decryptObject', options, checks)
  const config = resolveConfig(options)
  const opened = await observed(config, body.length, () => openObject(config, object.metadata, requestOf(object, options)))
  if (opened !== 'esdk') {
    const plaintext = await observed(config, body.length, async () => decryptContent(opened.content, body))
    observeDecrypted(config, opened, plaintext.length, body.length)
    return { plaintext, ...factsOf(opened) }
  }
  const { signal } = options
  const context = esdkContext(options.encryptionContext, 'decrypt')
  const message = await config.esdk.decrypt(body, { encryptionContext: context, ...(signal === undefined ? {} : { signal }) })
  return { plaintext: message.plaintext, ...esdkFacts(message) }
}

/**
 * Decrypts an object as it is fetched. Resolves when the data key is open.
 *
 * A body of V2 or V3 is held in memory, up to `maxBufferedBytes`, until it verified, unless `delayedAuthentication` is set. Of an `esdk` object each
 * frame is released once it verified; **what came before the stream ended may be all there is of a truncated object**. A body that is not read has to be
 * destroyed by whoever opened it.
 *
 * @throws the codes of {@link decryptObject}; reading the plaintext throws `MESSAGE_INVALID`, `LIMIT_EXCEEDED`, the signal's reason, or what the body
 * throws
 * @example
 * ```ts
 * const object = { body: createReadStream('orders.encrypted'), metadata }
 * const { plaintext } = await decryptObjectStream(object, { keyring, delayedAuthentication: true })
 * await pipeline(plaintext, createWriteStream('orders.csv'))
 * ```
 */
export async function decryptObjectStream(
  object: StoredObject<AsyncIterable<Uint8Array>>,
  options: DecryptObjectOptions,
): Promise<DecryptedObject<AsyncIterable<Uint8Array>>> {
  assertObject(object)
  assertPieces('body', object.body)
  validateOptions('decryptObjectStream', options, checks)
  const config = resolveConfig(options)
  const opened = await observed(config, 0, () => openObject(config, object.metadata, requestOf(object, options)))
  const { signal } = options
  if (opened === 'esdk') {
    const { plaintext, message } = await openEsdkObject(config, options, object.body)
    return { plaintext, ...esdkFacts(message) }
  }
  const plaintext = config.delayedAuthentication
    ? delayed(config, opened, object.body, signal)
    : buffered(config, opened, object.body, signal)
  return { plaintext, ...factsOf(opened) }
}

async function* delayed(
  config: ResolvedConfig,
  opened: OpenedEnvelope,
  body: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  let [plaintextBytes, ciphertextBytes] = [0, 0]
  try {
    const counted = counting(body, (length) => {
      ciphertextBytes += length
    })
    for await (const piece of transformed(counted, contentDecryptor(opened.content), 'body', signal)) {
      plaintextBytes += piece.length
      yield piece
    }
  } catch (error) {
    observeRejected(config, error, ciphertextBytes)
    throw error
  }
  observeDecrypted(config, opened, plaintextBytes, ciphertextBytes)
}

async function* buffered(
  config: ResolvedConfig,
  opened: OpenedEnvelope,
  body: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  const whole = await collect(body, config.maxBufferedBytes, signal)
  const plaintext = await observed(config, whole.length, async () => decryptContent(opened.content, whole))
  observeDecrypted(config, opened, plaintext.length, whole.length)
  if (plaintext.length > 0) yield plaintext
}

/** Gathers a body in memory. */
export async function collect(body: AsyncIterable<Uint8Array>, most: number, signal: AbortSignal | undefined): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of body) {
    signal?.throwIfAborted()
    length += assertBytes('body', chunk).length
    if (length > most) {
      throw new StrongroomError(
        'LIMIT_EXCEEDED',
        `The body is longer than maxBufferedBytes (${most}), and nothing of it may be released before all of it verified. Raise the limit, or release what has not verified yet with delayedAuthentication: true.`,
        { option: 'maxBufferedBytes' },
      )
    }
    chunks.push(Uint8Array.from(chunk))
  }
  signal?.throwIfAborted()
  return Buffer.concat(chunks, length)
}

async function* counting(body: AsyncIterable<Uint8Array>, count: (length: number) => void): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of body) {
    count(chunk.length)
    yield chunk
  }
}

/** What an `esdk` object's message tells. */
export function esdkFacts(message: {
  readonly suite: string
  readonly encryptionContext: EncryptionContext
  readonly openedBy: { readonly keyId: string }
}): ObjectFacts {
  const pairs = Object.entries(message.encryptionContext).filter(([key]) => key !== 'strongroom-purpose')
  return {
    format: 'esdk',
    suite: message.suite,
    encryptionContext: contextFromEntries(pairs),
    materialsDescription: emptyContext,
    keyId: message.openedBy.keyId,
  }
}

/** What an opened envelope tells. */
export function factsOf({ format, content, encryptionContext, materialsDescription, keyId }: OpenedEnvelope): ObjectFacts {
  return { format, suite: content.suite.id, encryptionContext, materialsDescription, keyId }
}

/** The request to open what was fetched already. */
export function requestOf(object: StoredObject<unknown>, { encryptionContext, signal }: DecryptObjectCall): OpenRequest {
  const file = object.instructionFile?.body
  const bytes = file === undefined ? undefined : Uint8Array.from(assertBytes('instructionFile.body', file))
  return { encryptionContext, signal, instructionFile: async () => bytes }
}

/** Does something, and tells the observer where it rejects an object. */
export async function observed<T>(config: ResolvedConfig, ciphertextBytes: number, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    observeRejected(config, error, ciphertextBytes)
    throw error
  }
}

function observeRejected({ observer }: ResolvedConfig, error: unknown, ciphertextBytes: number): void {
  if (isStrongroomError(error)) observe(observer, { type: 'message.rejected', code: error.code, ciphertextBytes })
}

function observeDecrypted({ observer }: ResolvedConfig, opened: OpenedEnvelope, plaintextBytes: number, ciphertextBytes: number): void {
  observe(observer, { type: 'message.decrypted', suite: opened.content.suite.id, plaintextBytes, ciphertextBytes })
}

/** @throws `INPUT_INVALID` where an object is none. */
export function assertObject(object: StoredObject<unknown>): void {
  if (typeof object === 'object' && object !== null && typeof object.metadata === 'object' && object.metadata !== null) return
  throw new StrongroomError('INPUT_INVALID', 'An object has a body and its user metadata, as an object of strings.', { option: 'metadata' })
}
