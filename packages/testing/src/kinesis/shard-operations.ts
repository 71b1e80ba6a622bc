import type { Operation } from '../endpoint/aws-json-service.ts'
import type { Environment } from '../endpoint/endpoint.ts'
import type { Input } from '../endpoint/input.ts'
import { ServiceError } from '../endpoint/service-error.ts'
import { invalidArgument } from './kinesis-errors.ts'
import type { Shard } from './shard.ts'
import { shardJson } from './shard-json.ts'
import type { Stream } from './stream.ts'
import type { StreamStore } from './stream-store.ts'
import { TokenSealer } from './token.ts'

const SHARD_ID = { min: 1, max: 128 } as const
const TOKEN_LIFE_MS = 300_000
const FILTERS = ['AFTER_SHARD_ID', 'AT_TRIM_HORIZON', 'FROM_TRIM_HORIZON', 'AT_LATEST', 'AT_TIMESTAMP', 'FROM_TIMESTAMP'] as const

/** ListShards, SplitShard and MergeShards. */
export function shardOperations(environment: Environment, streams: StreamStore): readonly (readonly [string, Operation])[] {
  const tokens = new TokenSealer(environment)

  function list(input: Input): { stream: Stream; after: string | undefined; filter: string } {
    const token = input.optionalString('NextToken', { min: 1, max: 1_048_576 })
    if (token === undefined) {
      const filter = input.optionalObject('ShardFilter')
      return { stream: streams.named(input), after: input.optionalString('ExclusiveStartShardId', SHARD_ID), filter: filterText(filter) }
    }
    const other = ['StreamName', 'StreamCreationTimestamp', 'ExclusiveStartShardId'].find((name) => input.has(name))
    if (other !== undefined) throw invalidArgument(`NextToken and ${other} cannot be provided together.`)
    const opened = tokens.open('shards', token)
    if (opened === undefined) throw invalidArgument('Invalid NextToken.')
    if (opened.ageMs > TOKEN_LIFE_MS) throw new ServiceError('ExpiredNextTokenException', 'The NextToken is older than 300 seconds.')
    const [name, after, filter] = opened.fields
    return { stream: streams.byName(String(name)), after: String(after), filter: String(filter) }
  }

  return [
    [
      'ListShards',
      (input) => {
        const limit = input.optionalInteger('MaxResults', { min: 1, max: 10_000 }) ?? 1000
        const { stream, after, filter } = list(input)
        const found = stream.shards.filter((shard) => passes(shard, filter) && (after === undefined || shard.id > after))
        const some = found.slice(0, limit)
        const last = some.at(-1)
        const more = found.length > limit && last !== undefined
        return { Shards: some.map(shardJson), ...(more ? { NextToken: tokens.seal('shards', [stream.name, last.id, filter]) } : {}) }
      },
    ],
    [
      'SplitShard',
      (input) => {
        const stream = streams.named(input)
        const start = input.string('NewStartingHashKey', { pattern: /^(0|[1-9]\d{0,38})$/ })
        stream.split(stream.shard(input.string('ShardToSplit', SHARD_ID)), BigInt(start))
        return {}
      },
    ],
    [
      'MergeShards',
      (input) => {
        const stream = streams.named(input)
        const adjacent = stream.shard(input.string('AdjacentShardToMerge', SHARD_ID))
        stream.merge(stream.shard(input.string('ShardToMerge', SHARD_ID)), adjacent)
        return {}
      },
    ],
  ]
}

/** A filter as one string, `type` or `type argument`, so that a NextToken can carry it. */
function filterText(filter: Input | undefined): string {
  if (filter === undefined) return 'FROM_TRIM_HORIZON'
  const type = filter.optionalOneOf('Type', FILTERS) ?? filter.string('Type')
  if (type === 'AFTER_SHARD_ID') return `${type} ${filter.string('ShardId', SHARD_ID)}`
  if (type !== 'AT_TIMESTAMP' && type !== 'FROM_TIMESTAMP') return type
  const time = filter.optionalTimestamp('Timestamp')
  if (time === undefined) throw invalidArgument(`A ShardFilter of type ${type} needs a Timestamp.`)
  return `${type} ${time}`
}

function passes(shard: Shard, filter: string): boolean {
  const [type, argument = ''] = filter.split(' ')
  const { closedAt, createdAt, id } = shard
  switch (type) {
    case 'AFTER_SHARD_ID':
      return id > argument
    case 'AT_LATEST':
      return closedAt === undefined
    case 'AT_TRIM_HORIZON':
      // The oldest generation that is left: shards none of whose parents is.
      return shard.parents.every((parent) => parent.trimmed)
    case 'AT_TIMESTAMP':
      return createdAt <= Number(argument) && (closedAt === undefined || closedAt > Number(argument))
    case 'FROM_TIMESTAMP':
      return closedAt === undefined || closedAt > Number(argument)
    default:
      return true
  }
}
