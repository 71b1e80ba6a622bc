import { KMSClient } from '@aws-sdk/client-kms'
import { createEncryptionClient } from '@strongroom/core'
import { kmsKeyring } from '@strongroom/kms'
import { type EmbeddedKms, startEmbeddedKms } from '@strongroom/testing'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'

const MESSAGES = 3000
const encryptionContext = { purpose: 'stampede' }
const plaintext = new TextEncoder().encode('one of many')

let kms: EmbeddedKms
let kmsClient: KMSClient
let keyArn: string

beforeAll(async () => {
  kms = await startEmbeddedKms()
  kmsClient = new KMSClient(kms.clientConfig)
  keyArn = kms.createKey()
})
beforeEach(() => kms.calls.reset())
afterAll(async () => {
  kmsClient.destroy()
  await kms.close()
})

function client(cache: { maxMessages?: number } = {}) {
  const keyring = kmsKeyring({ generatorKeyId: keyArn, client: kmsClient })
  return createEncryptionClient({ keyring, suite: '0478', cache: { maxAgeMs: 600_000, ...cache } })
}

function many<T>(work: (index: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: MESSAGES }, (_, index) => work(index)))
}

it('makes one KMS call for 3,000 concurrent encrypts on a cold cache', async () => {
  const { encrypt } = client()
  const made = await many(() => encrypt(plaintext, { encryptionContext }))
  expect(made).toHaveLength(MESSAGES)
  expect(kms.calls.byOperation()).toEqual({ GenerateDataKey: 1 })
})

it('makes exactly three with maxMessages 1,000', async () => {
  const { encrypt } = client({ maxMessages: 1000 })
  await many(() => encrypt(plaintext, { encryptionContext }))
  expect(kms.calls.byOperation()).toEqual({ GenerateDataKey: 3 })
})

it('makes one KMS call for 3,000 concurrent decrypts of messages under one data key', async () => {
  const { encrypt } = client()
  const made = await many((index) => encrypt(new TextEncoder().encode(`message ${index}`), { encryptionContext }))
  kms.calls.reset()
  const { decrypt } = client()
  const opened = await many((index) => decrypt((made[index] as (typeof made)[0]).ciphertext, { encryptionContext }))
  expect(opened.map(({ plaintext: text }) => new TextDecoder().decode(text))).toEqual(made.map((_, index) => `message ${index}`))
  expect(kms.calls.byOperation()).toEqual({ Decrypt: 1 })
})

it('does not let an aborted caller fail the others', async () => {
  const { encrypt } = client()
  const controller = new AbortController()
  using _slow = kms.faults.latency(50)
  const aborted = encrypt(plaintext, { encryptionContext, signal: controller.signal })
  const others = Promise.all(Array.from({ length: 100 }, () => encrypt(plaintext, { encryptionContext })))
  controller.abort(new Error('changed my mind'))
  await expect(aborted).rejects.toThrow('changed my mind')
  await expect(others).resolves.toHaveLength(100)
  expect(kms.calls.byOperation()).toEqual({ GenerateDataKey: 1 })
})

it('shares a failure among those who waited and keeps none of it', async () => {
  const { encrypt } = client()
  const fault = kms.faults.fail({ name: 'AccessDeniedException' })
  const failed = await Promise.allSettled(Array.from({ length: 50 }, () => encrypt(plaintext, { encryptionContext })))
  expect(new Set(failed.map(({ status }) => status))).toEqual(new Set(['rejected']))
  expect(kms.calls.count('GenerateDataKey')).toBe(1)
  fault.release()
  await expect(encrypt(plaintext, { encryptionContext })).resolves.toBeDefined()
})
