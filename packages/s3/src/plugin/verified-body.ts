/**
 * Bodies that are too long for memory, verified before anything of them is released: read once to verify, and once more to release.
 */
import { randomUUID } from 'node:crypto'
import { type FileHandle, open, unlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { contentDecryptor } from '../content/content-decryptor.ts'
import type { ContentKey } from '../content/content-key.ts'
import { CHUNK_BYTES, ChunkDigests } from './chunk-digests.ts'

type Body = AsyncIterable<Uint8Array>

/**
 * Verifies a body, and answers the plaintext of what `again` fetches: chunk by chunk, each released when it is the one that verified. The server is
 * not trusted to answer the same twice.
 */
export async function verifiedBySecondPass(
  content: ContentKey,
  body: Body,
  again: () => Promise<Body>,
  bodyLength: number | undefined,
  signal: AbortSignal | undefined,
): Promise<AsyncGenerator<Uint8Array, void, undefined>> {
  const digests = new ChunkDigests()
  const writer = digests.writer()
  const verifier = contentDecryptor(content, bodyLength)
  let total = 0
  for await (const piece of body) {
    signal?.throwIfAborted()
    for (const part of writer.cut(piece)) writer.add(part)
    verifier.update(piece).fill(0)
    total += piece.length
  }
  writer.end()
  verifier.final()
  return release()

  async function* release(): AsyncGenerator<Uint8Array, void, undefined> {
    const decryptor = contentDecryptor(content, total)
    let held: Uint8Array[] = []
    let isVerified = false
    const reader = digests.reader(() => {
      isVerified = true
    })
    function* verified(): Generator<Uint8Array, void, undefined> {
      if (!isVerified) return
      isVerified = false
      const chunk = held
      held = []
      for (const part of chunk) {
        const plaintext = decryptor.update(part)
        if (plaintext.length > 0) yield plaintext
      }
    }
    for await (const piece of await again()) {
      signal?.throwIfAborted()
      for (const part of reader.cut(piece)) {
        held.push(part.bytes)
        reader.add(part)
        yield* verified()
      }
    }
    signal?.throwIfAborted()
    reader.end()
    yield* verified()
    decryptor.final()
  }
}

/** A verified body in a spool file. */
export interface SpooledBody {
  readonly plaintext: AsyncGenerator<Uint8Array, void, undefined>
  /** Lets go of the file, also where nothing was read. */
  release(): void
}

/** Verifies a body while it is written, as it is, to a file that only this process has; its plaintext is read from there. */
export async function verifiedBySpool(
  content: ContentKey,
  body: Body,
  folder: string | undefined,
  bodyLength: number | undefined,
  signal: AbortSignal | undefined,
): Promise<SpooledBody> {
  const file = await spoolFile(folder ?? tmpdir())
  let total = 0
  let isOpen = true
  const close = async (): Promise<void> => {
    if (!isOpen) return
    isOpen = false
    await file.close()
  }
  try {
    const verifier = contentDecryptor(content, bodyLength)
    for await (const piece of body) {
      signal?.throwIfAborted()
      verifier.update(piece).fill(0)
      for (let at = 0; at < piece.length; ) at += (await file.write(piece, at, piece.length - at)).bytesWritten
      total += piece.length
    }
    verifier.final()
  } catch (error) {
    await close()
    throw error
  }

  async function* plaintext(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      const decryptor = contentDecryptor(content, total)
      const chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES)
      for (let at = 0; ; ) {
        signal?.throwIfAborted()
        const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES, at)
        if (bytesRead === 0) break
        at += bytesRead
        const released = decryptor.update(chunk.subarray(0, bytesRead))
        if (released.length > 0) yield released
      }
      decryptor.final()
    } finally {
      await close()
    }
  }
  return { plaintext: plaintext(), release: () => void close().catch(() => undefined) }
}

/** A file that has no name by the time it is written to. */
async function spoolFile(folder: string): Promise<FileHandle> {
  const path = join(folder, `strongroom-${randomUUID()}`)
  const file = await open(path, 'wx+', 0o600)
  try {
    await unlink(path)
    return file
  } catch (error) {
    await file.close()
    throw error
  }
}
