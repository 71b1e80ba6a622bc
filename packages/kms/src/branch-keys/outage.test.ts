import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DisableKeyCommand, EnableKeyCommand } from '@aws-sdk/client-kms'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type StoreLab, startStoreLab } from '../../test/store-lab.ts'
import type { KeyStore } from './key-store.ts'

const encryptionContext = { purpose: 'outages' }
let lab: StoreLab
let store: KeyStore
let branchKeyId: string
let version: string
beforeAll(async () => {
  lab = await startStoreLab()
  store = lab.store()
})
afterAll(() => lab[Symbol.asyncDispose]())
beforeEach(async () => {
  lab.dynamodb.faults.clear()
  lab.kms.faults.clear()
  ;({ branchKeyId, version } = await store.createKey({ encryptionContext }))
  lab.dynamodb.calls.reset()
  lab.waits.length = 0
})

const reads: Record<string, (of: KeyStore, signal?: AbortSignal) => Promise<unknown>> = {
  getActive: (of, signal) => of.getActive(branchKeyId, { signal }),
  getVersion: (of, signal) => of.getVersion(branchKeyId, version, { signal }),
  getBeaconKey: (of, signal) => of.getBeaconKey(branchKeyId, { signal }),
}
const writes: typeof reads = {
  createKey: (of, signal) => of.createKey({ encryptionContext, ...(signal && { signal }) }),
  versionKey: (of, signal) => of.versionKey(branchKeyId, { ...(signal && { signal }) }),
}
const tableOnly: typeof reads = {
  createTable: (of, signal) => of.createTable({ ...(signal && { signal }) }),
  describeKey: (of, signal) => of.describeKey(branchKeyId, { signal }),
  listKeysPage: (of, signal) => of.listKeysPage({ ...(signal && { signal }) }),
  listVersionsPage: (of, signal) => of.listVersionsPage(branchKeyId, { ...(signal && { signal }) }),
  shredKey: (of, signal) => of.shredKey(branchKeyId, { ...(signal && { signal }) }),
}
const withKms = Object.keys({ ...reads, ...writes })
const everything = { ...reads, ...writes, ...tableOnly }
const named = (name: string) => everything[name] as NonNullable<(typeof reads)[string]>

const classes = [
  ['throttles', 'KEY_TRANSIENT', (to: 'dynamodb' | 'kms') => lab[to].faults.throttle()],
  ['fails', 'KEY_TRANSIENT', (to: 'dynamodb' | 'kms') => lab[to].faults.outage('internal-error')],
  ['cannot be reached', 'KEY_TRANSIENT', (to: 'dynamodb' | 'kms') => lab[to].faults.outage('reset')],
  ['refuses the caller', 'KEY_OPERATIONAL', (to: 'dynamodb' | 'kms') => lab[to].faults.fail({ name: 'AccessDeniedException' })],
  ['finds the credentials expired', 'KEY_OPERATIONAL', (to: 'dynamodb' | 'kms') => lab[to].faults.fail({ name: 'ExpiredTokenException' })],
  ['says what nobody knows', 'KEY_OPERATIONAL', (to: 'dynamodb' | 'kms') => lab[to].faults.fail({ name: 'NobodyKnows' })],
] as const

describe('a key store while a service does not do its part', () => {
  it.each(Object.keys(everything).flatMap((operation) => classes.map(([what, code, start]) => ({ operation, what, code, start }))))(
    'says $code from $operation where DynamoDB $what',
    async ({ operation, code, start }) => {
      start('dynamodb')
      await expect(named(operation)(store)).rejects.toMatchObject({ name: 'KeyStoreError', code, tableName: 'keys' })
      lab.dynamodb.faults.clear()
      await named(operation)(store)
    },
  )

  it.each(withKms.flatMap((operation) => classes.map(([what, code, start]) => ({ operation, what, code, start }))))(
    'says $code from $operation where KMS $what, and writes nothing',
    async ({ operation, code, start }) => {
      start('kms')
      await expect(named(operation)(store)).rejects.toMatchObject({ name: 'KmsKeyError', code, keyId: lab.keyId })
      expect(lab.dynamodb.calls.count('TransactWriteItems')).toBe(0)
      lab.kms.faults.clear()
      await named(operation)(store)
    },
  )

  it.each(withKms)('says KEY_OPERATIONAL from %s where the KMS key is disabled', async (operation) => {
    await lab.kmsClient.send(new DisableKeyCommand({ KeyId: lab.keyId }))
    try {
      await expect(named(operation)(store)).rejects.toMatchObject({ code: 'KEY_OPERATIONAL', kmsCode: 'DisabledException' })
    } finally {
      await lab.kmsClient.send(new EnableKeyCommand({ KeyId: lab.keyId }))
    }
  })

  it('names the table that is not there, and what makes it', async () => {
    await expect(lab.store({ tableName: 'nowhere' }).getActive('x')).rejects.toMatchObject({
      code: 'KEY_OPERATIONAL',
      serviceCode: 'ResourceNotFoundException',
      requestId: expect.any(String),
      message: expect.stringContaining('createTable'),
    })
  })

  it.each(Object.keys(everything))('stops %s when it is told to, whoever is silent', async (operation) => {
    const services = withKms.includes(operation) ? (['dynamodb', 'kms'] as const) : (['dynamodb'] as const)
    for (const service of services) {
      const reason = new Error('enough')
      const controller = new AbortController()
      using fault = lab[service].faults.outage('silent')
      const call = named(operation)(store, controller.signal)
      const settled = expect(call).rejects.toBe(reason)
      while (fault.hits === 0) await new Promise((resolve) => setImmediate(resolve))
      controller.abort(reason)
      await settled
      await expect(named(operation)(store, AbortSignal.abort(reason))).rejects.toBe(reason)
    }
  })

  it('says KEY_TRANSIENT where the client stopped waiting', async () => {
    using _silent = lab.dynamodb.faults.outage('silent')
    const requestHandler = { requestTimeout: 50, throwOnRequestTimeout: true }
    const client = new DynamoDBClient({ ...lab.dynamodb.clientConfig, maxAttempts: 1, requestHandler })
    await expect(lab.store({ client }).getActive(branchKeyId)).rejects.toMatchObject({ code: 'KEY_TRANSIENT' })
    client.destroy()
  })

  it.each(['createKey', 'versionKey', 'shredKey'])(
    'takes a lost answer to the write of %s for done when it is sent again',
    async (operation) => {
      const client = new DynamoDBClient({ ...lab.dynamodb.clientConfig, maxAttempts: 3 })
      lab.dynamodb.faults.outage('lost-answer', { operations: ['TransactWriteItems'], times: 1 })
      await named(operation)(lab.store({ client }))
      expect(lab.dynamodb.calls.count('TransactWriteItems')).toBeGreaterThan(1)
      client.destroy()
    },
  )

  it('writes again, a little later, where another transaction was at the same item', async () => {
    const fault = lab.dynamodb.faults.cancelTransactions({ when: ({ index }) => index === 1, times: 3 })
    await store.versionKey(branchKeyId)
    expect([fault.hits, lab.waits]).toEqual([3, [20, 40, 80]])
    lab.dynamodb.faults.cancelTransactions({ code: 'TransactionConflict' })
    await expect(store.versionKey(branchKeyId)).rejects.toMatchObject({
      code: 'KEY_TRANSIENT',
      serviceCode: 'TransactionCanceledException',
    })
    expect(lab.waits).toEqual([20, 40, 80, 20, 40, 80, 160, 320])
  })

  it.each([
    ['KEY_TRANSIENT', 'ThrottlingError'],
    ['KEY_TRANSIENT', 'ProvisionedThroughputExceeded'],
    ['KEY_OPERATIONAL', 'ValidationError'],
    ['KEY_OPERATIONAL', 'ItemCollectionSizeLimitExceeded'],
  ])('says %s of a transaction that was cancelled for %s', async (code, reason) => {
    lab.dynamodb.faults.cancelTransactions({ code: reason })
    await expect(store.versionKey(branchKeyId)).rejects.toMatchObject({ code, message: expect.stringContaining(reason) })
  })
})
