import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { createEncryptionClient } from '@strongroom/core'
import { hierarchicalKeyring } from '@strongroom/kms'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type Backend, startBackend } from './backend.ts'
import type { ReaderConfig, ReaderRequest } from './second-process-run.ts'

const TTL = 60_000
const GRACE = 30_000
const TEXT = 'two pairs of boots'

let backend: Backend
let child: ChildProcess
let message: string

beforeEach(async () => {
  backend = await startBackend(['blue'])
  const { dynamodb, kms, keyStore } = backend
  const config: ReaderConfig = {
    dynamodb: dynamodb.clientConfig,
    kms: kms.clientConfig,
    keyId: backend.keyId,
    tableName: keyStore.tableName,
    branchKeyId: 'blue',
    ttlMs: TTL,
    graceMs: GRACE,
  }
  child = fork(new URL('./second-process-run.ts', import.meta.url), [JSON.stringify(config)], {
    execArgv: ['--conditions=@strongroom/source'],
  })
  const writer = createEncryptionClient({ keyring: hierarchicalKeyring({ keyStore, branchKeyId: 'blue' }) })
  message = Buffer.from((await writer.encrypt(new TextEncoder().encode(TEXT))).ciphertext).toString('base64')
})
afterEach(async () => {
  child.kill()
  await backend[Symbol.asyncDispose]()
})

/** What the other process makes of the message, when its clock has moved on. */
async function readAfter(pass: number): Promise<unknown> {
  const answer = once(child, 'message')
  child.send({ pass, ciphertext: message } satisfies ReaderRequest)
  return (await answer)[0]
}

it('notices within its ttl that a branch key was shredded by another process', async () => {
  expect(await readAfter(0)).toBe(TEXT)
  await backend.keyStore.shredKey('blue')
  expect(await readAfter(TTL - 1)).toBe(TEXT)
  expect(await readAfter(1)).toBe('KEY_SHREDDED')
})

it('notices within its ttl and grace where the key store is out of reach, as the receipt says', async () => {
  expect(await readAfter(0)).toBe(TEXT)
  const receipt = await backend.keyStore.shredKey('blue', { heldFor: { ttlMs: TTL, graceMs: GRACE, cacheMaxAgeMs: 0 } })
  expect(Date.parse(receipt.othersMayDecryptUntil ?? '') - Date.parse(receipt.completedAt ?? '')).toBe(TTL + GRACE)
  backend.dynamodb.faults.outage('reset')
  expect(await readAfter(TTL)).toBe(TEXT)
  expect(await readAfter(GRACE - 1)).toBe(TEXT)
  expect(await readAfter(1)).toBe('KEY_TRANSIENT')
  backend.dynamodb.faults.clear()
  expect(await readAfter(0)).toBe('KEY_SHREDDED')
  backend.dynamodb.faults.outage('reset')
  expect(await readAfter(TTL)).toBe('KEY_TRANSIENT')
})
