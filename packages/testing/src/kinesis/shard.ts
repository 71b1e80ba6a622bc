import type { HashKeyRange } from './hash-key.ts'
import { parseSequenceNumber, sequenceNumber } from './sequence-number.ts'
import { Throughput } from './throughput.ts'

/** A record in a shard. */
export interface StoredRecord {
  readonly position: number
  readonly sequenceNumber: string
  readonly arrivedAt: number
  readonly partitionKey: string
  readonly data: Uint8Array
}

/** What a shard is made of. */
export interface ShardInit {
  readonly number: number
  readonly range: HashKeyRange
  readonly clock: () => number
  readonly createdAt: number
  /** One parent after a split, two after a merge. */
  readonly parents: readonly Shard[]
}

/** One shard: records in order, closed by a split or a merge. */
export class Shard {
  readonly id: string
  readonly number: number
  readonly range: HashKeyRange
  readonly createdAt: number
  readonly parents: readonly Shard[]
  readonly throughput: Throughput
  readonly startingSequenceNumber: string
  readonly #clock: () => number
  #records: StoredRecord[] = []
  #nextPosition = 1
  #trimmed = false
  #closed: { readonly at: number; readonly endingSequenceNumber: string } | undefined

  constructor({ number, range, clock, createdAt, parents }: ShardInit) {
    this.id = `shardId-${String(number).padStart(12, '0')}`
    this.number = number
    this.range = range
    this.createdAt = createdAt
    this.parents = parents
    this.#clock = clock
    this.throughput = new Throughput(clock)
    this.startingSequenceNumber = this.#sequenceNumber(0, createdAt)
  }

  get closed(): boolean {
    return this.#closed !== undefined
  }

  get closedAt(): number | undefined {
    return this.#closed?.at
  }

  get endingSequenceNumber(): string | undefined {
    return this.#closed?.endingSequenceNumber
  }

  /** The position the next record will have. */
  get nextPosition(): number {
    return this.#nextPosition
  }

  get oldestPosition(): number {
    return this.#records[0]?.position ?? this.#nextPosition
  }

  /** Whether its retention is over: it was closed so long ago that nothing of it is left. */
  get trimmed(): boolean {
    return this.#trimmed
  }

  owns(hashKey: bigint): boolean {
    return hashKey >= this.range.start && hashKey <= this.range.end
  }

  append(partitionKey: string, data: Uint8Array): StoredRecord {
    const arrivedAt = this.#clock()
    const position = this.#nextPosition
    const record: StoredRecord = { position, sequenceNumber: this.#sequenceNumber(position, arrivedAt), arrivedAt, partitionKey, data }
    this.#records.push(record)
    this.#nextPosition += 1
    return record
  }

  close(): void {
    const at = this.#clock()
    this.#closed = { at, endingSequenceNumber: this.#sequenceNumber(this.#nextPosition, at) }
  }

  /** The record at a position or the next one that is left. */
  at(position: number): StoredRecord | undefined {
    return this.#records[Math.max(0, position - this.oldestPosition)]
  }

  /** The first position whose record arrived at that time or later. */
  positionAtTime(time: number): number {
    return this.#records.find(({ arrivedAt }) => arrivedAt >= time)?.position ?? this.#nextPosition
  }

  /** The position a sequence number of this shard names; `undefined` for any other. */
  positionOf(text: string): number | undefined {
    const parsed = parseSequenceNumber(text)
    if (parsed === undefined || parsed.shardCreatedAt !== this.createdAt || parsed.shardNumber !== this.number) return undefined
    return parsed.position
  }

  /** Forgets records that arrived before a time. */
  trim(before: number): void {
    if (this.#closed !== undefined && this.#closed.at < before) this.#trimmed = true
    const keep = this.#records.findIndex(({ arrivedAt }) => arrivedAt >= before)
    if (keep === 0) return
    this.#records = keep === -1 ? [] : this.#records.slice(keep)
  }

  #sequenceNumber(position: number, arrivedAt: number): string {
    return sequenceNumber({ shardCreatedAt: this.createdAt, position, shardNumber: this.number }, arrivedAt)
  }
}
