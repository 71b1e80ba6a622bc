import { StrongroomError } from '@strongroom/core'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { FakeKeyStore } from '../test/fake-key-store.ts'
import { createBranchKeyCache } from './branch-key-cache.ts'
import type { BranchKey, BranchKeyStore } from './branch-keys/branch-key-store.ts'
import { cachedKeyStore } from './hierarchical-cached-store.ts'
import { announceShredded } from './shredded-keys.ts'

const numRuns = process.env.SLOW ? 5000 : 300
const [TTL, GRACE] = [1000, 500]
const transient = new StrongroomError('KEY_TRANSIENT', 'down')
const denied = new StrongroomError('KEY_OPERATIONAL', 'denied')

type Step = 'read' | 'write' | 'rotate' | 'break' | 'deny' | 'mend' | 'shred' | { readonly pass: number } | { readonly readOlder: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom<Step>('read', 'write') },
  { weight: 6, arbitrary: fc.record({ pass: fc.constantFrom(1, 100, 199, 400, 500, 799, 800, 999, 1000, 1500) }) },
  { weight: 3, arbitrary: fc.record({ readOlder: fc.nat({ max: 3 }) }) },
  { weight: 3, arbitrary: fc.constantFrom<Step>('rotate', 'break', 'mend') },
  { weight: 1, arbitrary: fc.constantFrom<Step>('deny', 'shred') },
)

/** The key store, with notes on what it answered and when. */
function noted(source: FakeKeyStore, now: () => number) {
  const answered: { readonly what: 'active' | 'version'; readonly version: string; readonly at: number }[] = []
  const failed: { readonly error: unknown; readonly at: number }[] = []
  const note = async (what: 'active' | 'version', key: Promise<BranchKey>) => {
    try {
      const answer = await key
      answered.push({ what, version: answer.version, at: now() })
      return answer
    } catch (error) {
      failed.push({ error, at: now() })
      throw error
    }
  }
  const store: BranchKeyStore = {
    getActive: (...call) => note('active', source.getActive(...call)),
    getVersion: (...call) => note('version', source.getVersion(...call)),
    getBeaconKey: (...call) => source.getBeaconKey(...call),
  }
  return { store, answered, failed }
}

it('serves no key past its time, none that was shredded, and fails nobody whose key store answers, in any order of events', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 10, maxLength: 40 }),
      fc.boolean(),
      fc.boolean(),
      async (steps, refreshAhead, announced) => {
        let now = 0
        let versions = 1
        let broken: unknown
        let shredded = false
        const source = new FakeKeyStore('blue')
        const { store, answered, failed } = noted(source, () => now)
        const cache = createBranchKeyCache({ now: () => now })
        const keys = cachedKeyStore(store, { ttlMs: TTL, graceMs: GRACE, refreshAhead, store: cache })

        const latest = () => answered.findLast((each) => each.what === 'active')?.version

        async function use(what: 'read' | 'write', ask: () => Promise<BranchKey>): Promise<void> {
          const known = latest()
          const outcome = await ask().then(
            ({ version, secret }) => {
              secret.dispose()
              return { version }
            },
            (error: unknown) => ({ error }),
          )
          if ('error' in outcome) {
            expect(broken !== undefined || shredded, 'fails only while the key store fails').toBe(true)
            return
          }
          const ofIt = answered.filter((each) => each.version === outcome.version && (what === 'read' || each.what === 'active'))
          const age = now - Math.max(...ofIt.map(({ at }) => at))
          // What a refresh brings is for the next one.
          if (what === 'write') expect([known, latest()]).toContain(outcome.version)
          if (what === 'write' || age < TTL) expect(age).toBeLessThan(TTL)
          else {
            expect(age).toBeLessThan(TTL + GRACE)
            expect(failed.some(({ error, at }) => error === transient && at >= now - age)).toBe(true)
          }
          if (shredded) expect(announced, 'nothing is served once it is announced').toBe(false)
        }

        for (const each of steps) {
          if (each === 'read') await use('read', () => keys.getVersion('blue', FakeKeyStore.version('blue', versions)))
          else if (each === 'write') await use('write', () => keys.getActive('blue'))
          else if (each === 'rotate') {
            if (!shredded) source.rotate('blue')
            if (!shredded) versions += 1
          } else if (each === 'shred') {
            source.shred('blue')
            shredded = true
            if (announced) announceShredded('blue')
          } else if (each === 'mend' || each === 'break' || each === 'deny') {
            broken = { mend: undefined, break: transient, deny: denied }[each]
            source.fail(broken as Error | undefined)
          } else if ('pass' in each) now += each.pass
          else await use('read', () => keys.getVersion('blue', FakeKeyStore.version('blue', (each.readOlder % versions) + 1)))
          await new Promise((resolve) => setImmediate(resolve))
        }
        cache.clear()
        expect(source.secrets.every(({ disposed }) => disposed)).toBe(true)
      },
    ),
    { numRuns },
  )
})
