import { describe, expect, it } from 'vitest'
import { ByteWriter } from './byte-writer.ts'

describe('a writer of bytes', () => {
  it('grows, and keeps what was written', () => {
    const out = new ByteWriter(1)
    out.u8(1)
    out.u16(0x0203)
    out.u32(0xfffefdfc)
    out.text('é\u{10001}')
    const at = out.skip(4)
    out.data(Uint8Array.of(9))
    out.u32At(at, 0x0a0b0c0d)
    expect(out.bytes.toString('hex')).toBe('01' + '0203' + 'fffefdfc' + 'c3a9f0908081' + '0a0b0c0d' + '09')
    expect(out.length).toBe(18)
  })

  it('leaves nothing behind in buffers that are used again', () => {
    const first = new ByteWriter(100)
    first.text('secret'.repeat(10))
    const view = first.bytes
    first.release()
    expect(view.every((byte) => byte === 0)).toBe(true)
    const second = new ByteWriter(50)
    second.skip(50)
    expect(second.bytes.every((byte) => byte === 0)).toBe(true)
  })

  it('is empty once it was released, and shares its buffer with nobody', () => {
    const first = new ByteWriter(100)
    first.text('first')
    first.release()
    first.release()
    const [second, third] = [new ByteWriter(100), new ByteWriter(100)]
    second.text('second')
    third.text('third')
    first.text('more')
    expect([first, second, third].map((writer) => writer.bytes.toString())).toEqual(['more', 'second', 'third'])
  })

  it('wipes the buffer that it has outgrown', () => {
    const out = new ByteWriter(8)
    out.text('se')
    const before = out.bytes
    out.data(new Uint8Array(100))
    expect(before.every((byte) => byte === 0)).toBe(true)
    expect(out.bytes.toString('latin1', 0, 2)).toBe('se')
  })
})
