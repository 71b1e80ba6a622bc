import { Input, type JsonObject } from '../endpoint/input.ts'
import { ServiceError } from '../endpoint/service-error.ts'
import type { Database, DatabaseOperation } from './database.ts'
import { invalid } from './dynamodb-errors.ts'
import type { Table } from './table.ts'

/** Tags and time to live. No item expires: AWS promises no moment for it. */
export const metadataOperations: ReadonlyMap<string, DatabaseOperation> = new Map([
  [
    'TagResource',
    async (database: Database, members: JsonObject) => {
      const input = new Input(members)
      const { tags } = resource(database, input)
      for (const tag of input.objectList('Tags')) tags.set(tag.string('Key'), tag.string('Value'))
      return {}
    },
  ],
  [
    'UntagResource',
    async (database: Database, members: JsonObject) => {
      const input = new Input(members)
      const { tags } = resource(database, input)
      for (const key of input.stringList('TagKeys')) tags.delete(key)
      return {}
    },
  ],
  [
    'ListTagsOfResource',
    async (database: Database, members: JsonObject) => {
      const { tags } = resource(database, new Input(members))
      return { Tags: [...tags].map(([Key, Value]) => ({ Key, Value })) }
    },
  ],
  [
    'UpdateTimeToLive',
    async (database: Database, members: JsonObject) => {
      const input = new Input(members)
      const table = database.table(input.string('TableName'))
      const specification = input.optionalObject('TimeToLiveSpecification') ?? new Input({})
      const AttributeName = specification.string('AttributeName', { min: 1, max: 255 })
      const Enabled = specification.optionalBoolean('Enabled') ?? false
      if (Enabled === (table.timeToLive !== undefined)) throw invalid(`TimeToLive is already ${Enabled ? 'enabled' : 'disabled'}`)
      table.timeToLive = Enabled ? AttributeName : undefined
      return { TimeToLiveSpecification: { Enabled, AttributeName } }
    },
  ],
  [
    'DescribeTimeToLive',
    async (database: Database, members: JsonObject) => {
      const { timeToLive } = database.table(new Input(members).string('TableName'))
      const description =
        timeToLive === undefined ? { TimeToLiveStatus: 'DISABLED' } : { TimeToLiveStatus: 'ENABLED', AttributeName: timeToLive }
      return { TimeToLiveDescription: description }
    },
  ],
])

function resource(database: Database, input: Input): Table {
  const arn = input.string('ResourceArn')
  const table = database.findByArn(arn)
  if (table === undefined) throw new ServiceError('ResourceNotFoundException', `Requested resource not found: ResourcArn: ${arn} not found`)
  return table
}
