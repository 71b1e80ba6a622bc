import { describe, expect, it } from 'vitest'
import type { Envelope } from './envelope.ts'
import { instructionEnvelope, placeEnvelope, splitEnvelope, wholeEnvelope } from './read-envelope.ts'

const LIMIT = 65_536
const base64 = (length: number, fill = 7): string => Buffer.alloc(length, fill).toString('base64')

type Metadata = Record<string, string>
const v1: Metadata = { 'x-amz-key': base64(48), 'x-amz-iv': base64(16), 'x-amz-matdesc': '{}' }
const v2: Metadata = {
  'x-amz-key-v2': base64(60),
  'x-amz-iv': base64(12),
  'x-amz-wrap-alg': 'AES/GCM',
  'x-amz-cek-alg': 'AES/GCM/NoPadding',
  'x-amz-tag-len': '128',
  'x-amz-matdesc': '{}',
}
const binding: Metadata = { 'x-amz-c': '115', 'x-amz-d': base64(28), 'x-amz-i': base64(28) }
const wrapped: Metadata = { 'x-amz-3': base64(60), 'x-amz-w': '02', 'x-amz-m': '{}' }
const v3: Metadata = { ...binding, ...wrapped }

/** Reads an envelope wherever it is. */
function read(metadata: Metadata, file?: Metadata | string): Envelope {
  const placement = placeEnvelope(metadata, LIMIT)
  if (placement.kind === 'esdk') throw new Error('esdk')
  const body = Buffer.from(typeof file === 'string' ? file : JSON.stringify(file ?? {}))
  if (placement.kind === 'whole') return wholeEnvelope(placement.entries)
  if (file === undefined) throw new Error(`in a file: ${placement.kind}`)
  return placement.kind === 'split' ? splitEnvelope(placement.entries, body, LIMIT) : instructionEnvelope(body, LIMIT)
}

function without(metadata: Metadata, ...names: string[]): Metadata {
  return Object.fromEntries(Object.entries(metadata).filter(([name]) => !names.includes(name)))
}

function refusal(metadata: Metadata, file?: Metadata | string): unknown {
  try {
    return { format: read(metadata, file).format }
  } catch (error) {
    return (error as { code?: string }).code ?? (error as Error).message
  }
}

describe('an envelope', () => {
  it.each([
    ['v1', v1],
    ['v2', v2],
    ['v3', v3],
  ] as const)('of %s is told by its entries', (format, metadata) => {
    expect(read(metadata).format).toBe(format)
    expect(read({ ...metadata, 'x-amz-unencrypted-content-length': '5', 'x-amz-unencrypted-content-md5': 'x', color: 'red' }).format).toBe(
      format,
    )
  })

  it.each([
    ['v1', {}, v1],
    ['v2', { 'x-amz-unencrypted-content-length': '5' }, v2],
    ['v3', binding, wrapped],
  ] as const)('of %s may be in an instruction file', (format, metadata, file) => {
    expect(read(metadata, file).format).toBe(format)
    expect(read(metadata, { ...file, 'x-amz-crypto-instr-file': '', note: 'of somebody' }).format).toBe(format)
  })

  it('is told whatever the case of its names', () => {
    const upper = Object.fromEntries(Object.entries(v3).map(([name, value]) => [name.toUpperCase(), value]))
    expect(read(upper)).toEqual(read(v3))
    expect(refusal({ ...v3, 'X-Amz-3': base64(60) })).toBe('MESSAGE_INVALID')
  })

  it('lacks what may be lacking', () => {
    expect(read(without(v1, 'x-amz-matdesc')).description).toEqual({})
    expect(read(without(v2, 'x-amz-matdesc', 'x-amz-tag-len')).description).toEqual({})
    expect(read(without(v3, 'x-amz-m')).description).toEqual({})
    expect(read({ ...v3, 'x-amz-m': '{"a":"b"}', 'x-amz-t': '' }).description).toEqual({ a: 'b' })
    expect(read({ ...v3, 'x-amz-w': '12', 'x-amz-m': '', 'x-amz-t': '{"a":"b"}' }).description).toEqual({ a: 'b' })
  })

  it('that is a message is told by the format, which goes with no other entry', () => {
    expect(placeEnvelope({ 'strongroom-format': 'esdk', color: 'red' }, LIMIT)).toEqual({ kind: 'esdk' })
    expect(refusal({ 'strongroom-format': 'other' })).toBe('MESSAGE_INVALID')
    for (const metadata of [v1, v2, v3, binding]) expect(refusal({ ...metadata, 'strongroom-format': 'esdk' })).toBe('MESSAGE_INVALID')
  })

  it('that is nowhere may be in a file', () => {
    for (const metadata of [{}, { color: 'red' }, { 'x-amz-unencrypted-content-length': '5' }]) {
      expect(placeEnvelope(metadata, LIMIT)).toEqual({ kind: 'elsewhere' })
    }
  })
})

describe('a set of entries that is of no format, or of two, is refused', () => {
  const others: [string, Metadata][] = [
    ['V3’s algorithm on a V2 object', { ...v2, 'x-amz-c': '115' }],
    ['V3’s algorithm on a V1 object', { ...v1, 'x-amz-c': '115' }],
    ...(['x-amz-d', 'x-amz-i', 'x-amz-3', 'x-amz-w', 'x-amz-t', 'x-amz-m'] as const).flatMap((name): [string, Metadata][] => [
      [`${name} on a V2 object`, { ...v2, [name]: v3[name] ?? '{}' }],
      [`${name} on a V1 object`, { ...v1, [name]: v3[name] ?? '{}' }],
    ]),
    ['two wrapped data keys', { ...v1, ...v2 }],
    ['two others', { ...v2, ...v3 }],
    ['V2 that was renamed to V1', { ...without(v2, 'x-amz-key-v2'), 'x-amz-key': v2['x-amz-key-v2'] as string }],
    ['V2’s IV on a V3 object', { ...v3, 'x-amz-iv': base64(12) }],
    ['a description alone', { 'x-amz-matdesc': '{}' }],
    ['an IV alone', { 'x-amz-iv': base64(12) }],
    ['V3 in a file with a part of what belongs there', { ...binding, 'x-amz-w': '02' }],
  ]
  it.each(others)('%s', (_what, metadata) => {
    expect(refusal(metadata, wrapped)).toBe('MESSAGE_INVALID')
  })

  const needed: [string, Metadata, string[]][] = [
    ['v1', v1, ['x-amz-key', 'x-amz-iv']],
    ['v2', v2, ['x-amz-key-v2', 'x-amz-iv', 'x-amz-wrap-alg', 'x-amz-cek-alg']],
    ['v3', v3, ['x-amz-c', 'x-amz-d', 'x-amz-i', 'x-amz-3', 'x-amz-w']],
  ]
  it.each(needed)('%s without one that it needs', (_format, metadata, names) => {
    for (const name of names) {
      expect([name, refusal(without(metadata, name))]).toEqual([name, 'MESSAGE_INVALID'])
      expect([name, refusal({ ...metadata, [name]: '' })]).toEqual([name, 'MESSAGE_INVALID'])
    }
  })
})

describe('an instruction file', () => {
  it.each(['x-amz-c', 'x-amz-d', 'x-amz-i'])('with %s is refused, with the object’s own value too', (name) => {
    const value = binding[name] as string
    expect(refusal(binding, { ...wrapped, [name]: value })).toBe('MESSAGE_INVALID')
    expect(refusal(binding, { ...wrapped, [name.toUpperCase()]: value })).toBe('MESSAGE_INVALID')
    expect(refusal(without(binding, name), { ...wrapped, [name]: value })).toBe('MESSAGE_INVALID')
    expect(refusal({}, { ...v2, [name]: value })).toBe('MESSAGE_INVALID')
  })

  it('that holds all of V3 is refused', () => {
    expect(refusal({}, v3)).toBe('MESSAGE_INVALID')
    expect(refusal({}, wrapped)).toBe('MESSAGE_INVALID')
  })

  it('of another format than its object is refused', () => {
    for (const file of [v1, v2, { ...wrapped, ...v1 }, { ...wrapped, 'x-amz-iv': base64(12) }])
      expect(refusal(binding, file)).toBe('MESSAGE_INVALID')
  })

  it('with an entry of a later time is refused', () => {
    for (const name of ['x-amz-4', 'X-AMZ-3', 'x-amz-', 'strongroom-format', 'Strongroom-x']) {
      expect([name, refusal(binding, { ...wrapped, [name]: 'x' })]).toEqual([name, 'MESSAGE_INVALID'])
    }
  })

  it.each(['', '{}', '[]', 'null', '{"x-amz-3":1}', '{"x-amz-3":"a","x-amz-3":"a"}', '<html>'])('of %j is refused', (file) => {
    expect(refusal(binding, file)).toBe('MESSAGE_INVALID')
    expect(refusal({}, file)).toBe('MESSAGE_INVALID')
  })

  it('that is no UTF-8 is refused', () => {
    const { entries } = placeEnvelope(binding, LIMIT) as { entries: ReadonlyMap<string, string> }
    expect(() => splitEnvelope(entries, Buffer.from([0x7b, 0xff, 0x7d]), LIMIT)).toThrowError(
      expect.objectContaining({ code: 'MESSAGE_INVALID' }),
    )
  })

  it('that is too long is not read', () => {
    const { entries } = placeEnvelope(binding, LIMIT) as { entries: ReadonlyMap<string, string> }
    const file = Buffer.from(JSON.stringify(wrapped))
    expect(() => splitEnvelope(entries, file, file.length - 1)).toThrowError(
      expect.objectContaining({ code: 'LIMIT_EXCEEDED', option: 'maxEnvelopeBytes' }),
    )
    expect(splitEnvelope(entries, file, file.length).format).toBe('v3')
  })
})

describe('values', () => {
  const wrong: [string, Metadata][] = [
    ...[0, 27, 29, 32, 56].map((length): [string, Metadata] => [`a commitment of ${length} bytes`, { ...v3, 'x-amz-d': base64(length) }]),
    ...[0, 27, 29].map((length): [string, Metadata] => [`a message id of ${length} bytes`, { ...v3, 'x-amz-i': base64(length) }]),
    ['a message id of zeros', { ...v3, 'x-amz-i': base64(28, 0) }],
    ...['114', '0115', ' 115', '115 ', '72', 'AES/GCM/NoPadding'].map((value): [string, Metadata] => [
      `algorithm ${value}`,
      { ...v3, 'x-amz-c': value },
    ]),
    ...['01', '11', '21', '2', '002', 'AES/GCM', 'kms', '__proto__'].map((value): [string, Metadata] => [
      `V3 wrap ${value}`,
      { ...v3, 'x-amz-w': value },
    ]),
    ...['', 'aes/gcm', 'KMS', '02', 'RSA-OAEP-SHA256', 'constructor'].map((value): [string, Metadata] => [
      `V2 wrap ${value}`,
      { ...v2, 'x-amz-wrap-alg': value },
    ]),
    ...['115', 'AES/CTR/NoPadding', 'aes/gcm/nopadding', ''].map((value): [string, Metadata] => [
      `content ${value}`,
      { ...v2, 'x-amz-cek-alg': value },
    ]),
    ...['96', '16', '0128', '128.0', ''].map((value): [string, Metadata] => [`tag length ${value}`, { ...v2, 'x-amz-tag-len': value }]),
    ...[0, 11, 13, 16].map((length): [string, Metadata] => [`an IV of ${length} bytes with GCM`, { ...v2, 'x-amz-iv': base64(length) }]),
    ['an IV of GCM with V1', { ...v1, 'x-amz-iv': base64(12) }],
    ['CBC under a wrap that is never used with it', { ...v2, 'x-amz-cek-alg': 'AES/CBC/PKCS5Padding', 'x-amz-iv': base64(16) }],
    ['base64 without padding', { ...v3, 'x-amz-3': base64(61).replace(/=+$/, '') }],
    ['base64 with stray bits', { ...v3, 'x-amz-3': `${base64(1).slice(0, 1)}B==` }],
    ['base64 of URLs', { ...v3, 'x-amz-3': '-_-_' }],
    ['base64 with a blank', { ...v3, 'x-amz-3': ` ${base64(60)}` }],
    ['a description that is no JSON', { ...v3, 'x-amz-m': 'a' }],
    ['a context that is no map', { ...v3, 'x-amz-w': '12', 'x-amz-t': '{"a":1}' }],
  ]
  it.each(wrong)('%s is refused', (_what, metadata) => {
    expect(refusal(metadata)).toBe('MESSAGE_INVALID')
  })

  it('of legacy envelopes are known', () => {
    for (const wrap of ['kms', 'AESWrap', 'AES', 'RSA', 'RSA/ECB/OAEPWithSHA-256AndMGF1Padding']) {
      for (const content of [{}, { 'x-amz-cek-alg': 'AES/CBC/PKCS5Padding', 'x-amz-iv': base64(16) }]) {
        expect(read({ ...v2, 'x-amz-wrap-alg': wrap, ...content }).wrap).toMatchObject({ name: wrap, legacy: true })
      }
    }
  })

  it('that are too long together are not read', () => {
    const total = Object.entries(v3).reduce((length, [name, value]) => length + name.length + value.length, 0)
    expect(() => placeEnvelope(v3, total - 1)).toThrowError(expect.objectContaining({ code: 'LIMIT_EXCEEDED', option: 'maxEnvelopeBytes' }))
    expect(placeEnvelope({ ...v3, color: 'red'.repeat(1000) }, total)).toMatchObject({ kind: 'whole' })
  })

  it('stay out of errors', () => {
    for (const [, metadata] of wrong) {
      for (const value of Object.values(metadata)) {
        if (value.length > 12)
          expect(() => read(metadata)).toThrowError(expect.not.objectContaining({ message: expect.stringContaining(value) }))
      }
    }
  })
})
