import { describe, expect, it } from 'vitest'
import { createEncryptionClient } from '../client.ts'
import { multiKeyring } from '../keyrings/multi-keyring.ts'
import { rawAesKeyring } from '../keyrings/raw-aes-keyring.ts'
import { generateAesKey } from '../keys/aes-key.ts'
import { type Header, parseHeader } from './header.ts'
import { HeaderMemo } from './header-memo.ts'
import { TRUNCATED } from './message-invalid.ts'

const kek = (name: string) => rawAesKeyring({ namespace: 'test', name, key: generateAesKey() })
const keyring = multiKeyring({ generator: kek('one'), children: [kek('two')] })
const encryptionContext = { purpose: 'test', '\u{1f600}': 'astral', empty: '' }
const limits = { maxEncryptedDataKeys: 16 }

async function message(version: 1 | 2): Promise<Buffer> {
  const client = createEncryptionClient(
    version === 2 ? { keyring, suite: '0478' } : { keyring, suite: '0178', commitmentPolicy: 'FORBID_ENCRYPT_ALLOW_DECRYPT' },
  )
  return Buffer.from((await client.encrypt(new Uint8Array(10), { encryptionContext, frameLength: 4 })).ciphertext)
}

const v1 = await message(1)
const v2 = await message(2)

/** What came of parsing: the header, an error code, or TRUNCATED. */
function outcome(bytes: Uint8Array, memo?: HeaderMemo): Header | string | symbol {
  try {
    return parseHeader(bytes, limits, memo)
  } catch (error) {
    return error === TRUNCATED ? TRUNCATED : (error as { code: string }).code
  }
}

/** A message with some bytes replaced. */
function patched(bytes: Buffer, at: number, hex: string): Buffer {
  const copy = Buffer.from(bytes)
  copy.write(hex, at, 'hex')
  return copy
}

describe.each([
  [1, v1, 2 + 2 + 16, 16],
  [2, v2, 1 + 2 + 32, 32],
] as const)('a header of version %i', (version, bytes, contextAt, idLength) => {
  const header = parseHeader(bytes, limits)

  it('is read field by field', () => {
    expect(header.suite.id).toBe(version === 1 ? '0178' : '0478')
    expect(header.messageId).toHaveLength(idLength)
    expect({ ...header.context }).toEqual(encryptionContext)
    expect(
      header.edks.map(({ providerId, providerInfo }) => [providerId, Buffer.from(providerInfo).toString('latin1').slice(0, 3)]),
    ).toEqual([
      ['test', 'one'],
      ['test', 'two'],
    ])
    expect([header.framed, header.frameLength]).toEqual([true, 4])
    expect(header.commitKey?.length).toBe(version === 2 ? 32 : undefined)
    expect(header.body.length + (version === 1 ? 12 : 0) + 16).toBe(header.end)
    expect(Buffer.from(header.body).equals(bytes.subarray(0, header.body.length))).toBe(true)
  })

  it('needs all its bytes', () => {
    for (let length = 0; length < header.end; length += 1) expect(outcome(bytes.subarray(0, length))).toBe(TRUNCATED)
    expect(outcome(bytes.subarray(0, header.end))).toMatchObject({ end: header.end })
  })

  it('is copied where it reaches keyrings', () => {
    const copy = Buffer.from(bytes)
    const parsed = parseHeader(copy, limits)
    copy.fill(0)
    expect(parsed.edks).toEqual(header.edks)
    for (const { providerInfo, ciphertext } of parsed.edks) {
      for (const field of [providerInfo, ciphertext])
        expect([Buffer.isBuffer(field), field.buffer.byteLength]).toEqual([false, field.length])
    }
  })

  it.each<[string, number, string]>([
    ['another version', 0, '03'],
    ['version 0', 0, '00'],
    ['an unknown suite', version === 1 ? 2 : 1, 'ffff'],
    ['a suite of another format', version === 1 ? 2 : 1, '6700'],
    ['a suite of the other version', version === 1 ? 2 : 1, version === 1 ? '0478' : '0178'],
    ['a context count of zero', contextAt + 2, '0000'],
    ['a context count too high', contextAt + 2, 'ffff'],
    ['a context count one too low', contextAt + 2, '0002'],
    ['a key that leaves the context', contextAt + 4, 'fff0'],
    ['a context length one too short', contextAt, (header.context ? contextLength(bytes, contextAt) - 1 : 0).toString(16).padStart(4, '0')],
    ['no encrypted data keys', contextAt + 2 + contextLength(bytes, contextAt), '0000'],
    ['content type 0', contentTypeAt(), '00'],
    ['content type 3', contentTypeAt(), '03'],
    ['content type unframed with a frame length', contentTypeAt(), '01'],
    ['a frame length of zero', header.body.length - (version === 1 ? 4 : 36), '00000000'],
  ])('is refused with %s', (_what, at, hex) => {
    expect(outcome(patched(bytes, at, hex))).toBe('MESSAGE_INVALID')
  })

  function contentTypeAt(): number {
    return header.body.length - (version === 1 ? 10 : 37)
  }

  it('is refused for too many encrypted data keys as soon as they are counted', () => {
    const countAt = contextAt + 2 + contextLength(bytes, contextAt)
    const many = patched(bytes, countAt, 'ffff')
    expect(outcome(many)).toBe('LIMIT_EXCEEDED')
    expect(outcome(many.subarray(0, countAt + 2))).toBe('LIMIT_EXCEEDED')
  })
})

function contextLength(bytes: Buffer, at: number): number {
  return bytes.readUInt16BE(at)
}

describe('version 1', () => {
  const end = parseHeader(v1, limits).body.length

  it.each<[string, number, string]>([
    ['another type', 1, '00'],
    ['a reserved field that is not zero', end - 9, '00000001'],
    ['an IV length of 11', end - 5, '0b'],
    ['an IV length of 0', end - 5, '00'],
  ])('is refused with %s', (_what, at, hex) => {
    expect(outcome(patched(v1, at, hex))).toBe('MESSAGE_INVALID')
  })
})

describe('context text', () => {
  const at = v2.indexOf('purpose')

  it.each([
    ['overlong', 'c0af'],
    ['a surrogate', 'eda080'],
    ['a lone continuation', '80'],
    ['beyond the last code point', 'f4908080'],
  ])('that is no UTF-8 (%s) is refused', (_what, hex) => {
    expect(outcome(patched(v2, at, hex))).toBe('MESSAGE_INVALID')
  })

  it('may be U+FFFD itself', () => {
    const parsed = outcome(patched(v2, at, 'efbfbd'))
    expect(Object.keys((parsed as Header).context)).toContain('\ufffdpose')
  })

  it('may not repeat a key', () => {
    const twice = Buffer.from(v2)
    const other = twice.indexOf('empty')
    expect(other).toBeGreaterThan(0)
    // "empty" (5) and "purpose" (7) cannot be equal; so both become a key of 5 by moving two bytes of the longer into its value.
    twice.write('empty', at, 'latin1')
    twice.writeUInt16BE(5, at - 2)
    twice.writeUInt16BE(6, at + 5)
    expect(outcome(twice)).toBe('MESSAGE_INVALID')
  })

  it('may be called __proto__, and changes nothing by it', async () => {
    const client = createEncryptionClient({ keyring, suite: '0478' })
    const { ciphertext } = await client.encrypt(new Uint8Array(1), { encryptionContext: { 'nine-long': 'x' } })
    const named = Buffer.from(ciphertext)
    named.write('__proto__', named.indexOf('nine-long'), 'latin1')
    const { context } = outcome(named) as Header
    expect(Object.getPrototypeOf(context)).toBeNull()
    expect(Object.entries(context)).toEqual([['__proto__', 'x']])
  })
})

describe('the memory for headers', () => {
  it('answers what parsing answers, and the same objects for the same bytes', () => {
    const memo = new HeaderMemo()
    for (const bytes of [v1, v2]) {
      const first = parseHeader(bytes, limits, memo)
      const second = parseHeader(bytes, limits, memo)
      expect(second).toEqual(parseHeader(bytes, limits))
      expect(second.context).toBe(first.context)
      expect(second.edks).toBe(first.edks)
    }
  })

  it('never answers otherwise than parsing does, for any changed byte and any length', () => {
    for (const bytes of [v1, v2]) {
      const { end } = parseHeader(bytes, limits)
      const memo = new HeaderMemo()
      parseHeader(bytes, limits, memo)
      for (let at = 0; at < end; at += 1) {
        for (const mask of [1, 0x80, 0xff]) {
          const changed = Buffer.from(bytes)
          changed[at] = (changed[at] as number) ^ mask
          expect(outcome(changed, memo)).toEqual(outcome(changed))
        }
        expect(outcome(bytes.subarray(0, at), memo)).toEqual(outcome(bytes.subarray(0, at)))
      }
    }
  })

  it('keeps the limit on encrypted data keys', () => {
    const memo = new HeaderMemo()
    parseHeader(v2, limits, memo)
    expect(() => parseHeader(v2, { maxEncryptedDataKeys: 1 }, memo)).toThrowError(expect.objectContaining({ code: 'LIMIT_EXCEEDED' }))
  })

  it('hands out nothing that its receivers could change for the next one', () => {
    const memo = new HeaderMemo()
    parseHeader(v2, limits, memo)
    const { context, edks } = parseHeader(v2, limits, memo)
    expect(() => Object.assign(context, { more: 'x' })).toThrow(TypeError)
    expect(() => (edks as unknown[]).pop()).toThrow(TypeError)
    expect(() => Object.assign(edks[0] as object, { providerId: 'x' })).toThrow(TypeError)
  })

  it('forgets the oldest beyond its bound, and keeps no header that is long', async () => {
    const memo = new HeaderMemo()
    const first = parseHeader(v2, limits, memo)
    const client = createEncryptionClient({ keyring, suite: '0478' })
    for (let count = 0; count < 64; count += 1) {
      parseHeader((await client.encrypt(new Uint8Array(1), { encryptionContext: { count: String(count) } })).ciphertext, limits, memo)
    }
    expect(parseHeader(v2, limits, memo).context).not.toBe(first.context)
    const long = (await client.encrypt(new Uint8Array(1), { encryptionContext: { long: 'x'.repeat(3000) } })).ciphertext
    expect(parseHeader(long, limits, memo).context).not.toBe(parseHeader(long, limits, memo).context)
  })
})
