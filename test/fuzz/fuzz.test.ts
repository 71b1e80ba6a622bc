import { describe, expect, it } from 'vitest'
import type { CampaignReport } from './engine/campaign.ts'
import { fuzzSeed, runCampaign } from './engine/run-campaign.ts'
import { LIMIT, slow } from './slow.ts'
import { targetNames } from './targets/all.ts'

// How many of 50,000 inputs, or of a million, each target gets: what is cheap to try and can go wrong in many ways gets more.
const shares: Readonly<Record<string, number>> = {
  header: 13_000,
  message: 8_000,
  sealed: 10_000,
  'data keys': 4_000,
  'key files': 3_000,
  uris: 6_000,
  kms: 3_000,
  objects: 3_000,
}
const inputs = (target: string): number => (shares[target] as number) * (slow ? 20 : 1)

describe('of mutated inputs, found by what code they reach,', () => {
  it('there are 50,000 in an ordinary run, and a million in a slow one', () => {
    expect(Object.keys(shares)).toEqual(targetNames)
    expect(targetNames.reduce((total, name) => total + inputs(name), 0)).toBe(slow ? 1_000_000 : 50_000)
  })

  it.concurrent.each(targetNames)(
    'none opens, throws, hangs or takes what it should not: %s',
    async (target) => {
      const report = await runCampaign(target, { seed: fuzzSeed, inputs: inputs(target), guided: true })
      console.log(summary(target, report))
      expect(report.findings, `FUZZ_SEED=${fuzzSeed}`).toEqual([])
      expect(report.tried).toBe(inputs(target))
    },
    LIMIT,
  )
})

function summary(target: string, { tried, corpus, covered, mostSteps }: CampaignReport): string {
  return `fuzz ${target}: seed ${fuzzSeed}, ${tried} inputs, corpus ${corpus}, ${covered} characters of source reached, at most ${mostSteps} blocks an input`
}
