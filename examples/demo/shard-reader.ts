import { type _Record, GetRecordsCommand, GetShardIteratorCommand, type KinesisClient } from '@aws-sdk/client-kinesis'
import { isUndecryptableRecordsError, type RejectedRecord } from '@strongroom/kinesis'

/** What a reader found. */
export interface Found {
  readonly records: readonly _Record[]
  readonly rejected: readonly RejectedRecord[]
}

/** Reads shards from iterator to iterator, as a consumer does; keeps its place between two calls of `read`. */
export class ShardReader {
  readonly #client: KinesisClient
  readonly #iterators = new Map<string, string | undefined>()

  private constructor(client: KinesisClient) {
    this.#client = client
  }

  /** Stands at the beginning of each shard. */
  static async fromTheBeginning(client: KinesisClient, stream: string, shards: readonly string[]): Promise<ShardReader> {
    const reader = new ShardReader(client)
    for (const shard of shards) {
      const { ShardIterator } = await client.send(
        new GetShardIteratorCommand({ StreamName: stream, ShardId: shard, ShardIteratorType: 'TRIM_HORIZON' }),
      )
      reader.#iterators.set(shard, ShardIterator)
    }
    return reader
  }

  /** Reads on until each shard has no more. */
  async read(): Promise<Found> {
    const records: _Record[] = []
    const rejected: RejectedRecord[] = []
    for (const shard of this.#iterators.keys()) {
      for (let behind = true; behind; ) {
        const output = await this.#client
          .send(new GetRecordsCommand({ ShardIterator: this.#iterators.get(shard) }))
          .catch((error: unknown) => {
            // Records that will never decrypt are set aside, and the loop goes on behind them. What may pass is for whoever runs the consumer.
            if (!isUndecryptableRecordsError(error) || error.blocked) throw error
            rejected.push(...error.failures)
            return error.output
          })
        records.push(...(output.Records ?? []))
        this.#iterators.set(shard, output.NextShardIterator)
        behind = output.NextShardIterator !== undefined && ((output.Records?.length ?? 0) > 0 || (output.MillisBehindLatest ?? 0) > 0)
      }
    }
    return { records, rejected }
  }
}
