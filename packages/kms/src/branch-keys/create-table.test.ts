import { CreateTableCommand, DescribeContinuousBackupsCommand, DescribeTableCommand } from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type StoreLab, startStoreLab } from '../../test/store-lab.ts'

let lab: StoreLab
beforeAll(async () => {
  lab = await startStoreLab()
})
afterAll(() => lab[Symbol.asyncDispose]())
beforeEach(() => {
  lab.dynamodb.faults.clear()
  lab.dynamodb.calls.reset()
  lab.waits.length = 0
})

describe('createTable', () => {
  it('makes a table on demand, and leaves one that is there as it is', async () => {
    const store = lab.store({ tableName: 'first' })
    const made = await store.createTable()
    const { Table } = await lab.table.send(new DescribeTableCommand({ TableName: 'first' }))
    expect(made).toEqual({ tableName: 'first', tableArn: Table?.TableArn, created: true, deletionProtection: false })
    expect(Table?.BillingModeSummary?.BillingMode).toBe('PAY_PER_REQUEST')
    expect(Table?.KeySchema).toEqual([
      { AttributeName: 'branch-key-id', KeyType: 'HASH' },
      { AttributeName: 'type', KeyType: 'RANGE' },
    ])
    expect(await store.createTable()).toEqual({ ...made, created: false })
    expect(lab.dynamodb.calls.count('CreateTable')).toBe(1)
    expect(lab.dynamodb.calls.count('UpdateTable')).toBe(0)
  })

  it('protects the table and turns recovery on when told to, of a new one and of one that is there', async () => {
    const options = { deletionProtection: true, pointInTimeRecovery: true }
    for (const tableName of ['keys', 'protected']) {
      expect(await lab.store({ tableName }).createTable(options)).toMatchObject({ tableName, ...options })
      const { ContinuousBackupsDescription } = await lab.table.send(new DescribeContinuousBackupsCommand({ TableName: tableName }))
      expect(ContinuousBackupsDescription?.PointInTimeRecoveryDescription?.PointInTimeRecoveryStatus).toBe('ENABLED')
    }
    expect(lab.dynamodb.calls.byOperation()).toMatchObject({ CreateTable: 1, UpdateTable: 1, UpdateContinuousBackups: 2 })
    expect(await lab.store().createTable(options)).toMatchObject({ created: false, ...options })
    expect(lab.dynamodb.calls.byOperation()).toMatchObject({ UpdateTable: 1, UpdateContinuousBackups: 2 })
  })

  it('refuses a table with other keys', async () => {
    await lab.table.send(
      new CreateTableCommand({
        TableName: 'orders',
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [{ AttributeName: 'branch-key-id', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'branch-key-id', KeyType: 'HASH' }],
      }),
    )
    const tableName = 'orders'
    await expect(lab.store({ tableName }).createTable()).rejects.toMatchObject({ code: 'KEY_STORE_TABLE_INVALID', tableName })
  })

  it('makes one table for callers that race', async () => {
    const made = await Promise.all(Array.from({ length: 8 }, () => lab.store({ tableName: 'raced' }).createTable()))
    expect(made.filter(({ created }) => created)).toHaveLength(1)
  })

  it('waits for the table, and for its recovery to be ready', async () => {
    let looks = 0
    const client = {
      send: async (command: { constructor: { name: string } }) => {
        const answer = await lab.table.send(command as never)
        if (command.constructor.name !== 'DescribeTableCommand') return answer
        looks += 1
        return looks <= 3 ? { Table: { ...(answer as { Table: object }).Table, TableStatus: 'CREATING' } } : answer
      },
    }
    lab.dynamodb.faults.fail({ name: 'ContinuousBackupsUnavailableException' }, { operations: ['UpdateContinuousBackups'], times: 2 })
    const store = lab.store({ client: client as never, tableName: 'slow' })
    expect(await store.createTable({ pointInTimeRecovery: true })).toMatchObject({ created: true, pointInTimeRecovery: true })
    expect(lab.waits).toEqual([1000, 1000, 1000, 1000, 1000])
    lab.waits.length = 0
    looks = -1000
    await expect(store.createTable({ maxWaitMs: 5000 })).rejects.toMatchObject({ code: 'KEY_TRANSIENT', tableName: 'slow' })
    expect(lab.waits).toHaveLength(5)
  })

  it('waits while somebody else changes the table', async () => {
    lab.dynamodb.faults.fail({ name: 'ResourceInUseException' }, { operations: ['UpdateTable'], times: 2 })
    const store = lab.store({ tableName: 'busy' })
    await store.createTable()
    expect(await store.createTable({ deletionProtection: true })).toMatchObject({ created: false, deletionProtection: true })
    expect(lab.waits).toEqual([1000, 1000])
  })

  it('stops waiting when it is told to', async () => {
    lab.dynamodb.faults.fail({ name: 'ContinuousBackupsUnavailableException' }, { operations: ['UpdateContinuousBackups'] })
    const reason = new Error('enough')
    const controller = new AbortController()
    const sleep = async (_milliseconds: number, signal?: AbortSignal) => {
      controller.abort(reason)
      signal?.throwIfAborted()
    }
    const store = lab.store({ tableName: 'aborted', sleep })
    await expect(store.createTable({ pointInTimeRecovery: true, signal: controller.signal })).rejects.toBe(reason)
  })

  it.each([
    ['an unknown option', { protection: true }],
    ['no number', { maxWaitMs: '1' }],
  ])('refuses %s', async (_what, options) => {
    await expect(lab.store().createTable(options as never)).rejects.toMatchObject({ code: 'OPTION_INVALID' })
  })
})
