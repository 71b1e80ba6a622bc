/**
 * Sequence numbers as long as AWS's, 56 digits, that grow within a shard and from a parent to its children:
 *
 * ```
 * digits  content
 *      2  49
 *     13  creation of the shard, milliseconds
 *     16  position in the shard, from 0 (the number the shard starts with is position 0, its first record has 1)
 *     13  arrival, milliseconds
 *     12  number of the shard in the stream
 * ```
 */

/** What a sequence number says. */
export interface SequencePosition {
  readonly shardCreatedAt: number
  readonly position: number
  readonly shardNumber: number
}

const SHAPE = /^49(\d{13})(\d{16})\d{13}(\d{12})$/

/** Writes a sequence number. */
export function sequenceNumber({ shardCreatedAt, position, shardNumber }: SequencePosition, arrivedAt: number): string {
  return `49${digits(shardCreatedAt, 13)}${digits(position, 16)}${digits(arrivedAt, 13)}${digits(shardNumber, 12)}`
}

/** Reads a sequence number; `undefined` for what none of our shards wrote. */
export function parseSequenceNumber(text: string): SequencePosition | undefined {
  const match = SHAPE.exec(text)
  if (match === null) return undefined
  return { shardCreatedAt: Number(match[1]), position: Number(match[2]), shardNumber: Number(match[3]) }
}

function digits(value: number, length: number): string {
  return String(value).padStart(length, '0')
}
