import type { Environment } from '../endpoint/endpoint.ts'
import { evenRanges, HASH_KEY_SPACE, type HashKeyRange, hashKeyOf } from './hash-key.ts'
import { invalidArgument, resourceInUse, resourceNotFound } from './kinesis-errors.ts'
import { Shard } from './shard.ts'

/** A registered consumer with enhanced fan-out. */
export interface Consumer {
  readonly name: string
  readonly arn: string
  readonly createdAt: number
}

/** What a stream is created with. */
export interface StreamInit {
  readonly name: string
  readonly shardCount: number
  readonly mode: 'PROVISIONED' | 'ON_DEMAND'
  readonly maxRecordSizeInKiB: number
}

const HOUR = 3_600_000

/** A stream: active from the moment it is made. */
export class Stream {
  readonly name: string
  readonly arn: string
  readonly createdAt: number
  readonly mode: 'PROVISIONED' | 'ON_DEMAND'
  readonly consumers: Map<string, Consumer> = new Map()
  maxRecordSizeInKiB: number
  retentionHours = 24
  readonly #clock: () => number
  readonly #shards: Shard[] = []

  constructor({ region, accountId, clock }: Environment, { name, shardCount, mode, maxRecordSizeInKiB }: StreamInit) {
    this.name = name
    this.arn = `arn:aws:kinesis:${region}:${accountId}:stream/${name}`
    this.mode = mode
    this.maxRecordSizeInKiB = maxRecordSizeInKiB
    this.#clock = clock
    this.createdAt = clock()
    for (const range of evenRanges(shardCount)) this.#addShard(range, [])
  }

  /** All shards that still have something to say, oldest first: open ones, and closed ones within the retention period. */
  get shards(): readonly Shard[] {
    const horizon = this.#clock() - this.retentionHours * HOUR
    for (const shard of this.#shards) shard.trim(horizon)
    return this.#shards.filter(({ trimmed }) => !trimmed)
  }

  get openShards(): readonly Shard[] {
    return this.shards.filter(({ closed }) => !closed)
  }

  get maxRecordBytes(): number {
    return this.maxRecordSizeInKiB * 1024
  }

  shard(id: string): Shard {
    const shard = this.shards.find((each) => each.id === id)
    if (shard === undefined) {
      throw resourceNotFound(`Shard ${id} in stream ${this.name} under account ${this.arn.split(':')[4]} does not exist`)
    }
    return shard
  }

  /** The open shard a record goes to. */
  route(partitionKey: string, explicitHashKey?: string): Shard {
    const hashKey = explicitHashKey === undefined ? hashKeyOf(partitionKey) : BigInt(explicitHashKey)
    if (hashKey >= HASH_KEY_SPACE)
      throw invalidArgument(`Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was ${hashKey}`)
    const shard = this.openShards.find((each) => each.owns(hashKey))
    if (shard === undefined) throw new Error(`no open shard owns hash key ${hashKey}`)
    return shard
  }

  childrenOf(parent: Shard): readonly Shard[] {
    return this.shards.filter(({ parents }) => parents.includes(parent))
  }

  split(shard: Shard, newStart: bigint): void {
    this.#requireOpen(shard)
    const { start, end } = shard.range
    if (newStart <= start || newStart > end) {
      throw invalidArgument(`NewStartingHashKey ${newStart} used in SplitShard() on shard ${shard.id} is not within its hash key range`)
    }
    shard.close()
    this.#addShard({ start, end: newStart - 1n }, [shard])
    this.#addShard({ start: newStart, end }, [shard])
  }

  merge(shard: Shard, adjacent: Shard): void {
    this.#requireOpen(shard)
    this.#requireOpen(adjacent)
    const [low, high] = shard.range.start < adjacent.range.start ? [shard, adjacent] : [adjacent, shard]
    if (low.range.end + 1n !== high.range.start) throw invalidArgument(`Shards ${shard.id} and ${adjacent.id} are not adjacent`)
    shard.close()
    adjacent.close()
    this.#addShard({ start: low.range.start, end: high.range.end }, [shard, adjacent])
  }

  #requireOpen(shard: Shard): void {
    if (shard.closed) throw resourceInUse(`Shard ${shard.id} in stream ${this.name} is closed`)
  }

  #addShard(range: HashKeyRange, parents: readonly Shard[]): void {
    const createdAt = Math.max(this.#clock(), ...parents.map((parent) => parent.createdAt + 1))
    this.#shards.push(new Shard({ number: this.#shards.length, range, clock: this.#clock, createdAt, parents }))
  }
}
