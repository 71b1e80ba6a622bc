import { expect, it } from 'vitest'
import { type BodyPart, cutParts } from './cut-parts.ts'

async function* body(...lengths: number[]): AsyncGenerator<Uint8Array, void, undefined> {
  let next = 0
  for (const length of lengths) yield Uint8Array.from({ length }, () => next++ % 256)
}

async function cut(parts: AsyncIterable<BodyPart>): Promise<[number, boolean][]> {
  const sizes: [number, boolean][] = []
  let next = 0
  for await (const { number, data, isLast } of parts) {
    sizes.push([data.length, isLast])
    expect(number).toBe(sizes.length)
    for (const byte of data) expect(byte).toBe(next++ % 256)
  }
  return sizes
}

it('parts are of one size but for the last, however the body comes', async () => {
  for (const lengths of [[25], [10, 10, 5], [1, 24], [9, 2, 9, 5], [0, 25, 0]]) {
    expect(await cut(cutParts(body(...lengths), 10, undefined))).toEqual([
      [10, false],
      [10, false],
      [5, true],
    ])
  }
})

it('the last part is never empty where there is another', async () => {
  expect(await cut(cutParts(body(20), 10, 20))).toEqual([
    [10, false],
    [10, true],
  ])
  expect(await cut(cutParts(body(20), 10, undefined))).toEqual([
    [10, false],
    [10, true],
  ])
})

it('a part has memory of its own, and a short body no more than it needs', async () => {
  const parts: Uint8Array[] = []
  for await (const { data } of cutParts(body(25), 10, 25)) parts.push(data)
  expect(new Set(parts.map(({ buffer }) => buffer)).size).toBe(3)
  expect(parts.map(({ buffer }) => buffer.byteLength)).toEqual([10, 10, 5])
})

it('ten thousand parts are cut, and not one more', async () => {
  expect(await cut(cutParts(body(10_000), 1, undefined))).toHaveLength(10_000)
  let seen = 0
  const cutting = async (): Promise<void> => {
    for await (const { number } of cutParts(body(10_001), 1, undefined)) seen = number
  }
  await expect(cutting()).rejects.toMatchObject({ code: 'OBJECT_TOO_LARGE', option: 'partSize' })
  expect(seen).toBe(10_000)
})
