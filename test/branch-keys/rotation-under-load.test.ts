import { setTimeout as delay } from 'node:timers/promises'
import { createEncryptionClient, parseMessage } from '@strongroom/core'
import { hierarchicalKeyring } from '@strongroom/kms'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type StoreLab, startStoreLab } from '../../packages/kms/test/store-lab.ts'
import { slow } from '../fuzz/slow.ts'

const encryptionContext = { purpose: 'load' }
const branchKeyId = 'loaded'
const SECONDS = slow ? 60 : 5
/** Encryptions a second, and as many decryptions: of what was just written, and of what was written long ago. */
const RATE = 200
const BURSTS = 20

let lab: StoreLab
beforeAll(async () => {
  lab = await startStoreLab()
})
afterAll(() => lab[Symbol.asyncDispose]())

it(
  `loses nothing while the branch key is rotated every second for ${SECONDS} seconds`,
  async () => {
    await lab.store().createKey({ branchKeyId, encryptionContext })
    // Two processes: one rotates, the other learns of it when its keys expire.
    const keyring = hierarchicalKeyring({ keyStore: lab.store(), branchKeyId, cache: { ttlMs: 300 } })
    // Unsigned, so that the rate is one that two cores reach.
    const client = createEncryptionClient({ keyring, suite: '0478' })
    const operator = lab.store()
    const messages: { readonly ciphertext: Uint8Array; readonly plaintext: Uint8Array }[] = []
    const errors: unknown[] = []
    let opened = 0

    async function burst(): Promise<void> {
      const work = Array.from({ length: RATE / BURSTS }, async (_, index) => {
        const plaintext = new TextEncoder().encode(`record ${messages.length} ${index}`)
        const { ciphertext } = await client.encrypt(plaintext, { encryptionContext })
        messages.push({ ciphertext, plaintext })
        const one = index % 2 === 0 ? messages.at(-1) : messages[Math.floor(messages.length / 2)]
        await open(one as (typeof messages)[number])
      })
      for (const each of await Promise.allSettled(work)) if (each.status === 'rejected') errors.push(each.reason)
    }
    async function open({ ciphertext, plaintext }: (typeof messages)[number]): Promise<void> {
      const answer = await client.decrypt(ciphertext, { encryptionContext })
      if (Buffer.compare(answer.plaintext, plaintext) !== 0) throw new Error('another plaintext')
      opened += 1
    }

    let rotations = 0
    let loaded = true
    async function rotate(): Promise<void> {
      for (let next = Date.now(); loaded; next += 1000) {
        await operator.versionKey(branchKeyId)
        rotations += 1
        await delay(Math.max(0, next + 1000 - Date.now()))
      }
    }
    const rotating = rotate()
    for (let each = 0; each < SECONDS * BURSTS; each += 1) {
      const next = delay(1000 / BURSTS)
      await burst()
      await next
    }
    loaded = false
    await rotating
    expect(errors).toEqual([])
    expect([messages.length, opened]).toEqual([RATE * SECONDS, RATE * SECONDS])
    const versions: string[] = []
    for await (const { version } of operator.listVersions(branchKeyId)) versions.push(version)
    expect(versions).toHaveLength(rotations + 1)
    // The version stands behind salt and IV.
    const written = messages.map(({ ciphertext }) => parseMessage(ciphertext).encryptedDataKeys[0]?.ciphertext.subarray(28, 44))
    expect(new Set(written.map((version) => Buffer.from(version ?? []).toString('hex'))).size).toBeGreaterThan(SECONDS / 2)
    for (const message of messages) await open(message)
  },
  (SECONDS + 120) * 1000,
)
