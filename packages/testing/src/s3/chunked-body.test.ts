import { expect, it } from 'vitest'
import { ChunkedBody } from './chunked-body.ts'

const DATA = Buffer.alloc(20_000, 'abc')
const BODY = Buffer.concat([
  Buffer.from('2710;chunk-signature=0123\r\n'),
  DATA.subarray(0, 10_000),
  Buffer.from('\r\n2710\r\n'),
  DATA.subarray(10_000),
  Buffer.from('\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\nX-Other: b \r\n\r\n'),
])

function decode(...pieces: readonly Uint8Array[]): { readonly data: Buffer; readonly body: ChunkedBody } {
  const data: Uint8Array[] = []
  const body = new ChunkedBody((bytes) => data.push(bytes))
  for (const piece of pieces) body.push(piece)
  return { data: Buffer.concat(data), body }
}

it('the framing is taken off wherever the body is cut', () => {
  const byteByByte = [...BODY].map((byte) => Uint8Array.of(byte))
  for (const pieces of [[BODY], [BODY.subarray(0, 20), BODY.subarray(20, 10_030), BODY.subarray(10_030)], byteByByte]) {
    const { data, body } = decode(...pieces)
    expect(data.equals(DATA)).toBe(true)
    expect(body.complete).toBe(true)
    expect([...body.trailers]).toEqual([
      ['x-amz-checksum-crc32', 'AAAAAA=='],
      ['x-other', 'b'],
    ])
  }
})

it('a body that breaks off is not complete', () => {
  for (let length = 0; length < BODY.length; length += 997) expect(decode(BODY.subarray(0, length)).body.complete).toBe(false)
  expect(decode(BODY.subarray(0, -2)).body.complete).toBe(false)
})

it('what is not framed is refused', () => {
  for (const text of ['hello\r\n', '-5\r\n', '5\r\nhelloX\r\n0\r\n\r\n', '0\r\n\r\nmore\r\n', '\r\n']) {
    expect(() => decode(Buffer.from(text))).toThrow(expect.objectContaining({ name: 'IncompleteBody' }))
  }
  expect(() => decode(Buffer.from('0\r\nno colon\r\n\r\n'))).toThrow(expect.objectContaining({ name: 'MalformedTrailerError' }))
})

it('only the last chunk may be smaller than 8 KiB', () => {
  expect(decode(Buffer.from('5\r\nhello\r\n0\r\n\r\n')).data.toString()).toBe('hello')
  expect(() => decode(Buffer.from('5\r\nhello\r\n5\r\nhello\r\n0\r\n\r\n'))).toThrow(
    expect.objectContaining({ name: 'InvalidChunkSizeError' }),
  )
})
