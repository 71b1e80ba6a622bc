import { describe, expect, it } from 'vitest'
import { aesKeyring } from '../test/keyrings.ts'
import { memoryKms } from '../test/memory-kms.ts'
import type { StoredObject } from './decrypt-object.ts'
import { encryptObject } from './encrypt-object.ts'
import { type ObjectRangeSource, openObjectRanges } from './object-ranges.ts'

const keyring = aesKeyring()
const plaintext = Uint8Array.from({ length: 10_000 }, (_, at) => at % 251)
const FORBID = 'FORBID_ENCRYPT_ALLOW_DECRYPT'

function sourceOf({ body, metadata }: StoredObject<Uint8Array>, reads: [number, number][] = []): ObjectRangeSource {
  return {
    metadata,
    size: body.length,
    async read(start, end) {
      reads.push([start, end])
      return Uint8Array.from(body.subarray(start, end))
    },
  }
}

const places: [number, number | undefined][] = [
  [0, undefined],
  [0, 0],
  [0, 1],
  [999, 1001],
  [1000, 2000],
  [9999, 10_000],
  [9999, 20_000],
  [10_000, 20_000],
  [20_000, undefined],
  [-1, undefined],
  [-3000, -1000],
  [-20_000, 5],
  [5, 3],
]

describe('parts of an esdk object', () => {
  const options = { keyring, format: 'esdk', frameLength: 1000, encryptionContext: { tenant: 'blue' } } as const

  it('are read with the frames that hold them, and no permission', async () => {
    const reads: [number, number][] = []
    const ranges = await openObjectRanges(sourceOf(await encryptObject(plaintext, options), reads), {
      keyring,
      encryptionContext: { tenant: 'blue' },
    })
    expect(ranges).toMatchObject({
      authenticated: true,
      format: 'esdk',
      suite: '0478',
      keyId: 'kek',
      encryptionContext: { tenant: 'blue' },
    })
    reads.length = 0
    expect(Buffer.from(await ranges.read(4500, 5500)).equals(plaintext.subarray(4500, 5500))).toBe(true)
    expect(reads).toHaveLength(1)
    expect(reads.map(([start, end]) => end - start)).toEqual([2 * 1032])
    for (const [start, end] of places) expect(Buffer.from(await ranges.read(start, end)).equals(plaintext.subarray(start, end))).toBe(true)
    expect(await ranges.plaintextLength()).toBe(plaintext.length)
  })

  it('are verified: a change within the frames that are read is refused, and so is a cut where the end is read', async () => {
    const { body, metadata } = await encryptObject(plaintext, options)
    const context = { keyring, encryptionContext: { tenant: 'blue' } }
    const changed = Uint8Array.from(body)
    const at = body.length - 5000
    changed[at] = (changed[at] as number) ^ 1
    const ranges = await openObjectRanges(sourceOf({ body: changed, metadata }), context)
    await expect(ranges.read(4900, 5100)).rejects.toMatchObject({ code: 'MESSAGE_INVALID' })
    expect(Buffer.from(await ranges.read(0, 1000)).equals(plaintext.subarray(0, 1000))).toBe(true)
    // A whole frame less, so that what is left looks like a shorter object.
    const cut = await openObjectRanges(sourceOf({ body: body.subarray(0, -1032), metadata }), context)
    for (const [start, end] of [
      [0, undefined],
      [-1, undefined],
      [0, 20_000],
    ] as const)
      await expect(cut.read(start, end)).rejects.toMatchObject({ code: 'MESSAGE_INVALID' })
    await expect(cut.plaintextLength()).rejects.toMatchObject({ code: 'MESSAGE_INVALID' })
  })

  it('are refused where the message is signed, or not the context’s', async () => {
    const signed = await encryptObject(plaintext, { ...options, suite: '0578' })
    const context = { keyring, encryptionContext: { tenant: 'blue' } }
    await expect(openObjectRanges(sourceOf(signed), context)).rejects.toMatchObject({ code: 'SUITE_FORBIDDEN' })
    const object = await encryptObject(plaintext, options)
    await expect(openObjectRanges(sourceOf(object), { keyring, encryptionContext: { tenant: 'red' } })).rejects.toMatchObject({
      code: 'CONTEXT_MISMATCH',
    })
  })
})

describe.each([{}, { commitmentPolicy: FORBID } as const])('parts of an object under %j', (policy) => {
  it('need permission, before any key is used', async () => {
    const kms = memoryKms()
    const object = await encryptObject(plaintext, { keyring: kms, ...policy })
    kms.calls.length = 0
    await expect(openObjectRanges(sourceOf(object), { keyring: kms, ...policy })).rejects.toMatchObject({
      code: 'FORMAT_FORBIDDEN',
      option: 'unauthenticatedRanges',
      message: expect.stringContaining("format: 'esdk'"),
    })
    expect(kms.calls).toEqual([])
  })

  it('are read without the tag, wherever they are', async () => {
    const object = await encryptObject(plaintext, { keyring, ...policy })
    const reads: [number, number][] = []
    const ranges = await openObjectRanges(sourceOf(object, reads), { keyring, ...policy, unauthenticatedRanges: true })
    expect(ranges.authenticated).toBe(false)
    expect(await ranges.plaintextLength()).toBe(plaintext.length)
    for (const [start, end] of places) expect(Buffer.from(await ranges.read(start, end)).equals(plaintext.subarray(start, end))).toBe(true)
    expect(reads).toContainEqual([999, 1001])
    expect(Math.max(...reads.map(([, end]) => end))).toBe(plaintext.length)
  })

  it('are authenticated by nothing', async () => {
    const { body, metadata } = await encryptObject(plaintext, { keyring, ...policy })
    body[100] = (body[100] as number) ^ 1
    const ranges = await openObjectRanges(sourceOf({ body, metadata }), { keyring, ...policy, unauthenticatedRanges: true })
    expect((await ranges.read(100, 101))[0]).toBe((plaintext[100] as number) ^ 1)
  })

  it('of another key are refused where the key can be told, which is by the commitment and the wrap', async () => {
    const object = await encryptObject(plaintext, { keyring, ...policy })
    const other = { keyring: aesKeyring(), ...policy, unauthenticatedRanges: true }
    await expect(openObjectRanges(sourceOf(object), other)).rejects.toMatchObject({ code: 'MESSAGE_INVALID' })
    if (policy.commitmentPolicy !== undefined) return
    const forged = { ...object, metadata: { ...object.metadata, 'x-amz-d': Buffer.alloc(28, 1).toString('base64') } }
    await expect(openObjectRanges(sourceOf(forged), { keyring, unauthenticatedRanges: true })).rejects.toMatchObject({
      code: 'MESSAGE_INVALID',
    })
  })

  it('come piece by piece, and end where they are told to', async () => {
    const large = new Uint8Array(20_000_000).fill(7)
    const ranges = await openObjectRanges(sourceOf(await encryptObject(large, { keyring, ...policy })), {
      keyring,
      ...policy,
      unauthenticatedRanges: true,
    })
    const lengths: number[] = []
    for await (const piece of ranges.readPieces(1, 19_000_001)) {
      expect(piece.every((byte) => byte === 7)).toBe(true)
      lengths.push(piece.length)
    }
    expect([lengths.length, lengths.reduce((total, length) => total + length)]).toEqual([3, 19_000_000])
  })

  it('of a body that is shorter than it said, or than a tag, are refused', async () => {
    const { body, metadata } = await encryptObject(plaintext, { keyring, ...policy })
    const options = { keyring, ...policy, unauthenticatedRanges: true }
    const liar = { ...sourceOf({ body, metadata }), size: body.length + 100 }
    await expect((await openObjectRanges(liar, options)).read(0)).rejects.toMatchObject({ code: 'MESSAGE_INVALID' })
    const short = await openObjectRanges(sourceOf({ body: body.subarray(0, 15), metadata }), options)
    await expect(short.read(0)).rejects.toMatchObject({ code: 'MESSAGE_INVALID' })
  })
})

it('refuses what is no source, no place and no option', async () => {
  const object = await encryptObject(plaintext, { keyring })
  const options = { keyring, unauthenticatedRanges: true }
  for (const change of [{ size: -1 }, { size: '1' }, { read: undefined }, { metadata: undefined }])
    await expect(openObjectRanges({ ...sourceOf(object), ...change } as never, options)).rejects.toMatchObject({ code: 'INPUT_INVALID' })
  const ranges = await openObjectRanges(sourceOf(object), options)
  for (const place of [0.5, Number.NaN, '1', 2 ** 60]) {
    await expect(ranges.read(place as number)).rejects.toMatchObject({ code: 'INPUT_INVALID', option: 'start' })
    await expect(ranges.read(0, place as number)).rejects.toMatchObject({ code: 'INPUT_INVALID', option: 'end' })
  }
  await expect(ranges.read(0, 1, { signals: undefined } as never)).rejects.toMatchObject({ code: 'OPTION_INVALID' })
  await expect(ranges.read(0, 1, { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough')
})
