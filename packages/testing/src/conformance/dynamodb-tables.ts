import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import {
  CreateTableCommand,
  DeleteTableCommand,
  DescribeContinuousBackupsCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  type DynamoDBClient,
  GetItemCommand,
  ListTablesCommand,
  ListTagsOfResourceCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateContinuousBackupsCommand,
  UpdateTableCommand,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb'
import { type ConformanceCheck, refused } from './check.ts'
import { active, get, put, sorted, withTable } from './dynamodb-table.ts'

/** Tables, and what is kept about them. */
export const dynamoDBTableChecks: readonly ConformanceCheck<DynamoDBClient>[] = [
  {
    name: 'a table describes its keys, its billing mode and its ARN',
    async run(client) {
      await withTable(
        client,
        async (name) => {
          const { Table } = await client.send(new DescribeTableCommand({ TableName: name }))
          assert.equal(Table?.BillingModeSummary?.BillingMode, 'PAY_PER_REQUEST')
          assert.deepEqual(Table?.KeySchema, sorted.KeySchema)
          assert.deepEqual(Table?.AttributeDefinitions, sorted.AttributeDefinitions)
          assert.equal(Table?.DeletionProtectionEnabled, false)
          assert.match(Table?.TableArn ?? '', new RegExp(`^arn:aws:dynamodb:[a-z0-9-]+:\\d{12}:table/${name}$`))
          const { TableNames = [] } = await client.send(new ListTablesCommand({ ExclusiveStartTableName: name.slice(0, -1), Limit: 1 }))
          assert.deepEqual(TableNames, [name])
        },
        sorted,
      )
    },
  },
  {
    name: 'a table that is there cannot be made again',
    async run(client) {
      await withTable(client, async (TableName) => {
        const again = new CreateTableCommand({ TableName, BillingMode: 'PAY_PER_REQUEST', ...sorted })
        await refused(client.send(again), 'ResourceInUseException')
      })
    },
  },
  {
    name: 'a table that is not there is a resource not found',
    async run(client) {
      const TableName = `conformance-${randomUUID()}`
      await refused(client.send(new DescribeTableCommand({ TableName })), 'ResourceNotFoundException')
      await refused(client.send(new GetItemCommand({ TableName, Key: { pk: { S: 'a' } } })), 'ResourceNotFoundException')
      await refused(client.send(new DeleteTableCommand({ TableName })), 'ResourceNotFoundException')
    },
  },
  {
    name: 'a deleted table is gone with its items',
    async run(client) {
      let name = ''
      await withTable(client, async (TableName) => {
        name = TableName
        await put(client, TableName, { pk: { S: 'a' } })
      })
      await refused(client.send(new GetItemCommand({ TableName: name, Key: { pk: { S: 'a' } } })), 'ResourceNotFoundException')
    },
  },
  {
    name: 'a protected table is not deleted until the protection is taken off',
    async run(client) {
      await withTable(
        client,
        async (TableName) => {
          await refused(client.send(new DeleteTableCommand({ TableName })), 'ValidationException')
          const { Table } = await client.send(new DescribeTableCommand({ TableName }))
          assert.equal(Table?.DeletionProtectionEnabled, true)
          await client.send(new UpdateTableCommand({ TableName, DeletionProtectionEnabled: false }))
          await active(client, TableName)
        },
        { DeletionProtectionEnabled: true },
      )
    },
  },
  {
    name: 'a table can be protected later',
    async run(client) {
      await withTable(client, async (TableName) => {
        await client.send(new UpdateTableCommand({ TableName, DeletionProtectionEnabled: true }))
        await active(client, TableName)
        await refused(client.send(new DeleteTableCommand({ TableName })), 'ValidationException')
        await client.send(new UpdateTableCommand({ TableName, DeletionProtectionEnabled: false }))
        await active(client, TableName)
      })
    },
  },
  {
    name: 'point-in-time recovery is off until it is put on, and then tells its window',
    async run(client) {
      await withTable(client, async (TableName) => {
        const before = await client.send(new DescribeContinuousBackupsCommand({ TableName }))
        const off = before.ContinuousBackupsDescription?.PointInTimeRecoveryDescription
        assert.equal(off?.PointInTimeRecoveryStatus, 'DISABLED')
        assert.equal(off?.EarliestRestorableDateTime, undefined)
        await client.send(
          new UpdateContinuousBackupsCommand({
            TableName,
            PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true, RecoveryPeriodInDays: 7 },
          }),
        )
        const after = await client.send(new DescribeContinuousBackupsCommand({ TableName }))
        const on = after.ContinuousBackupsDescription?.PointInTimeRecoveryDescription
        assert.equal(on?.PointInTimeRecoveryStatus, 'ENABLED')
        assert(on?.EarliestRestorableDateTime instanceof Date)
        assert(on?.LatestRestorableDateTime instanceof Date)
        assert.equal(on?.RecoveryPeriodInDays, 7)
      })
    },
  },
  {
    name: 'the backups of a table that is not there have an error of their own',
    async run(client) {
      await refused(
        client.send(new DescribeContinuousBackupsCommand({ TableName: `conformance-${randomUUID()}` })),
        'TableNotFoundException',
      )
    },
  },
  {
    name: 'a time to live is put on once',
    async run(client) {
      await withTable(client, async (TableName) => {
        const TimeToLiveSpecification = { AttributeName: 'expires', Enabled: true }
        await client.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification }))
        const { TimeToLiveDescription } = await client.send(new DescribeTimeToLiveCommand({ TableName }))
        assert.equal(TimeToLiveDescription?.AttributeName, 'expires')
        await refused(client.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification })), 'ValidationException')
      })
    },
  },
  {
    name: 'a table has tags',
    async run(client) {
      await withTable(
        client,
        async (TableName) => {
          const { Table } = await client.send(new DescribeTableCommand({ TableName }))
          const ResourceArn = Table?.TableArn
          await client.send(new TagResourceCommand({ ResourceArn, Tags: [{ Key: 'b', Value: '2' }] }))
          await client.send(new UntagResourceCommand({ ResourceArn, TagKeys: ['a'] }))
          const { Tags } = await client.send(new ListTagsOfResourceCommand({ ResourceArn }))
          assert.deepEqual(Tags, [{ Key: 'b', Value: '2' }])
        },
        { Tags: [{ Key: 'a', Value: '1' }] },
      )
    },
  },
  {
    name: 'a table is named by its ARN as well',
    async run(client) {
      await withTable(client, async (name) => {
        const { Table } = await client.send(new DescribeTableCommand({ TableName: name }))
        await put(client, Table?.TableArn ?? '', { pk: { S: 'a' } })
        assert.deepEqual(await get(client, name, 'a'), { pk: { S: 'a' } })
      })
    },
  },
]
