import { execFile } from 'node:child_process'
import {
  CreateStreamCommand,
  DeleteStreamCommand,
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  PutRecordCommand,
  PutRecordsCommand,
  waitUntilStreamExists,
} from '@aws-sdk/client-kinesis'
import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { isUndecryptableRecordsError, withEncryption } from '@strongroom/kinesis'
import { kmsKeyring } from '@strongroom/kms'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { leaks } from '../../packages/kinesis/test/leaks.ts'
import { describeOnLocalStack } from '../support/localstack.ts'

const MARKER = Buffer.from('MARKER-4000-0012-3456-7899')
const StreamName = `strongroom-kinesis-${process.pid}`

describeOnLocalStack('encrypted Kinesis records on LocalStack', (config) => {
  const lines: unknown[] = []
  const log = (...content: unknown[]): void => {
    lines.push(...content)
  }
  const plain = new KinesisClient({
    ...config,
    requestHandler: new NodeHttpHandler(),
    logger: { debug: log, info: log, warn: log, error: log },
  })
  const kms = new KMSClient(config)
  let client: KinesisClient
  let StreamARN: string | undefined

  beforeAll(async () => {
    const { KeyMetadata } = await kms.send(new CreateKeyCommand({}))
    await plain.send(new CreateStreamCommand({ StreamName, ShardCount: 1 }))
    await waitUntilStreamExists({ client: plain, maxWaitTime: 60, minDelay: 1, maxDelay: 2 }, { StreamName })
    StreamARN = (await plain.send(new DescribeStreamSummaryCommand({ StreamName }))).StreamDescriptionSummary?.StreamARN
    const keyring = kmsKeyring({ generatorKeyId: KeyMetadata?.Arn as string, client: kms })
    client = withEncryption(plain, { keyring, cache: { maxAgeMs: 600_000 }, streams: { orders: { streamName: StreamName } } })
  }, 120_000)
  afterAll(async () => {
    await plain.send(new DeleteStreamCommand({ StreamName }))
    plain.destroy()
    kms.destroy()
  })

  it('come back decrypted, are ciphertext to everybody else, and one bad record costs no good one', async () => {
    await client.send(new PutRecordCommand({ StreamName, PartitionKey: 'a', Data: MARKER }))
    await plain.send(new PutRecordCommand({ StreamName, PartitionKey: 'b', Data: Buffer.from('never encrypted') }))
    await client.send(
      new PutRecordsCommand({
        StreamARN,
        Records: [
          { PartitionKey: 'c', Data: MARKER },
          { PartitionKey: 'd', Data: new Uint8Array(0) },
        ],
      }),
    )
    const position = { StreamName, ShardId: 'shardId-000000000000', ShardIteratorType: 'TRIM_HORIZON' } as const
    const { ShardIterator } = await client.send(new GetShardIteratorCommand(position))
    const seen = await plain.send(new GetRecordsCommand({ ShardIterator }))
    expect(seen.Records?.map(({ PartitionKey }) => PartitionKey)).toEqual(['a', 'b', 'c', 'd'])
    for (const { Data } of seen.Records ?? []) expect(leaks(Data, MARKER)).toEqual([])
    const error = await client.send(new GetRecordsCommand({ ShardIterator })).catch((reason: unknown) => reason)
    if (!isUndecryptableRecordsError(error)) throw error
    expect(error.failures.map(({ partitionKey, class: rejection }) => [partitionKey, rejection])).toEqual([['b', 'not-encrypted']])
    expect(error.output.Records?.map(({ Data }) => Buffer.from(Data ?? []).toString())).toEqual([MARKER.toString(), MARKER.toString(), ''])
    const next = await client.send(new GetRecordsCommand({ ShardIterator: error.output.NextShardIterator, StreamARN }))
    expect(next.Records).toEqual([])
    expect(JSON.stringify(lines)).toContain('PutRecordsCommand')
    for (const line of lines) expect(leaks(line, MARKER)).toEqual([])
  })

  it('are what npm run demo shows', async () => {
    const root = new URL('../..', import.meta.url).pathname
    const command = ['--conditions=@strongroom/source', 'examples/demo/main.ts', '--endpoint', config.endpoint]
    const out = await new Promise<string>((resolve) =>
      execFile(process.execPath, command, { cwd: root }, (_error, stdout) => resolve(stdout)),
    )
    expect(out).toContain('Everything was as claimed.')
    expect(out).not.toContain('NOT SO')
  })
})
