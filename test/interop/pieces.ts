import type { ByteTransform } from '@strongroom/core'

/** Sends bytes through a stream in pieces, and answers all that comes out. */
export async function passInPieces(stream: ByteTransform, bytes: Uint8Array, chunk: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  const feed = ReadableStream.from(pieces(bytes, chunk)).pipeTo(stream.writable)
  const [failure] = await Promise.allSettled([collect(stream, parts), feed]).then((ends) => ends.filter((end) => end.status === 'rejected'))
  if (failure !== undefined) throw failure.reason
  return Buffer.concat(parts)
}

async function collect({ readable }: ByteTransform, parts: Uint8Array[]): Promise<void> {
  for await (const part of readable) parts.push(part)
}

function* pieces(bytes: Uint8Array, chunk: number): Iterable<Uint8Array> {
  for (let start = 0; start < bytes.length; start += chunk) yield bytes.slice(start, start + chunk)
}
