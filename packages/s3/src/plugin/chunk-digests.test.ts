import { createCipheriv, createSecretKey, randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { CHUNK_BYTES, ChunkDigests, ChunkWriter } from './chunk-digests.ts'

const body = randomBytes(2 * CHUNK_BYTES + 12_345)

function write(writer: ChunkWriter, bytes: Uint8Array, size: number): void {
  for (let at = 0; at < bytes.length; at += size) for (const part of writer.cut(bytes.subarray(at, at + size))) writer.add(part)
  writer.end()
}

describe('codes of chunks', () => {
  it('are those of AES-GMAC over a chunk each, whatever the pieces', () => {
    const key = createSecretKey(randomBytes(32))
    const expected = [0, 1, 2].map((index) => {
      const nonce = Buffer.alloc(12)
      nonce[11] = index
      const cipher = createCipheriv('aes-256-gcm', key, nonce)
      cipher.setAAD(body.subarray(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES))
      cipher.final()
      return cipher.getAuthTag().toString('hex')
    })
    for (const size of [977, 65_536, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, body.length]) {
      const codes: string[] = []
      write(new ChunkWriter(key, (code) => codes.push(code.toString('hex'))), body, size)
      expect(codes).toEqual(expected)
    }
  })

  it('tell when each chunk is the one that was noted', () => {
    const digests = new ChunkDigests()
    write(digests.writer(), body, 65_536)
    let verified = 0
    write(
      digests.reader(() => {
        verified += 1
      }),
      body,
      1000,
    )
    expect(verified).toBe(3)
  })

  it.each<[string, number, (bytes: Buffer) => Uint8Array]>([
    ['a byte of the first chunk', 0, (bytes) => bytes.fill((bytes.at(5) as number) ^ 1, 5, 6)],
    ['the last byte of the first chunk', 0, (bytes) => bytes.fill((bytes.at(CHUNK_BYTES - 1) as number) ^ 1, CHUNK_BYTES - 1, CHUNK_BYTES)],
    ['the first of the second', 1, (bytes) => bytes.fill((bytes.at(CHUNK_BYTES) as number) ^ 1, CHUNK_BYTES, CHUNK_BYTES + 1)],
    ['the last of all', 2, (bytes) => bytes.fill((bytes.at(-1) as number) ^ 1, bytes.length - 1)],
    [
      'chunks in another order',
      0,
      (bytes) => Buffer.concat([bytes.subarray(CHUNK_BYTES, 2 * CHUNK_BYTES), bytes.subarray(0, CHUNK_BYTES)]),
    ],
    ['a byte less', 2, (bytes) => bytes.subarray(0, -1)],
    ['a byte more', 2, (bytes) => Buffer.concat([bytes, Buffer.alloc(1)])],
    ['a chunk less', 2, (bytes) => bytes.subarray(0, 2 * CHUNK_BYTES)],
    ['nothing', 0, () => new Uint8Array(0)],
  ])('find %s', (_what, before, change) => {
    const digests = new ChunkDigests()
    write(digests.writer(), body, 65_536)
    let verified = 0
    const reader = digests.reader(() => {
      verified += 1
    })
    expect(() => write(reader, change(Buffer.from(body)), 65_536)).toThrowError(expect.objectContaining({ code: 'RESPONSE_UNEXPECTED' }))
    expect(verified).toBe(before)
  })
})
