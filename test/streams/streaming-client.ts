import type { DecryptStreamOptions, EncryptionClient } from '@strongroom/core'
import { chunksOf, collect, streamOf } from './chunks.ts'

/** A client whose `decrypt` goes through a stream, in chunks of a size: what holds for one holds for the other. */
export function streaming(client: EncryptionClient, chunkSize: number): EncryptionClient {
  return {
    ...client,
    async decrypt(ciphertext, options = {}) {
      const limits: DecryptStreamOptions = { maxFrameLength: 2 ** 32 - 1, maxUnframedBytes: 2 ** 36 - 32 }
      const stream = client.decryptStream({ ...options, ...limits })
      const plaintext = Uint8Array.from(await collect(streamOf(chunksOf(ciphertext, chunkSize)).pipeThrough(stream)))
      return { plaintext, ...(await stream.message) }
    },
  }
}
