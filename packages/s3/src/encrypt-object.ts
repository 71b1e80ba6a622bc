import { type EncryptionContext, observe, StrongroomError } from '@strongroom/core'
import { assertBytes, isSignal } from '@strongroom/core/keyring-tools'
import { isAnything, isBoolean, isInteger, type OptionCheck, validateOptions } from '@strongroom/core/options'
import { type BeginRequest, beginObject } from './begin-object.ts'
import { configChecks, type ObjectEncryptionConfig, type ResolvedConfig, resolveConfig, type WrittenFormat } from './config.ts'
import type { ObjectMetadata } from './envelope/entries.ts'
import type { InstructionFile } from './envelope/write-envelope.ts'
import { beginEsdkObject, through } from './esdk-object.ts'
import { asPieces, assertPieces, gathered, transformed } from './pieces.ts'

/** What is encrypted beside a configuration. */
export interface EncryptObjectCall {
  /** Non-secret pairs that the object is bound to. Under a KMS key and in `esdk` objects; its readers have to give the same. */
  readonly encryptionContext?: EncryptionContext
  /** Metadata of your own, which is stored beside the envelope, in the clear. */
  readonly metadata?: ObjectMetadata
  /** Put the envelope, or what of it may, into an instruction file instead of the metadata. Default false; not for `esdk` objects. */
  readonly instructionFile?: boolean
  /** Aborts the call, which then rejects with the signal's reason. */
  readonly signal?: AbortSignal
}

/** Options of {@link encryptObject}. */
export type EncryptObjectOptions = ObjectEncryptionConfig & EncryptObjectCall

/** Options of {@link encryptObjectStream}. */
export type EncryptObjectStreamOptions = EncryptObjectOptions & {
  /** Exact bytes of the plaintext, where they are known. The stream fails where more or fewer come. */
  readonly plaintextLength?: number
}

/** An encrypted object, ready to be stored. */
export interface EncryptedObject<Body> {
  /** The encrypted bytes. */
  readonly body: Body
  /** User metadata to store with it, without `x-amz-meta-`: your own, and the envelope. The body cannot be read without. */
  readonly metadata: Readonly<Record<string, string>>
  /** An object to store first, by the name of this one and a suffix (`.instruction`). Undefined where the envelope is in the metadata. */
  readonly instructionFile: InstructionFile | undefined
  /** Bytes of the body, where they are known. */
  readonly bodyLength: number | undefined
  /** The format that it is in. */
  readonly format: WrittenFormat
  /** Identifier of the suite that it is encrypted with. */
  readonly suite: string
}

const callChecks: Readonly<Record<keyof EncryptObjectCall, OptionCheck>> = {
  encryptionContext: isAnything,
  metadata: (value) => (typeof value === 'object' && value !== null ? undefined : 'be an object of strings'),
  instructionFile: isBoolean,
  signal: isSignal,
}
const wholeChecks = { ...configChecks, ...callChecks }
const streamChecks = { ...wholeChecks, plaintextLength: isInteger(0, Number.MAX_SAFE_INTEGER) }

/**
 * Encrypts bytes into an object for Amazon S3, without storing it: for presigned URLs, other HTTP clients, or tests. The bytes are taken as they are at
 * the call.
 *
 * Formats are those of the S3 Encryption Client (V3, or V2 under the policy `FORBID_ENCRYPT_ALLOW_DECRYPT`), which AWS's clients in every language
 * read, or a message of the AWS Encryption SDK. Neither binds the object to its name: objects can be exchanged by whoever may write to the bucket,
 * unless the encryption context tells them apart.
 *
 * Source: S3 Encryption Client specification, "Content Metadata" and "Encryption".
 *
 * @throws `OPTION_INVALID`, `INPUT_INVALID`, `CONTEXT_INVALID`, `SUITE_FORBIDDEN`, `KEYRING_UNSUITABLE`, `KEYRING_CANNOT_ENCRYPT`,
 * `METADATA_TOO_LARGE`, `OBJECT_TOO_LARGE`, `KEY_TRANSIENT`, `KEY_OPERATIONAL`, or the signal's reason
 * @example
 * ```ts
 * const { body, metadata } = await encryptObject(new TextEncoder().encode('hello'), { keyring, encryptionContext: { purpose: 'orders' } })
 * const { plaintext } = await decryptObject({ body, metadata }, { keyring, encryptionContext: { purpose: 'orders' } })
 * ```
 */
export async function encryptObject(plaintext: Uint8Array, options: EncryptObjectOptions): Promise<EncryptedObject<Uint8Array>> {
  // Waiting for the key gives the caller time to write over it.
  const bytes = Uint8Array.from(assertBytes('plaintext', plaintext))
  try {
    validateOptions('encryptObject', options, wholeChecks)
    const object = await encryptPieces(resolveConfig(options), { ...options, plaintextLength: bytes.length }, asPieces(bytes))
    const pieces: Uint8Array[] = []
    for await (const piece of object.body) pieces.push(piece)
    return { ...object, body: Uint8Array.from(Buffer.concat(pieces)) }
  } finally {
    bytes.fill(0)
  }
}

/**
 * Encrypts a stream into an object for Amazon S3; any `AsyncIterable` of bytes, such as a `Readable` or a `ReadableStream`. Memory stays flat. Resolves
 * when the data key is there; the body is then encrypted as it is read, once.
 *
 * A stored object is incomplete, and does not open, where reading the body failed: do not complete an upload then.
 *
 * @throws the codes of {@link encryptObject}; reading the body throws `INPUT_INVALID`, `LENGTH_MISMATCH`, `OBJECT_TOO_LARGE`, the signal's reason, or
 * what the source throws
 * @example
 * ```ts
 * const { body, metadata } = await encryptObjectStream(createReadStream('orders.csv'), { keyring })
 * await pipeline(body, createWriteStream('orders.encrypted'))
 * ```
 */
export async function encryptObjectStream(
  plaintext: AsyncIterable<Uint8Array>,
  options: EncryptObjectStreamOptions,
): Promise<EncryptedObject<AsyncIterable<Uint8Array>>> {
  assertPieces('plaintext', plaintext)
  validateOptions('encryptObjectStream', options, streamChecks)
  return await encryptPieces(resolveConfig(options), options, plaintext)
}

/** Encrypts a body, whichever the format is. */
export async function encryptPieces(
  config: ResolvedConfig,
  request: BeginRequest,
  plaintext: AsyncIterable<Uint8Array>,
): Promise<EncryptedObject<AsyncGenerator<Uint8Array, void, undefined>>> {
  const { format, observer } = config
  const { signal } = request
  if (format === 'esdk') {
    if (request.instructionFile === true)
      throw new StrongroomError('OPTION_INVALID', 'An esdk object has no instruction file: its body brings everything.', {
        option: 'instructionFile',
      })
    const { metadata, transform, bodyLength, suite } = await beginEsdkObject(config, request)
    return { body: gathered(through(plaintext, transform)), metadata, instructionFile: undefined, bodyLength, format, suite }
  }
  const { encryptor, keyId: _, ...object } = await beginObject(config, request)
  async function* body(): AsyncGenerator<Uint8Array, void, undefined> {
    let ciphertextBytes = 0
    for await (const piece of transformed(plaintext, encryptor, 'plaintext', signal)) {
      ciphertextBytes += piece.length
      yield piece
    }
    observe(observer, { type: 'message.encrypted', suite: object.suite, plaintextBytes: encryptor.length, ciphertextBytes })
  }
  return { ...object, body: body(), format }
}
