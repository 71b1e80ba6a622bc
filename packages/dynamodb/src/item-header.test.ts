import { type EncryptedDataKey, itemSuiteById } from '@strongroom/core'
import { describe, expect, it } from 'vitest'
import { ENCRYPTED, IN_CONTEXT, type ItemHeader, parseHeader, SIGNED, writeHeader } from './item-header.ts'

const edk = (name: string): EncryptedDataKey => ({ providerId: name, providerInfo: Uint8Array.of(1, 2), ciphertext: Uint8Array.of(3) })
const header: ItemHeader = {
  version: 2,
  suite: itemSuiteById('6701'),
  messageId: new Uint8Array(32).fill(0xaa),
  legend: Uint8Array.of(ENCRYPTED, SIGNED, IN_CONTEXT),
  context: { b: '2', a: 'é' },
  edks: [edk('p')],
}
const limits = { maxEncryptedDataKeys: 16 }
const parts = {
  start: `0201${'aa'.repeat(32)}`,
  legend: '0003' + '657363',
  context: '0002' + '000161' + '0002c3a9' + '000162' + '000132',
  edks: '01' + '000170' + '00020102' + '000103',
  commitment: '00'.repeat(32),
}
const joined = (changes: Partial<typeof parts> = {}): Buffer => Buffer.from(Object.values({ ...parts, ...changes }).join(''), 'hex')

describe('a header', () => {
  it('is written as specified, and read back', () => {
    const bytes = Buffer.from(writeHeader(header))
    bytes.subarray(-32).fill(0)
    expect(bytes.toString('hex')).toBe(joined().toString('hex'))
    expect(parseHeader(joined(), limits)).toEqual({
      ...header,
      messageId: Buffer.from(header.messageId),
      legend: Buffer.from(header.legend),
      edks: [{ providerId: 'p', providerInfo: Buffer.of(1, 2), ciphertext: Buffer.of(3) }],
      bytes: joined(),
    })
  })

  it('counts no pairs where there are none', () => {
    const bytes = Buffer.from(writeHeader({ ...header, context: {} }))
    bytes.subarray(-32).fill(0)
    expect(bytes.toString('hex')).toBe(joined({ context: '0000' }).toString('hex'))
    expect(parseHeader(joined({ context: '0000' }), limits).context).toEqual({})
  })

  it.each<[string, Partial<typeof parts>]>([
    ['version 0', { start: `0001${'aa'.repeat(32)}` }],
    ['version 3', { start: `0301${'aa'.repeat(32)}` }],
    ['flavor 2', { start: `0202${'aa'.repeat(32)}` }],
    ['an unknown letter', { legend: '000178' }],
    ['an attribute of the context in version 1', { start: `0101${'aa'.repeat(32)}` }],
    ['a legend that is longer than all', { legend: 'ffff' }],
    ['pairs out of order', { context: '0002' + '000162' + '000132' + '000161' + '000131' }],
    ['a pair twice', { context: '0002' + '000161' + '000132' + '000161' + '000131' }],
    ['malformed UTF-8 in a key', { context: '0001' + '0001ff' + '000131' }],
    ['malformed UTF-8 in a value', { context: '0001' + '000161' + '0001ff' }],
    ['more pairs than there can be', { context: 'ffff' }],
    ['no encrypted data key', { edks: '00' }],
    ['a provider id that is no UTF-8', { edks: '01' + '0001ff' + '00020102' + '000103' }],
    ['an encrypted data key that is longer than all', { edks: '01' + '000170' + '00020102' + 'ffff03' }],
    ['a byte behind its end', { commitment: '00'.repeat(33) }],
  ])('is none with %s', (_what, changes) => {
    expect(() => parseHeader(joined(changes), limits)).toThrow()
  })

  it('is none where it is cut', () => {
    const bytes = joined()
    for (let length = 0; length < bytes.length; length += 1) expect(() => parseHeader(bytes.subarray(0, length), limits)).toThrow()
  })

  it('has at most as many encrypted data keys as the limit says', () => {
    const bytes = writeHeader({ ...header, edks: Array.from({ length: 17 }, (_, index) => edk(`p${index}`)) })
    expect(() => parseHeader(bytes, limits)).toThrow(expect.objectContaining({ code: 'LIMIT_EXCEEDED', option: 'maxEncryptedDataKeys' }))
    expect(parseHeader(bytes, { maxEncryptedDataKeys: 17 }).edks).toHaveLength(17)
  })

  it.each<[string, Partial<ItemHeader>]>([
    ['attributes', { legend: new Uint8Array(65_536).fill(SIGNED) }],
    ['bytes in an encrypted data key', { edks: [{ ...edk('p'), ciphertext: new Uint8Array(65_536) }] }],
  ])('holds no more %s than its lengths can say', (_what, change) => {
    expect(() => writeHeader({ ...header, ...change })).toThrow(expect.objectContaining({ code: 'LIMIT_EXCEEDED' }))
  })
})
