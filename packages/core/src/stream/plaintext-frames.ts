import { FINAL_OVERHEAD, REGULAR_OVERHEAD } from '../esdk/body.ts'
import { type BodyKey, sealFrame, writeFrameStart, writtenFrameAad } from '../esdk/frame.ts'
import { IV_LENGTH, TAG_LENGTH } from '../esdk/header.ts'
import { assertFrameCount } from './ciphertext-length.ts'
import type { SealingThread } from './sealing-thread.ts'

/** Plaintext bytes that are sealed at a time: one frame, or as many short ones as fit. */
const BATCH_BYTES = 65_536
/** Bytes of a regular frame before its ciphertext. */
const REGULAR_START = REGULAR_OVERHEAD - TAG_LENGTH

/**
 * Plaintext that was taken over, laid out so that it is sealed where it lies: a byte is copied here once, and the memory it lies in is what goes
 * out. Sealing into other memory would cost a third more.
 *
 *     batch: for each frame, start(16) plaintext(frameLength) tag(16)
 */
export class PlaintextFrames {
  readonly #key: () => BodyKey
  readonly #frameLength: number
  /** Frames of a batch. */
  readonly #count: number
  /** Batches that are full, with more behind them: all their frames are regular. */
  readonly #full: Buffer[] = []
  #filling: Buffer
  /** Plaintext bytes in `#filling`. */
  #filled = 0
  #sequence = 1

  /** @param key - is asked for when the first frame is sealed. */
  constructor(frameLength: number, key: () => BodyKey, batchBytes: number = BATCH_BYTES) {
    this.#key = key
    this.#frameLength = frameLength
    this.#count = Math.max(1, Math.floor(batchBytes / frameLength))
    this.#filling = this.#newBatch()
  }

  /** Copies plaintext to the end. */
  append(bytes: Uint8Array): void {
    const frameLength = this.#frameLength
    let taken = 0
    while (taken < bytes.length) {
      if (this.#filled === this.#count * frameLength) {
        this.#full.push(this.#filling)
        this.#filling = this.#newBatch()
        this.#filled = 0
      }
      const within = this.#filled % frameLength
      const at = ((this.#filled - within) / frameLength) * (frameLength + REGULAR_OVERHEAD) + REGULAR_START + within
      const part = bytes.subarray(taken, taken + frameLength - within)
      this.#reserve(at + part.length + TAG_LENGTH)
      this.#filling.set(part, at)
      this.#filled += part.length
      taken += part.length
    }
  }

  /** Whether there are frames that are regular for certain: what comes last may be the final frame, which has another form. */
  get hasRegular(): boolean {
    return this.#full.length > 0
  }

  /** Seals the next regular frames; the result has an `ArrayBuffer` of its own. */
  sealRegular(): Uint8Array {
    const batch = this.#full.shift() as Buffer
    this.#seal(batch, batch, this.#count)
    return new Uint8Array(batch.buffer)
  }

  /** Has the next regular frames sealed on the other thread. */
  sealRegularOn(thread: SealingThread): Promise<Uint8Array> {
    const frameLength = this.#frameLength
    const batch = this.#full.shift() as Buffer
    const key = this.#key()
    assertFrameCount(this.#sequence + this.#count, frameLength)
    const aads: Buffer[] = []
    for (let index = 0; index < this.#count; index += 1) {
      const frame = { sequence: this.#sequence, isFinal: false, length: frameLength }
      writeFrameStart(frame, batch, index * (frameLength + REGULAR_OVERHEAD))
      aads.push(writtenFrameAad(key, frame))
      this.#sequence += 1
    }
    const { cipher } = key.suite
    return thread.seal({
      memory: batch.buffer as ArrayBuffer,
      key: key.contentKey,
      cipher,
      aads: Buffer.concat(aads),
      count: this.#count,
      ivAt: REGULAR_START - IV_LENGTH,
      contentAt: REGULAR_START,
    })
  }

  /** Seals the rest, and with it the final frame. `extra` bytes are left free behind it. */
  sealRest(extra: number): Buffer {
    const frameLength = this.#frameLength
    const regular = Math.max(0, Math.ceil(this.#filled / frameLength) - 1)
    const length = this.#filled - regular * frameLength
    const rest = Buffer.allocUnsafeSlow(regular * (frameLength + REGULAR_OVERHEAD) + length + FINAL_OVERHEAD + extra)
    const at = this.#seal(this.#filling, rest, regular)
    const start = at + REGULAR_START
    sealFrame(this.#key(), [this.#filling.subarray(start, start + length)], { sequence: this.#sequence, isFinal: true, length }, rest, at)
    this.clear()
    return rest
  }

  /** Overwrites and forgets everything. */
  clear(): void {
    for (const batch of this.#full) batch.fill(0)
    this.#full.length = 0
    this.#filling.fill(0)
    this.#filled = 0
  }

  #seal(batch: Buffer, out: Buffer, count: number): number {
    const frameLength = this.#frameLength
    assertFrameCount(this.#sequence + count, frameLength)
    let at = 0
    for (let index = 0; index < count; index += 1) {
      const content = batch.subarray(at + REGULAR_START, at + REGULAR_START + frameLength)
      at = sealFrame(this.#key(), [content], { sequence: this.#sequence, isFinal: false, length: frameLength }, out, at)
      this.#sequence += 1
    }
    return at
  }

  #newBatch(): Buffer {
    const known = this.#count > 1 ? this.#capacity : BATCH_BYTES + REGULAR_OVERHEAD
    return Buffer.allocUnsafeSlow(Math.min(this.#capacity, known))
  }

  /** A long frame takes memory as its plaintext comes. */
  #reserve(length: number): void {
    const old = this.#filling
    if (length <= old.length) return
    this.#filling = Buffer.allocUnsafeSlow(Math.min(this.#capacity, Math.max(length, 2 * old.length)))
    this.#filling.set(old)
    old.fill(0)
  }

  get #capacity(): number {
    return this.#count * (this.#frameLength + REGULAR_OVERHEAD)
  }
}
