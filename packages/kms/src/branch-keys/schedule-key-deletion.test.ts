import { CancelKeyDeletionCommand, KMSClient, ScheduleKeyDeletionCommand } from '@aws-sdk/client-kms'
import { type EmbeddedKms, startEmbeddedKms, type TestClock, testClock } from '@strongroom/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { cannedClient } from '../../test/canned-client.ts'
import { kmsKey } from '../kms-key.ts'
import { type ScheduleKeyDeletionOptions, scheduleKeyDeletion } from './schedule-key-deletion.ts'

const ARN = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'
const DAY = 86_400_000
let kms: EmbeddedKms
let clock: TestClock
let client: KMSClient
beforeAll(async () => {
  clock = testClock()
  kms = await startEmbeddedKms({ clock })
  client = new KMSClient({ ...kms.clientConfig, maxAttempts: 1 })
})
afterAll(async () => {
  client.destroy()
  await kms.close()
})
beforeEach(() => {
  kms.faults.clear()
  kms.calls.reset()
})
const schedule = (keyId: string, options: Partial<ScheduleKeyDeletionOptions> = {}) =>
  scheduleKeyDeletion({ keyId, client, now: clock, ...options })
const iso = (milliseconds: number) => new Date(milliseconds).toISOString()

describe('scheduleKeyDeletion', () => {
  it('answers the waiting period and the day, from when on the key decrypts nothing', async () => {
    const keyId = kms.createKey()
    const key = kmsKey({ keyId, client })
    const { blob } = await key.generate(32, { a: '1' })
    expect(await schedule(keyId, { pendingWindowInDays: 7 })).toEqual({
      keyId,
      state: 'pending',
      alreadyScheduled: false,
      waitingPeriodInDays: 7,
      deletionDate: iso(clock() + 7 * DAY),
      replicas: [],
      requestedAt: iso(clock()),
    })
    await expect(key.decrypt(blob, { a: '1' })).rejects.toMatchObject({ code: 'KEY_OPERATIONAL', kmsCode: 'KMSInvalidStateException' })
  })

  it('takes 30 days where it is told nothing', async () => {
    expect(await schedule(kms.createKey())).toMatchObject({ waitingPeriodInDays: 30, deletionDate: iso(clock() + 30 * DAY) })
  })

  it('says on a dry run what would happen, and does nothing', async () => {
    const keyId = kms.createKey()
    expect(await schedule(keyId, { dryRun: true, pendingWindowInDays: 10 })).toMatchObject({
      state: 'intact',
      alreadyScheduled: false,
      waitingPeriodInDays: 10,
      deletionDate: iso(clock() + 10 * DAY),
    })
    expect(kms.calls.byOperation()).toEqual({ DescribeKey: 1 })
  })

  it('changes nothing of a deletion that is scheduled, and says what is left of its waiting period', async () => {
    const keyId = kms.createKey()
    const { deletionDate } = await schedule(keyId, { pendingWindowInDays: 20 })
    clock.advance(5 * DAY)
    for (const dryRun of [true, false])
      expect(await schedule(keyId, { pendingWindowInDays: 7, dryRun })).toMatchObject({
        state: 'pending',
        alreadyScheduled: true,
        waitingPeriodInDays: 15,
        deletionDate,
      })
    expect(kms.calls.count('ScheduleKeyDeletion')).toBe(1)
    await client.send(new CancelKeyDeletionCommand({ KeyId: keyId }))
    expect(await schedule(keyId)).toMatchObject({ alreadyScheduled: false })
  })

  it('names the replicas of a multi-Region key, without which the primary does not go', async () => {
    const keyId = kms.createKey(undefined, { multiRegion: true })
    const replica = kms.replicateKey(keyId, 'eu-west-1')
    const dry = await schedule(keyId, { dryRun: true })
    expect([dry.replicas, dry.deletionDate]).toEqual([[replica], undefined])
    const answers: Record<string, object> = {
      DescribeKey: {
        KeyMetadata: {
          Arn: ARN,
          KeyState: 'Enabled',
          MultiRegionConfiguration: { MultiRegionKeyType: 'PRIMARY', ReplicaKeys: [{ Arn: replica }] },
        },
      },
      ScheduleKeyDeletion: { KeyId: ARN, KeyState: 'PendingReplicaDeletion', PendingWindowInDays: 9 },
    }
    const { client: canned } = cannedClient(({ body }) => ({
      json: answers[body.PendingWindowInDays ? 'ScheduleKeyDeletion' : 'DescribeKey'] as object,
    }))
    const receipt = await schedule(ARN, { client: canned, pendingWindowInDays: 9 })
    expect(receipt).toMatchObject({ state: 'pending-replicas', replicas: [replica], waitingPeriodInDays: 9 })
    expect(receipt.deletionDate).toBeUndefined()
    answers.DescribeKey = { KeyMetadata: { Arn: ARN, KeyState: 'PendingReplicaDeletion', PendingDeletionWindowInDays: 9 } }
    expect(await schedule(ARN, { client: canned })).toMatchObject({
      state: 'pending-replicas',
      alreadyScheduled: true,
      waitingPeriodInDays: 9,
    })
  })

  it('refuses keys that AWS manages, before anything is done', async () => {
    const { client: canned, sent } = cannedClient({ json: { KeyMetadata: { Arn: ARN, KeyState: 'Enabled', KeyManager: 'AWS' } } })
    await expect(schedule(ARN, { client: canned })).rejects.toMatchObject({ code: 'KEY_OPERATIONAL', keyId: ARN })
    expect(sent).toHaveLength(1)
  })

  it.each([
    ['AccessDeniedException', 'KEY_OPERATIONAL'],
    ['NotFoundException', 'KEY_OPERATIONAL'],
    ['ThrottlingException', 'KEY_TRANSIENT'],
  ])('says of %s that it is %s', async (name, code) => {
    const keyId = kms.createKey()
    for (const operation of ['DescribeKey', 'ScheduleKeyDeletion']) {
      using _fault = kms.faults.fail({ name }, { operations: [operation] })
      await expect(schedule(keyId)).rejects.toMatchObject({ code, keyId, kmsCode: name })
    }
  })

  it('is held to the key that it named', async () => {
    const metadata = { Arn: ARN, KeyState: 'Enabled' }
    for (const json of [{}, { KeyMetadata: { ...metadata, Arn: `${ARN}x` } }, { KeyMetadata: metadata, KeyId: `${ARN}x` }]) {
      const { client: canned } = cannedClient({ json })
      await expect(schedule(ARN, { client: canned })).rejects.toMatchObject({ code: 'KEY_OPERATIONAL', keyId: ARN })
    }
  })

  it('stops when it is told to', async () => {
    const keyId = kms.createKey()
    const reason = new Error('enough')
    await expect(schedule(keyId, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    await client.send(new ScheduleKeyDeletionCommand({ KeyId: keyId }))
  })

  it.each([
    ['no key', {}],
    ['an alias', { keyId: 'alias/orders' }],
    ['too short a wait', { keyId: ARN, pendingWindowInDays: 6 }],
    ['too long a wait', { keyId: ARN, pendingWindowInDays: 31 }],
    ['an unknown option', { keyId: ARN, days: 7 }],
  ])('refuses %s', async (_what, options) => {
    await expect(scheduleKeyDeletion(options as never)).rejects.toMatchObject({ code: 'OPTION_INVALID' })
  })
})
