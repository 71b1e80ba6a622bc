import {
  type _Record,
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  type KinesisClientConfig,
  PutRecordCommand,
} from '@aws-sdk/client-kinesis'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { type EmbeddedKinesis, startEmbeddedKinesis } from '@strongroom/testing'
import type { KinesisEncryptionConfig } from '../src/config.ts'
import { withEncryption } from '../src/with-encryption.ts'
import { type ControlledKey, controlledKey } from './controlled-key.ts'

export const SHARD = 'shardId-000000000000'

/** An embedded Kinesis with the streams `orders` and `payments`, and clients of it. */
export interface Lab extends AsyncDisposable {
  readonly kinesis: EmbeddedKinesis
  readonly key: ControlledKey
  readonly ordersArn: string
  /** A client without encryption. */
  client(config?: Partial<KinesisClientConfig>): KinesisClient
  /** A client that encrypts `orders`, with a cache, unless the configuration says otherwise. */
  encrypted(config?: Partial<KinesisEncryptionConfig>, plain?: KinesisClient): KinesisClient
  /** What stands in a stream, as it is. */
  peek(stream?: string): Promise<readonly _Record[]>
  /** Puts bytes into a stream as they are. */
  inject(data: Uint8Array, stream?: string): Promise<void>
  /** The bodies of all requests of an operation. */
  bodies(operation: string): readonly string[]
}

export async function startLab(): Promise<Lab> {
  const kinesis = await startEmbeddedKinesis()
  const ordersArn = kinesis.createStream('orders')
  kinesis.createStream('payments')
  const key = controlledKey()
  const client = (config: Partial<KinesisClientConfig> = {}) =>
    new KinesisClient({ ...kinesis.clientConfig, requestHandler: new NodeHttpHandler(), ...config })
  const plain = client()
  return {
    kinesis,
    key,
    ordersArn,
    client,
    encrypted: ({ ...config } = {}, base = plain) => {
      const cached = config.materials === undefined && config.uncached === undefined ? { cache: { maxAgeMs: 600_000 } } : {}
      const keys = config.materials === undefined ? { keyring: key.keyring } : {}
      return withEncryption(base, { ...keys, ...cached, streams: { orders: {} }, ...config } as KinesisEncryptionConfig)
    },
    async peek(stream = 'orders') {
      const { Records = [] } = await plain.send(new GetRecordsCommand({ ShardIterator: await horizon(plain, stream) }))
      return Records
    },
    async inject(data, stream = 'orders') {
      await plain.send(new PutRecordCommand({ StreamName: stream, PartitionKey: 'injected', Data: data }))
    },
    bodies: (operation) =>
      kinesis.requests.filter((request) => request.operation === operation).map(({ body }) => Buffer.from(body).toString('utf8')),
    [Symbol.asyncDispose]: () => kinesis.close(),
  }
}

/** An iterator at the beginning of a stream's first shard. */
export async function horizon(client: KinesisClient, stream = 'orders'): Promise<string> {
  const { ShardIterator } = await client.send(
    new GetShardIteratorCommand({ StreamName: stream, ShardId: SHARD, ShardIteratorType: 'TRIM_HORIZON' }),
  )
  return ShardIterator as string
}

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

/** The records' data as text. */
export function texts(records: readonly _Record[] | undefined): readonly string[] {
  return (records ?? []).map(({ Data }) => new TextDecoder().decode(Data))
}

/** What a promise rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => {
      throw new Error(`Resolved with ${JSON.stringify(value)}.`)
    },
    (error: unknown) => error,
  )
}
