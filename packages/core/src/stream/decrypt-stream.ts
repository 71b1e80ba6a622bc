import { type DecryptOptions, decryptChecks } from '../call-options.ts'
import { type EncryptionContext, normaliseContext } from '../encryption-context.ts'
import { isStrongroomError, StrongroomError } from '../errors.ts'
import { REGULAR_OVERHEAD } from '../esdk/body.ts'
import type { Header } from '../esdk/header.ts'
import { messageInvalid } from '../esdk/message-invalid.ts'
import type { OpenHeaderOptions } from '../esdk/open-header.ts'
import type { OpenedBy } from '../materials.ts'
import { observe } from '../observer.ts'
import { isInteger, isOneOf, validateOptions } from '../options.ts'
import type { Suite, SuiteId } from '../suite.ts'
import { openArrived, parseArrived } from './arrived-header.ts'
import { Backlog } from './backlog.ts'
import { BodyReader } from './body-reader.ts'
import { type ByteTransform, byteTransform, type Output, type Stage } from './byte-transform.ts'
import type { StreamSettings } from './settings.ts'

/** Options of `decryptStream`. */
export interface DecryptStreamOptions extends DecryptOptions {
  /**
   * What to do with a message that is signed. `hold`, the default: release its frames as they verify, but the final one only with the signature;
   * whoever acts on a part before the end acts on bytes that any holder of the data key may have made. `refuse`: fail before anything is
   * released.
   */
  readonly signedStreams?: 'hold' | 'refuse'
  /** Most plaintext bytes of a frame, which is held in memory until it verified. Default 16 MiB. */
  readonly maxFrameLength?: number
  /** Most plaintext bytes of a body without frames, which is held in memory as a whole. Default 64 MiB. */
  readonly maxUnframedBytes?: number
  /** Most bytes of a header. Default 1 MiB. */
  readonly maxHeaderBytes?: number
}

/** What is known of a message once its header verified. */
export interface DecryptStreamMessage {
  /** The suite that the message was written with. */
  readonly suite: SuiteId
  /** The message's context, stored and required pairs, authenticated. */
  readonly encryptionContext: EncryptionContext
  /** The encrypted data key that opened the message. */
  readonly openedBy: OpenedBy
}

/** A stream that decrypts: one message in at `writable`, verified plaintext out at `readable`. */
export interface DecryptStream extends ByteTransform {
  /** Settles when the header verified. Rejects with what ends the stream before that. */
  readonly message: Promise<DecryptStreamMessage>
}

/** The limits of a stream. */
export interface DecryptStreamLimits {
  readonly signedStreams: 'hold' | 'refuse'
  readonly maxFrameLength: number
  readonly maxUnframedBytes: number
  readonly maxHeaderBytes: number
}

/** Bytes at which a header is first looked for: no header is shorter. */
const FIRST_ATTEMPT = 64
const DEFAULTS: DecryptStreamLimits = {
  signedStreams: 'hold',
  maxFrameLength: 2 ** 24,
  maxUnframedBytes: 2 ** 26,
  maxHeaderBytes: 2 ** 20,
}
const checks = {
  ...decryptChecks,
  signedStreams: isOneOf(['hold', 'refuse']),
  maxFrameLength: isInteger(1, 2 ** 32 - 1),
  maxUnframedBytes: isInteger(0, 2 ** 36 - 32),
  maxHeaderBytes: isInteger(1, 2 ** 32 - 1),
}

/** Makes a decrypting stream. See `EncryptionClient.decryptStream`. */
export function decryptStream(settings: StreamSettings, options: DecryptStreamOptions = {}): DecryptStream {
  validateOptions('decryptStream', options, checks)
  options.signal?.throwIfAborted()
  const expectedContext = normaliseContext(options.encryptionContext, 'decrypt')
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
  const stage = new DecryptStage({ ...settings, expectedContext }, { ...DEFAULTS, ...given })
  const { readable, writable } = byteTransform(stage, 'ciphertext', options.signal)
  return { readable, writable, message: stage.message }
}

class DecryptStage implements Stage {
  readonly message: Promise<DecryptStreamMessage>
  readonly #options: OpenHeaderOptions
  readonly #limits: DecryptStreamLimits
  #backlog = new Backlog()
  readonly #abort = new AbortController()
  readonly #opened: PromiseWithResolvers<DecryptStreamMessage> = Promise.withResolvers()
  #body: BodyReader | undefined
  #nextAttempt = FIRST_ATTEMPT
  #ciphertextBytes = 0
  #plaintextBytes = 0

  constructor(options: OpenHeaderOptions, limits: DecryptStreamLimits) {
    this.#options = { ...options, signal: this.#abort.signal }
    this.#limits = limits
    this.message = this.#opened.promise
    // Whoever does not look at it learns of a failure from the stream.
    this.message.catch(() => undefined)
  }

  accept(chunk: Uint8Array): void {
    this.#ciphertextBytes += chunk.length
    this.#backlog.append(chunk)
  }

  work(output: Output): Promise<void> | undefined {
    const body = this.#body
    // A header that comes in many pieces is not parsed again for each of them.
    if (body === undefined) return this.#backlog.length < this.#nextAttempt ? undefined : this.#openAndWork(output)
    while (body.advance()) {
      if (!output.isWanted) return this.#release(body, output)
      this.#send(body.take(), output)
    }
    return undefined
  }

  async finish(output: Output): Promise<void> {
    const body = this.#body ?? (await this.#open(true))
    if (body === undefined) throw messageInvalid()
    this.#body = body
    await this.#release(body, output)
    const last = body.end()
    if (last.length > 0) {
      await output.wanted()
      this.#send(last, output)
    }
    observe(this.#options.observer, {
      type: 'message.decrypted',
      suite: body.suite,
      plaintextBytes: this.#plaintextBytes,
      ciphertextBytes: this.#ciphertextBytes,
    })
  }

  abandon(reason: unknown): void {
    this.#opened.reject(reason)
    this.#body?.discard()
    this.#backlog.clear()
    this.#abort.abort(reason)
    if (isStrongroomError(reason)) {
      observe(this.#options.observer, { type: 'message.rejected', code: reason.code, ciphertextBytes: this.#ciphertextBytes })
    }
  }

  /** Opens the header once it is there. */
  async #open(isEnd: boolean): Promise<BodyReader | undefined> {
    const { signedStreams, maxHeaderBytes } = this.#limits
    const arrived = Uint8Array.from(this.#backlog.peek(0, Math.min(this.#backlog.length, maxHeaderBytes)))
    const header = parseArrived(arrived, isEnd, this.#options, maxHeaderBytes)
    this.#nextAttempt = Math.ceil(arrived.length * 1.25)
    if (header === undefined) return undefined
    if (signedStreams === 'refuse' && header.suite.signature !== undefined) throw signedRefused(header.suite)
    const opened = await openArrived(arrived, header, this.#options)
    this.#moveBody(header)
    const { suite, encryptionContext, openedBy } = opened
    this.#opened.resolve({ suite: suite.id, encryptionContext, openedBy })
    return new BodyReader(opened, this.#backlog, this.#limits)
  }

  async #openAndWork(output: Output): Promise<void> {
    this.#body = await this.#open(false)
    if (this.#body !== undefined) await this.#release(this.#body, output)
  }

  /** Moves what follows the header into blocks in which frames lie in one piece. */
  #moveBody({ end, frameLength }: Header): void {
    const body = frameLength > 0 ? new Backlog(frameLength + REGULAR_OVERHEAD) : new Backlog()
    for (const piece of this.#backlog.pieces(end, this.#backlog.length - end)) body.append(piece)
    this.#backlog.clear()
    this.#backlog = body
  }

  async #release(body: BodyReader, output: Output): Promise<void> {
    while (body.advance()) {
      await output.wanted()
      this.#send(body.take(), output)
    }
  }

  #send(bytes: Uint8Array, output: Output): void {
    this.#plaintextBytes += bytes.length
    output.enqueue(bytes)
  }
}

function signedRefused(suite: Suite): StrongroomError {
  return new StrongroomError(
    'SUITE_FORBIDDEN',
    `The message is signed (suite ${suite.id}, ${suite.name}), and signedStreams is 'refuse': its signature could be verified only after most of it was released. Use decrypt, or allow it with signedStreams: 'hold'.`,
    { option: 'signedStreams' },
  )
}
