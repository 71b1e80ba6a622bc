import { Readable } from 'node:stream'
import { abortable } from '@strongroom/core/keyring-tools'
import { type BodyInput, readBody } from '../plugin/body-input.ts'

/** Bytes that are encrypted at a time. */
const SLICE = 262_144

/** A body that is read once, from its start to its end. */
export interface UploadSource {
  readonly stream: AsyncIterable<Uint8Array>
  /** Bytes that it has, where that is known. */
  readonly length: number | undefined
  /** Lets go of the body, read or not: a copy of ours is wiped, a stream is closed. */
  release(): void
}

/**
 * Takes a body in whatever form the SDK takes it. Reading it stops at once when the signal fires, also where the body never answers.
 *
 * @throws `INPUT_INVALID`, `LENGTH_MISMATCH`
 */
export async function uploadSource(body: unknown, contentLength: number | undefined, signal: AbortSignal): Promise<UploadSource> {
  const input = await readBody(body, contentLength)
  if (!('bytes' in input)) return interruptible(input, signal)
  const { bytes } = input
  return { stream: slices(bytes), length: bytes.length, release: () => void bytes.fill(0) }
}

async function* slices(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < bytes.length; at += SLICE) yield bytes.subarray(at, at + SLICE)
}

function interruptible({ stream, length }: Extract<BodyInput, { stream: unknown }>, signal: AbortSignal): UploadSource {
  const iterator = stream[Symbol.asyncIterator]()
  let ended = false
  async function* read(): AsyncGenerator<Uint8Array, void, undefined> {
    for (;;) {
      const { done, value } = await abortable(iterator.next(), signal)
      ended = done === true
      if (ended) return
      yield textAsBytes(value)
    }
  }
  return {
    stream: read(),
    length,
    release() {
      if (!ended) letGo(stream, iterator)
    },
  }
}

/** A `Readable` of strings, as `Readable.from` makes of a list of them. */
function textAsBytes(chunk: unknown): Uint8Array {
  return typeof chunk === 'string' ? new TextEncoder().encode(chunk) : (chunk as Uint8Array)
}

/** Not waited for: an iterator that waits for its source answers `return` only after that. */
function letGo(stream: AsyncIterable<Uint8Array>, iterator: AsyncIterator<Uint8Array>): void {
  if (stream instanceof Readable) {
    stream.once('error', () => undefined)
    stream.destroy()
  } else {
    iterator.return?.()?.then(undefined, () => undefined)
  }
}
