import { describe, expect, it } from 'vitest'
import { campaign } from './campaign.ts'
import { mutateBytes } from './mutate-bytes.ts'
import { SeededRandom } from './random.ts'
import { runCampaign } from './run-campaign.ts'
import { type InputValue, readInput, showInput, type Target } from './target.ts'

/** A target of a few bytes that does something for the byte 0xff at the start. */
function targetOf(run: (bytes: Uint8Array) => Promise<string | undefined>): Target {
  const target: Target<Uint8Array> = {
    name: 'test',
    seeds: () => [Buffer.from('seed of bytes')],
    mutate: (input, other, random) => mutateBytes(input, other, random),
    run: async (bytes) => (bytes[0] === 0xff ? await run(bytes) : undefined),
  }
  return target as unknown as Target
}
const options = { seed: 1, inputs: 30_000, guided: false }
let kept: unknown

describe('a campaign', () => {
  it('finds what a target answers and what it throws, and shows the input', async () => {
    for (const run of [async () => 'wrong', () => Promise.reject(new Error('wrong'))]) {
      const { findings, tried } = await campaign(targetOf(run), options)
      expect(tried).toBeGreaterThan(1)
      expect(findings.length).toBeGreaterThan(0)
      for (const { what, input } of findings) {
        expect(what).toContain('wrong')
        expect((readInput(input) as Uint8Array)[0]).toBe(0xff)
      }
    }
  })

  it('finds what takes memory by a number instead of by its size, in the heap and outside', async () => {
    const takes: (() => unknown)[] = [() => new Uint8Array(2 ** 26), () => Array.from({ length: 2 ** 22 }, (_, index) => index / 3)]
    for (const take of takes) {
      kept = undefined
      const { findings } = await campaign(
        targetOf(async () => {
          kept ??= take()
          return undefined
        }),
        options,
      )
      expect(findings[0]?.what).toMatch(/^took \d{8,} bytes/)
      expect(kept).toBeDefined()
    }
  })

  it('finds nothing in a target that is as it must be, and tries as many inputs as it is told', async () => {
    const report = await campaign(
      targetOf(async () => undefined),
      options,
    )
    expect([report.tried, report.findings]).toEqual([options.inputs, []])
  })

  it('tries the same inputs for the same seed, and others for another', async () => {
    const inputsOf = async (seed: number): Promise<readonly string[]> => {
      const inputs: string[] = []
      await campaign(
        targetOf(async () => undefined),
        { seed, inputs: 500, guided: false },
        (input) => inputs.push(input),
      )
      return inputs
    }
    const first = await inputsOf(7)
    expect(new Set(first).size).toBeGreaterThan(400)
    expect(await inputsOf(7)).toEqual(first)
    expect(await inputsOf(8)).not.toEqual(first)
  })
})

describe('a campaign in a thread', () => {
  const module = new URL('stuck-worker.ts', import.meta.url)

  it.each([
    // Long enough for the thread to start: it would loop for ever.
    ['loops', 'hangs', 3_000],
    ['waits', 'never settles', 60_000],
    ['exhausts', 'ended the thread', 60_000],
    ['fails', 'the target does not load', 60_000],
  ])('that %s is a finding with the input under way', async (target, what, hangingMs) => {
    const report = await runCampaign(target, options, { module, hangingMs })
    expect(report.findings).toEqual([{ what: expect.stringContaining(what), input: `"${target}"` }])
    expect(report.tried).toBe(7)
  })
})

describe('an input as text', () => {
  it('is read back as it was', () => {
    const input: InputValue = { bytes: Buffer.from([0, 255]), rows: [[Buffer.alloc(0)], []], text: 'é\0"', number: 7, nested: { is: true } }
    expect(readInput(showInput(input))).toEqual(input)
  })
})

describe('the generator', () => {
  it('stays within its bounds, and reaches all of them', () => {
    const random = new SeededRandom(3)
    const seen = new Set(Array.from({ length: 500 }, () => random.below(10)))
    expect([...seen].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(random.bytes(1000).some((byte) => byte > 250)).toBe(true)
  })
})
