/** Chunkings of bytes, deterministic ones and ones from a seed, and what collects a stream. */

/** Cuts bytes into chunks of one size. */
export function* chunksOf(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

/** Cuts bytes into chunks of sizes from 0 to `most`, the same ones for the same seed. */
function* randomChunks(bytes: Uint8Array, seed: number, most: number): Generator<Uint8Array> {
  let state = seed >>> 0
  for (let at = 0; at < bytes.length; ) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    const size = (state >>> 8) % (most + 1)
    yield bytes.subarray(at, at + size)
    at += size
  }
}

/** A stream of chunks, made as they are asked for. */
export function streamOf(chunks: Iterable<Uint8Array>): ReadableStream<Uint8Array> {
  const iterator = chunks[Symbol.iterator]()
  return new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const { done, value } = iterator.next()
        if (done) controller.close()
        else controller.enqueue(value)
      },
    },
    { highWaterMark: 0 },
  )
}

/** All that a stream yields, in one. */
export async function collect(stream: ReadableStream<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const part of stream) parts.push(part)
  return Buffer.concat(parts)
}

/** What a stream yielded before it failed, and what it failed with; undefined where it did not. */
export async function collectUntilFailure(
  stream: ReadableStream<Uint8Array>,
): Promise<{ readonly released: Buffer; readonly failure: unknown }> {
  const parts: Uint8Array[] = []
  try {
    for await (const part of stream) parts.push(part)
    return { released: Buffer.concat(parts), failure: undefined }
  } catch (failure) {
    return { released: Buffer.concat(parts), failure }
  }
}

/** The whole, and cut in ways that meet every place of a parser: each byte alone, odd sizes, random ones. */
export function chunkings(bytes: Uint8Array, seed: number): ReadonlyMap<string, () => Iterable<Uint8Array>> {
  return new Map<string, () => Iterable<Uint8Array>>([
    ['whole', () => [bytes]],
    ['byte by byte', () => chunksOf(bytes, 1)],
    ['in random chunks', () => randomChunks(bytes, seed, 97)],
    ['in long random chunks', () => randomChunks(bytes, seed + 1, 9001)],
  ])
}
