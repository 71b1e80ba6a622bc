import type { EncryptionClient } from '@strongroom/core'

/** How a stream ended: all it released, and the error it failed with. */
export interface StreamOutcome {
  readonly released: Buffer
  readonly error?: unknown
}

/**
 * Decrypts through a stream, in chunks of these sizes, whatever is left at the end in one.
 *
 * @throws an Error where the two ends and the header's promise do not tell the same: that is a defect of the stream.
 */
export async function decryptInChunks(client: EncryptionClient, message: Uint8Array, sizes: readonly number[]): Promise<StreamOutcome> {
  const { readable, writable, message: header } = client.decryptStream()
  const released: Uint8Array[] = []
  const reading = (async () => {
    for await (const bytes of readable) {
      if (bytes.length === 0) throw new Error('the stream released a chunk of no bytes')
      released.push(bytes)
    }
  })()
  const writing = (async () => {
    const writer = writable.getWriter()
    // A failure is told by every write, by close and by `closed`; this one looks at the writes.
    writer.closed.catch(() => undefined)
    for (const chunk of chunksOf(message, sizes)) await writer.write(chunk)
    await writer.close()
  })()
  const [read, written, opened] = await Promise.allSettled([reading, writing, header])
  const outcome = { released: Buffer.concat(released) }
  if (read.status === 'fulfilled') {
    if (written.status !== 'fulfilled' || opened.status !== 'fulfilled') throw new Error('the stream ended well at one end only')
    return outcome
  }
  if (written.status === 'fulfilled' || written.reason !== read.reason)
    throw new Error('the ends of the stream failed with different errors')
  if (opened.status === 'fulfilled' ? false : opened.reason !== read.reason)
    throw new Error('the header failed with another error than the stream')
  if (opened.status === 'rejected' && released.length > 0) throw new Error('the stream released bytes before its header verified')
  return { ...outcome, error: read.reason }
}

function* chunksOf(bytes: Uint8Array, sizes: readonly number[]): Iterable<Uint8Array> {
  let at = 0
  for (const size of sizes) {
    if (at >= bytes.length) return
    yield bytes.subarray(at, at + size)
    at += size
  }
  if (at < bytes.length) yield bytes.subarray(at)
}
