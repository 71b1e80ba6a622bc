import type { JsonObject } from '../endpoint/input.ts'
import { rangeJson } from './hash-key.ts'
import type { Shard } from './shard.ts'

/** A shard as the API answers it. */
export function shardJson({ id, parents, range, startingSequenceNumber, endingSequenceNumber }: Shard): JsonObject {
  const [parent, adjacent] = parents
  return {
    ShardId: id,
    ...(parent === undefined ? {} : { ParentShardId: parent.id }),
    ...(adjacent === undefined ? {} : { AdjacentParentShardId: adjacent.id }),
    HashKeyRange: rangeJson(range),
    SequenceNumberRange: {
      StartingSequenceNumber: startingSequenceNumber,
      ...(endingSequenceNumber === undefined ? {} : { EndingSequenceNumber: endingSequenceNumber }),
    },
  }
}
