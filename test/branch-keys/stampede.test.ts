import { createEncryptionClient } from '@strongroom/core'
import { hierarchicalKeyring, tenantBranchKeys } from '@strongroom/kms'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { type Backend, startBackend } from './backend.ts'

const MESSAGES = 3000
const TENANTS = ['blue', 'red', 'green']
const plaintext = new TextEncoder().encode('one of many')

let backend: Backend

beforeAll(async () => {
  backend = await startBackend(TENANTS)
})
beforeEach(() => void backend.calls())
afterAll(() => backend[Symbol.asyncDispose]())

/** A client on a cold cache, as another process has one. Each message has a data key of its own. */
function newClient() {
  const tenants = tenantBranchKeys({ contextKey: 'tenant', keyStore: backend.keyStore, create: true })
  return createEncryptionClient({ keyring: hierarchicalKeyring({ ...tenants, cache: { ttlMs: 600_000 } }), suite: '0478' })
}

const contextOf = (index: number, names = TENANTS) => ({ encryptionContext: { tenant: names[index % names.length] as string } })
const many = <T>(work: (index: number) => Promise<T>) => Promise.all(Array.from({ length: MESSAGES }, (_, index) => work(index)))

it('makes three reads of DynamoDB and three calls of KMS for 3,000 decrypts over three tenants on a cold cache', async () => {
  const writer = newClient()
  const made = await many((index) => writer.encrypt(plaintext, contextOf(index)))
  expect(backend.calls()).toEqual({ GetItem: 3, Decrypt: 3 })
  const reader = newClient()
  const opened = await many((index) => reader.decrypt((made[index] as (typeof made)[0]).ciphertext, contextOf(index)))
  expect(opened).toHaveLength(MESSAGES)
  for (const each of opened) expect(each.plaintext).toEqual(plaintext)
  expect(backend.calls()).toEqual({ GetItem: 3, Decrypt: 3 })
})

it('makes one branch key a tenant for 3,000 first writes of three new tenants in ten processes', async () => {
  const fresh = ['first', 'second', 'third']
  const writers = Array.from({ length: 10 }, newClient)
  const made = await many((index) => (writers[index % 10] as (typeof writers)[0]).encrypt(plaintext, contextOf(index, fresh)))
  for (const tenant of fresh) expect((await backend.keyStore.listVersionsPage(tenant)).items).toHaveLength(1)
  const reader = newClient()
  const opened = await many((index) => reader.decrypt((made[index] as (typeof made)[0]).ciphertext, contextOf(index, fresh)))
  for (const each of opened) expect(each.plaintext).toEqual(plaintext)
})

it('serves a hundred tenants with one read of each', async () => {
  const names = Array.from({ length: 100 }, (_, index) => `tenant ${index}`)
  const writer = newClient()
  const made = await many((index) => writer.encrypt(plaintext, contextOf(index, names)))
  void backend.calls()
  const reader = newClient()
  await many((index) => reader.decrypt((made[index] as (typeof made)[0]).ciphertext, contextOf(index, names)))
  expect(backend.calls()).toEqual({ GetItem: 100, Decrypt: 100 })
})
