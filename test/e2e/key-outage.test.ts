import { type _Record, GetRecordsCommand, GetShardIteratorCommand, KinesisClient, PutRecordsCommand } from '@aws-sdk/client-kinesis'
import { DisableKeyCommand, EnableKeyCommand, KMSClient } from '@aws-sdk/client-kms'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { isUndecryptableRecordsError, type RejectedRecord, withEncryption } from '@strongroom/kinesis'
import { kmsKeyring } from '@strongroom/kms'
import { type EmbeddedKinesis, type EmbeddedKms, startEmbeddedKinesis, startEmbeddedKms } from '@strongroom/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const RECORDS = 20

let kms: EmbeddedKms
let kinesis: EmbeddedKinesis
let kmsClient: KMSClient
let plain: KinesisClient
let keyArn: string

beforeEach(async () => {
  kms = await startEmbeddedKms()
  kinesis = await startEmbeddedKinesis()
  keyArn = kms.createKey()
  kinesis.createStream('orders')
  kmsClient = new KMSClient({
    ...kms.clientConfig,
    maxAttempts: 1,
    requestHandler: new NodeHttpHandler({ requestTimeout: 200, throwOnRequestTimeout: true }),
  })
  plain = new KinesisClient({ ...kinesis.clientConfig, requestHandler: new NodeHttpHandler() })
})
afterEach(async () => {
  kms.faults.clear()
  kmsClient.destroy()
  plain.destroy()
  await Promise.all([kms.close(), kinesis.close()])
})

/** A client on a cold cache. `deadLetters` gets what would go to a dead-letter queue. */
function encrypted(deadLetters: RejectedRecord[] = []): KinesisClient {
  return withEncryption(plain, {
    keyring: kmsKeyring({ generatorKeyId: keyArn, client: kmsClient }),
    cache: { maxAgeMs: 600_000 },
    streams: { orders: {} },
    onRejected: (rejected) => {
      deadLetters.push(rejected)
      return 'skip'
    },
  })
}

function put(client: KinesisClient): Promise<unknown> {
  const Records = Array.from({ length: RECORDS }, (_, index) => ({
    PartitionKey: `k${index}`,
    Data: new TextEncoder().encode(`order ${index}`),
  }))
  return client.send(new PutRecordsCommand({ StreamName: 'orders', Records }))
}

async function horizon(client: KinesisClient): Promise<string | undefined> {
  const input = { StreamName: 'orders', ShardId: 'shardId-000000000000', ShardIteratorType: 'TRIM_HORIZON' } as const
  return (await client.send(new GetShardIteratorCommand(input))).ShardIterator
}

const orders = Array.from({ length: RECORDS }, (_, index) => `order ${index}`)
const texts = (records: readonly _Record[] = []): string[] => records.map(({ Data }) => new TextDecoder().decode(Data))

/** Key-service failures: how each begins, how it ends, and the class it must have. */
const failures: readonly { readonly name: string; readonly code: string; readonly class: string; begin(): Promise<() => unknown> }[] = [
  { name: 'is down', code: 'KEY_TRANSIENT', class: 'transient', begin: async () => fault(kms.faults.outage('reset')) },
  {
    name: 'answers internal errors',
    code: 'KEY_TRANSIENT',
    class: 'transient',
    begin: async () => fault(kms.faults.outage('internal-error')),
  },
  { name: 'throttles', code: 'KEY_TRANSIENT', class: 'transient', begin: async () => fault(kms.faults.throttle()) },
  { name: 'never answers', code: 'KEY_TRANSIENT', class: 'transient', begin: async () => fault(kms.faults.outage('silent')) },
  { name: 'is slower than the time-out', code: 'KEY_TRANSIENT', class: 'transient', begin: async () => fault(kms.faults.latency(1000)) },
  {
    name: 'denies',
    code: 'KEY_OPERATIONAL',
    class: 'operational',
    begin: async () => fault(kms.faults.fail({ name: 'AccessDeniedException' })),
  },
  {
    name: 'has the key disabled',
    code: 'KEY_OPERATIONAL',
    class: 'operational',
    async begin() {
      await kmsClient.send(new DisableKeyCommand({ KeyId: keyArn }))
      return () => kmsClient.send(new EnableKeyCommand({ KeyId: keyArn }))
    },
  },
]

function fault(injected: { release(): void }): () => void {
  return () => injected.release()
}

describe.each(failures)('when KMS $name', (failure) => {
  it('puts nothing, names the class, and puts everything once it is over', async () => {
    const client = encrypted()
    const end = await failure.begin()
    await expect(put(client)).rejects.toMatchObject({ code: failure.code, keyId: keyArn, region: kms.region })
    expect(kinesis.requests.filter(({ operation }) => operation === 'PutRecords')).toEqual([])
    await end()
    await put(client)
    const { Records } = await client.send(new GetRecordsCommand({ ShardIterator: await horizon(client) }))
    expect(texts(Records)).toEqual(orders)
  })

  it('loses no record on reading and sets none aside as forged', async () => {
    await put(encrypted())
    const deadLetters: RejectedRecord[] = []
    const client = encrypted(deadLetters)
    const ShardIterator = await horizon(client)
    const end = await failure.begin()
    const error: unknown = await client.send(new GetRecordsCommand({ ShardIterator })).catch((thrown: unknown) => thrown)
    if (!isUndecryptableRecordsError(error)) throw error
    expect(error.failures.map((rejected) => rejected.class)).toEqual(orders.map(() => failure.class))
    expect(error.blocked).toBe(true)
    expect(error.output.Records).toEqual([])
    await end()
    const { Records } = await client.send(new GetRecordsCommand({ ShardIterator: error.output.NextShardIterator }))
    expect(texts(Records)).toEqual(orders)
    expect(deadLetters).toEqual([])
  })
})
