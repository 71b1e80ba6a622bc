import { createHash, randomBytes } from 'node:crypto'
import { createEncryptionClient, generateAesKey, rawAesKeyring } from '@strongroom/core'
import { hierarchicalKeyring, staticKeyStore } from '@strongroom/kms'

/** What `main.ts` measures with. */
export interface Timing {
  /** Only rows whose name contains this. */
  readonly only: string
  readonly rounds: number
  batchOf(work: () => unknown): Promise<number>
  median(work: () => unknown, batch: number): Promise<number>
  middle(values: number[]): number
}

const TENANTS = [1, 100, 10_000]
const TARGET = 0.7

/**
 * 1 KiB messages under branch keys, warm and each with a data key of its own, as a share of the speed of the raw AES keyring: messages go to one
 * tenant after the other.
 */
export async function hierarchy({ only, rounds, batchOf, median, middle }: Timing): Promise<void> {
  const raw = createEncryptionClient({ keyring: rawAesKeyring({ namespace: 'bench', name: 'kek', key: generateAesKey() }), suite: '0478' })
  const plaintext = randomBytes(1024)
  for (const count of TENANTS) {
    const names = ['encrypt', 'decrypt'].map((verb) => `${verb} 1 KiB 0478 hierarchy, tenants ${count}`)
    if (!names.some((name) => name.includes(only))) continue
    const contexts = Array.from({ length: count }, (_, index) => Object.freeze({ tenant: `tenant-${index}` }))
    const branchKeys = contexts.map(({ tenant }) => ({ branchKeyId: tenant, version: versionOf(tenant), branchKey: randomBytes(32) }))
    const keyring = hierarchicalKeyring({
      keyStore: staticKeyStore(branchKeys),
      branchKeyId: ({ tenant }) => tenant,
      cache: { ttlMs: 3_600_000, maxEntries: 2 * count },
    })
    const client = createEncryptionClient({ keyring, suite: '0478' })
    const messages = await Promise.all(contexts.map((encryptionContext) => client.encrypt(plaintext, { encryptionContext })))
    const rawMessages = await Promise.all(contexts.map((encryptionContext) => raw.encrypt(plaintext, { encryptionContext })))
    const inTurn = (work: (index: number) => unknown) => {
      let next = 0
      return () => {
        next = (next + 1) % count
        return work(next)
      }
    }
    const contextOf = (index: number) => ({ encryptionContext: contexts[index] as { tenant: string } })
    const textOf = (made: typeof messages, index: number) => made[index]?.ciphertext as Uint8Array
    const works = [
      [inTurn((index) => client.encrypt(plaintext, contextOf(index))), inTurn((index) => raw.encrypt(plaintext, contextOf(index)))],
      [
        inTurn((index) => client.decrypt(textOf(messages, index), contextOf(index))),
        inTurn((index) => raw.decrypt(textOf(rawMessages, index), contextOf(index))),
      ],
    ] as const
    for (const [row, [ours, theirs]] of works.entries()) {
      const batch = await batchOf(ours)
      const pairs: (readonly [number, number])[] = []
      for (let round = 0; round < rounds; round += 1) pairs.push([await median(ours, batch), await median(theirs, batch)])
      const share = middle(pairs.map(([mine, other]) => other / mine))
      const time = middle(pairs.map(([mine]) => mine)) / 1000
      const verdict = count > 1 ? '' : share >= TARGET ? `  target (${TARGET}) met` : `  TARGET (${TARGET}) MISSED`
      console.log(`${names[row]?.padEnd(44)} ${time.toFixed(1).padStart(6)} us  ${share.toFixed(2)} of the raw AES keyring${verdict}`)
    }
  }
}

function versionOf(tenant: string): string {
  const hex = createHash('sha256').update(tenant).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
