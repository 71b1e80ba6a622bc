import { CreateStreamCommand, DeleteStreamCommand, KinesisClient, waitUntilStreamExists } from '@aws-sdk/client-kinesis'
import { CreateKeyCommand, KMS, ScheduleKeyDeletionCommand } from '@aws-sdk/client-kms'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { startEmbeddedKinesis, startEmbeddedKms } from '@strongroom/testing'

/** A KMS and a Kinesis to play against, with a key and a stream of two shards. */
export interface Backend extends AsyncDisposable {
  readonly description: string
  readonly keyArn: string
  readonly stream: string
  readonly shards: readonly string[]
  /** A new client, and how often it called each KMS operation. */
  kms(): { readonly client: KMS; readonly calls: ReadonlyMap<string, number> }
  kinesis(): KinesisClient
}

interface ClientConfig {
  readonly endpoint: string
  readonly region: string
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
}

const SHARDS = ['shardId-000000000000', 'shardId-000000000001']

/** Starts the embedded endpoints: no Docker, no AWS account. */
export async function embeddedBackend(): Promise<Backend> {
  const kms = await startEmbeddedKms()
  const kinesis = await startEmbeddedKinesis()
  kinesis.createStream('orders', { shards: SHARDS.length })
  return {
    description: `embedded endpoints, KMS at ${kms.endpoint} and Kinesis at ${kinesis.endpoint}`,
    keyArn: kms.createKey(),
    stream: 'orders',
    ...clients(kms.clientConfig, kinesis.clientConfig),
    async [Symbol.asyncDispose]() {
      await kinesis.close()
      await kms.close()
    },
  }
}

/** Uses an endpoint that serves both KMS and Kinesis, such as LocalStack, with a key and a stream of this run's own. */
export async function remoteBackend(endpoint: string): Promise<Backend> {
  const config = { endpoint, region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } }
  const made = clients(config, config)
  const kinesis = made.kinesis()
  const { client: kms } = made.kms()
  const stream = `strongroom-demo-${process.pid}-${Date.now()}`
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({ Description: 'strongroom demo' }))
  if (KeyMetadata?.Arn === undefined) throw new Error('CreateKey answered no ARN.')
  const keyArn = KeyMetadata.Arn
  await kinesis.send(new CreateStreamCommand({ StreamName: stream, ShardCount: SHARDS.length }))
  await waitUntilStreamExists({ client: kinesis, maxWaitTime: 60, minDelay: 1, maxDelay: 2 }, { StreamName: stream })
  return {
    description: endpoint,
    keyArn,
    stream,
    ...made,
    async [Symbol.asyncDispose]() {
      await kinesis.send(new DeleteStreamCommand({ StreamName: stream }))
      await kms.send(new ScheduleKeyDeletionCommand({ KeyId: keyArn, PendingWindowInDays: 7 }))
    },
  }
}

function clients(kmsConfig: ClientConfig, kinesisConfig: ClientConfig): Pick<Backend, 'kms' | 'kinesis' | 'shards'> {
  return {
    shards: SHARDS,
    kms() {
      const client = new KMS(kmsConfig)
      const calls = new Map<string, number>()
      client.middlewareStack.add(
        (next, context) => (args) => {
          const operation = (context.commandName ?? '').replace(/Command$/, '')
          calls.set(operation, (calls.get(operation) ?? 0) + 1)
          return next(args)
        },
        { name: 'countCalls', step: 'initialize' },
      )
      return { client, calls }
    },
    // HTTP/1.1, which every endpoint speaks; the SDK's default for Kinesis is HTTP/2.
    kinesis: () => new KinesisClient({ ...kinesisConfig, requestHandler: new NodeHttpHandler() }),
  }
}
