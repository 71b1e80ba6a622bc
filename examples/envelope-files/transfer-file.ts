import { randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { Duplex } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ByteTransform } from '@strongroom/core'

/**
 * Sends a file through a stream into another file; answers how many bytes were written.
 *
 * They go into a temporary file beside the target, which takes the target's name once everything verified and is on the disk. Until then a decrypting
 * stream has released plaintext of a message that may still prove to be cut or forged: nobody must find it under the name that they look for. Where
 * anything fails, the temporary file is removed.
 *
 * @param onRead - is told of each piece of `from`, in bytes.
 */
export async function transferFile(
  from: string,
  to: string,
  stream: ByteTransform,
  onRead: (bytes: number) => void,
  signal: AbortSignal,
): Promise<number> {
  const temporary = join(dirname(to), `.${basename(to)}.${randomUUID()}.part`)
  const source = createReadStream(from, { highWaterMark: 256 * 1024 })
  // For nobody else, from the start: what is decrypted into it is meant for its owner.
  const target = await open(temporary, 'wx', 0o600)
  try {
    const sink = target.createWriteStream({ flush: true })
    const counted = async function* (chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
      for await (const chunk of chunks) {
        onRead(chunk.length)
        yield chunk
      }
    }
    await pipeline(source, counted, Duplex.fromWeb(stream), sink, { signal })
    await rename(temporary, to)
    return sink.bytesWritten
  } catch (error) {
    await rm(temporary, { force: true })
    // An aborted pipeline tells that it was aborted; why, the signal knows.
    throw signal.aborted ? signal.reason : error
  }
}
