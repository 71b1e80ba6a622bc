import { type EncryptOptions, encryptChecks } from '../call-options.ts'
import { assertMayEncrypt } from '../commitment-policy.ts'
import { warnOfPortability } from '../context-portability.ts'
import { type EncryptionContext, normaliseContext } from '../encryption-context.ts'
import { StrongroomError } from '../errors.ts'
import { assertEncryptMaterials, unusable } from '../esdk/assert-materials.ts'
import { footerLength, frameCount } from '../esdk/body.ts'
import type { BodyKey } from '../esdk/frame.ts'
import { prepareHeader } from '../esdk/make-header.ts'
import type { EncryptMaterials } from '../materials.ts'
import { observe } from '../observer.ts'
import { isInteger, validateOptions } from '../options.ts'
import { type Suite, type SuiteId, suiteById } from '../suite.ts'
import { type ByteTransform, byteTransform, type Output, type Stage } from './byte-transform.ts'
import { assertFrameCount, ciphertextLength } from './ciphertext-length.ts'
import { PlaintextFrames } from './plaintext-frames.ts'
import { type RunningSigner, runningSigner } from './running-signature.ts'
import { type SealingThread, sealingThread } from './sealing-thread.ts'
import type { StreamSettings } from './settings.ts'

/** Plaintext bytes that go to another thread at a time: enough that the way there does not matter. */
const SHARED_BATCH_BYTES = 524_288
/** Batches that may be under way or wait to be sent: two that the other thread holds, and two that were sealed here meanwhile. */
const MOST_AHEAD = 4

/** Options of `encryptStream`. */
export interface EncryptStreamOptions extends EncryptOptions {
  /**
   * Exact bytes of the plaintext, where they are known: the stream fails where more or fewer come. The length of the ciphertext is then known
   * ahead, and data keys may come from a cache; without it, every stream costs a data key.
   */
  readonly plaintextLength?: number
  /**
   * With 2, frames are sealed on a second thread as well, half a megabyte at a time. Worth it for much data that comes and goes faster than one
   * core seals it (gigabytes a second); the ciphertext may lag 2 MiB behind the plaintext. The thread is shared by the process and takes about
   * 15 MiB. Default 1.
   */
  readonly threads?: 1 | 2
}

/** What is known of a message before its plaintext; lengths are bytes. */
export interface EncryptStreamMessage {
  /** The suite that the message is written with. */
  readonly suite: SuiteId
  /** The whole context: stored and required pairs, and the public key of a signing suite. */
  readonly encryptionContext: EncryptionContext
  /** Length of the header with its authentication. */
  readonly headerLength: number
  /** Plaintext bytes of a regular frame. */
  readonly frameLength: number
  /** Exact length of the ciphertext, where `plaintextLength` was given. */
  readonly ciphertextLength: number | undefined
}

/** A stream that encrypts: plaintext in at `writable`, one message out at `readable`. */
export interface EncryptStream extends ByteTransform {
  /** Settles when the data key is there, before any plaintext is needed. Rejects with what ends the stream. */
  readonly message: Promise<EncryptStreamMessage>
}

const checks = { ...encryptChecks, plaintextLength: isInteger(0, Number.MAX_SAFE_INTEGER), threads: isInteger(1, 2) }

/** Makes an encrypting stream. See `EncryptionClient.encryptStream`. */
export function encryptStream(settings: StreamSettings, options: EncryptStreamOptions = {}): EncryptStream {
  validateOptions('encryptStream', options, checks)
  options.signal?.throwIfAborted()
  const { observer, commitmentPolicy } = settings
  const context = normaliseContext(options.encryptionContext)
  const suite = options.suite === undefined ? settings.suite : suiteById(options.suite)
  const frameLength = options.frameLength ?? settings.frameLength
  const { plaintextLength } = options
  assertMayEncrypt(commitmentPolicy, suite)
  if (plaintextLength !== undefined) assertFrameCount(frameCount(plaintextLength, frameLength), frameLength)
  warnOfPortability(context, observer)
  const thread = options.threads === 2 ? sealingThread() : undefined
  const stage = new EncryptStage({ ...settings, suite, frameLength, context, plaintextLength, thread })
  const { readable, writable } = byteTransform(stage, 'plaintext', options.signal)
  return { readable, writable, message: stage.message }
}

interface Plan extends StreamSettings {
  readonly context: EncryptionContext
  readonly plaintextLength: number | undefined
  readonly thread: SealingThread | undefined
}

interface Sealing {
  readonly header: Uint8Array
  readonly bodyKey: BodyKey
  readonly signer: RunningSigner | undefined
  readonly message: EncryptStreamMessage
}

class EncryptStage implements Stage {
  readonly message: Promise<EncryptStreamMessage>
  readonly #plan: Plan
  readonly #frames: PlaintextFrames
  readonly #abort = new AbortController()
  readonly #known: PromiseWithResolvers<EncryptStreamMessage> = Promise.withResolvers()
  readonly #sealing: Promise<Sealing>
  /** Set when the header is sent. */
  #started: Sealing | undefined
  /** Sealed, or being sealed on the other thread, and not sent yet. */
  readonly #ahead: (Uint8Array | Promise<Uint8Array>)[] = []
  #plaintextBytes = 0
  #ciphertextBytes = 0

  constructor(plan: Plan) {
    this.#plan = plan
    this.#frames = new PlaintextFrames(plan.frameLength, () => (this.#started as Sealing).bodyKey, plan.thread && SHARED_BATCH_BYTES)
    this.#sealing = this.#prepare()
    this.message = this.#known.promise
    this.#sealing.then(({ message }) => this.#known.resolve(message), this.#known.reject)
    // Whoever does not look at it learns of a failure from the stream.
    this.message.catch(() => undefined)
  }

  accept(chunk: Uint8Array): void {
    const { plaintextLength } = this.#plan
    this.#plaintextBytes += chunk.length
    if (plaintextLength !== undefined && this.#plaintextBytes > plaintextLength) throw wrongLength('more', plaintextLength)
    this.#frames.append(chunk)
  }

  work(output: Output): Promise<void> | undefined {
    const sealing = this.#started
    if (sealing === undefined) return this.#startAndWork(output)
    if (this.#plan.thread !== undefined) return this.#workOnBoth(sealing, this.#plan.thread, output)
    while (this.#frames.hasRegular) {
      if (!output.isWanted) return this.#workSlowly(sealing, output)
      this.#send(sealing, this.#frames.sealRegular(), output)
    }
    return undefined
  }

  async finish(output: Output): Promise<void> {
    const { plaintextLength, observer, suite } = this.#plan
    if (plaintextLength !== undefined && this.#plaintextBytes < plaintextLength) throw wrongLength('fewer', plaintextLength)
    await this.work(output)
    const sealing = await this.#sealing
    while (this.#ahead.length > 0) await this.#sendFirst(sealing, output)
    await output.wanted()
    const end = this.#sealEnd(sealing)
    this.#ciphertextBytes += end.length
    output.enqueue(end)
    observe(observer, {
      type: 'message.encrypted',
      suite: suite.id,
      plaintextBytes: this.#plaintextBytes,
      ciphertextBytes: this.#ciphertextBytes,
    })
  }

  abandon(reason: unknown): void {
    this.#frames.clear()
    // Before the key service answers, which may not listen to the abort.
    this.#known.reject(reason)
    this.#abort.abort(reason)
  }

  async #prepare(): Promise<Sealing> {
    const { materials, suite, context, plaintextLength, commitmentPolicy, observer } = this.#plan
    const { signal } = this.#abort
    const request = { suite, context, requiredKeys: [], plaintextLength, commitmentPolicy, signal, observer }
    const answer = await materials.forEncrypt(request)
    // Wiped here, whatever happens to the stream later: the frames need the derived key alone.
    using _dataKey = answer.dataKey
    signal.throwIfAborted()
    assertEncryptMaterials(answer, this.#plan)
    return this.#start(answer)
  }

  #start(materials: EncryptMaterials): Sealing {
    const { suite, frameLength, plaintextLength } = this.#plan
    const prepared = prepareHeader(materials, this.#plan)
    const header = Buffer.allocUnsafeSlow(prepared.length)
    prepared.writeTo(header)
    const signer = suite.signature === undefined ? undefined : makeSigner(suite, materials, plaintextLength !== undefined)
    const facts = { suite: suite.id, frameLength, headerLength: header.length }
    return {
      header: new Uint8Array(header.buffer),
      bodyKey: prepared.bodyKey,
      signer,
      message: {
        ...facts,
        encryptionContext: materials.context,
        ciphertextLength: plaintextLength === undefined ? undefined : ciphertextLength({ ...facts, plaintextLength }),
      },
    }
  }

  async #startAndWork(output: Output): Promise<void> {
    const sealing = await this.#sealing
    await output.wanted()
    this.#started = sealing
    this.#send(sealing, sealing.header, output)
    await this.work(output)
  }

  async #workSlowly(sealing: Sealing, output: Output): Promise<void> {
    while (this.#frames.hasRegular) {
      await output.wanted()
      this.#send(sealing, this.#frames.sealRegular(), output)
    }
  }

  /** Hands frames to the other thread while it is free, seals the others here, and sends them in their order. */
  async #workOnBoth(sealing: Sealing, thread: SealingThread, output: Output): Promise<void> {
    while (this.#frames.hasRegular) {
      if (this.#ahead.length >= MOST_AHEAD) await this.#sendFirst(sealing, output)
      this.#ahead.push(thread.isFree ? this.#frames.sealRegularOn(thread) : this.#frames.sealRegular())
    }
  }

  async #sendFirst(sealing: Sealing, output: Output): Promise<void> {
    const bytes = await (this.#ahead.shift() as Uint8Array | Promise<Uint8Array>)
    await output.wanted()
    this.#send(sealing, bytes, output)
  }

  #send({ signer }: Sealing, bytes: Uint8Array, output: Output): void {
    signer?.update(bytes)
    this.#ciphertextBytes += bytes.length
    output.enqueue(bytes)
  }

  /** What is left, the final frame, and the footer. */
  #sealEnd({ signer }: Sealing): Uint8Array {
    const footer = signer === undefined ? 0 : footerLength(this.#plan.suite.signature)
    const end = this.#frames.sealRest(footer)
    if (signer === undefined) return new Uint8Array(end.buffer)
    const body = end.subarray(0, end.length - footer)
    signer.update(body)
    const signature = signer.sign()
    // Where no length was promised, one signature in 285 is shorter.
    const used = end.subarray(0, body.length + 2 + signature.length)
    used.writeUInt16BE(signature.length, body.length)
    used.set(signature, body.length + 2)
    return used.length === end.length ? new Uint8Array(end.buffer) : Uint8Array.from(used)
  }
}

function makeSigner(suite: Suite, { signingKey }: EncryptMaterials, isLengthPromised: boolean): RunningSigner | undefined {
  if (suite.signature === undefined) return undefined
  if (signingKey === undefined) throw unusable('no signing key for a signing suite')
  return runningSigner(suite.signature, signingKey, isLengthPromised)
}

function wrongLength(what: 'more' | 'fewer', plaintextLength: number): StrongroomError {
  return new StrongroomError(
    'INPUT_INVALID',
    `The stream was given ${what} bytes than its option plaintextLength says (${plaintextLength}).`,
    {
      option: 'plaintextLength',
    },
  )
}
