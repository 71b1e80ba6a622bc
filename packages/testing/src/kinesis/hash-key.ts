import { createHash } from 'node:crypto'

/** Both ends belong to the range. */
export interface HashKeyRange {
  readonly start: bigint
  readonly end: bigint
}

/** One more than the largest hash key. */
export const HASH_KEY_SPACE: bigint = 1n << 128n

/** The hash key of a partition key: MD5 of its UTF-8 bytes as an unsigned number. */
export function hashKeyOf(partitionKey: string): bigint {
  return BigInt(`0x${createHash('md5').update(partitionKey, 'utf8').digest('hex')}`)
}

/** Cuts the whole space into equal ranges; the last one takes the rest. */
export function evenRanges(count: number): readonly HashKeyRange[] {
  const width = HASH_KEY_SPACE / BigInt(count)
  return Array.from({ length: count }, (_, index) => {
    const start = width * BigInt(index)
    return { start, end: index === count - 1 ? HASH_KEY_SPACE - 1n : start + width - 1n }
  })
}

/** The range as the API answers it. */
export function rangeJson({ start, end }: HashKeyRange): { StartingHashKey: string; EndingHashKey: string } {
  return { StartingHashKey: String(start), EndingHashKey: String(end) }
}
