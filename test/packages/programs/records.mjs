// Records through Kinesis under a KMS key, on the embedded endpoints, as a plain JavaScript program.
import assert from 'node:assert/strict'
import { GetRecordsCommand, GetShardIteratorCommand, KinesisClient, PutRecordCommand } from '@aws-sdk/client-kinesis'
import { KMSClient } from '@aws-sdk/client-kms'
import { withEncryption } from '@strongroom/kinesis'
import { kmsKeyring } from '@strongroom/kms'
import { startEmbeddedKinesis, startEmbeddedKms } from '@strongroom/testing'

const StreamName = 'orders'
const kms = await startEmbeddedKms()
const kinesis = await startEmbeddedKinesis()
kinesis.createStream(StreamName)

const keyring = kmsKeyring({ generatorKeyId: kms.createKey(), client: new KMSClient(kms.clientConfig) })
const client = withEncryption(new KinesisClient(kinesis.clientConfig), {
  keyring,
  cache: { maxAgeMs: 60_000 },
  streams: { [StreamName]: {} },
})
const Data = new TextEncoder().encode('two pairs of boots')
const { ShardId } = await client.send(new PutRecordCommand({ StreamName, PartitionKey: 'order-1', Data }))
const { ShardIterator } = await client.send(new GetShardIteratorCommand({ StreamName, ShardId, ShardIteratorType: 'TRIM_HORIZON' }))
const { Records } = await client.send(new GetRecordsCommand({ ShardIterator }))

assert.deepEqual(
  Records?.map((record) => new TextDecoder().decode(record.Data)),
  ['two pairs of boots'],
)
assert.ok(!kinesis.requests.some(({ body }) => Buffer.from(body).includes(Buffer.from(Data).toString('base64'))))
client.destroy()
await Promise.all([kms.close(), kinesis.close()])
console.log('records: ok')
