// The adapter was installed with a copy of core of its own: errors, secrets, keyrings and materials pass from one copy to the other.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { GetRecordsCommand, GetShardIteratorCommand, KinesisClient, PutRecordCommand } from '@aws-sdk/client-kinesis'
import * as mine from '@strongroom/core'
import { withEncryption } from '@strongroom/kinesis'
import { startEmbeddedKinesis } from '@strongroom/testing'

const theirs = createRequire(createRequire(import.meta.url).resolve('@strongroom/kinesis'))('@strongroom/core')
assert.notEqual(theirs.StrongroomError, mine.StrongroomError, 'there are two copies')

for (const [one, other] of [
  [mine, theirs],
  [theirs, mine],
]) {
  const error = new one.StrongroomError('KEY_TRANSIENT', 'not now')
  assert.ok(!(error instanceof other.StrongroomError))
  assert.ok(other.isStrongroomError(error))
  assert.ok(other.isStrongroomError(error, 'KEY_TRANSIENT'))
  assert.ok(!other.isStrongroomError(error, 'MESSAGE_INVALID'))

  const secret = one.SecretBytes.copyOf(Uint8Array.of(1, 2, 3))
  assert.ok(!(secret instanceof other.SecretBytes))
  assert.ok(other.SecretBytes.is(secret))
  assert.ok(other.SecretBytes.copyOf(Uint8Array.of(1, 2, 3)).equals(secret))
  secret.dispose()
}

const StreamName = 'orders'
const kinesis = await startEmbeddedKinesis()
kinesis.createStream(StreamName)
const plain = new KinesisClient(kinesis.clientConfig)
const streams = { [StreamName]: {} }
const keyring = mine.rawAesKeyring({ namespace: 'example', name: 'kek', key: mine.generateAesKey() })

async function readAll(client) {
  const { ShardIterator } = await client.send(
    new GetShardIteratorCommand({ StreamName, ShardId: 'shardId-000000000000', ShardIteratorType: 'TRIM_HORIZON' }),
  )
  const { Records } = await client.send(new GetRecordsCommand({ ShardIterator }))
  return Records.map(({ Data }) => new TextDecoder().decode(Data))
}

const text = 'two pairs of boots'
const writer = withEncryption(plain, { keyring, cache: { maxAgeMs: 60_000 }, streams })
await writer.send(new PutRecordCommand({ StreamName, PartitionKey: 'order-1', Data: new TextEncoder().encode(text) }))
assert.deepEqual(await readAll(writer), [text])
assert.deepEqual(await readAll(withEncryption(plain, { materials: mine.cachingMaterials({ keyring, maxAgeMs: 60_000 }), streams })), [text])

const stranger = mine.rawAesKeyring({ namespace: 'example', name: 'kek', key: mine.generateAesKey() })
await assert.rejects(
  readAll(withEncryption(plain, { keyring: stranger, uncached: true, streams })),
  (error) => mine.isStrongroomError(error, 'RECORDS_UNDECRYPTABLE') && mine.isStrongroomError(error.cause, 'MESSAGE_INVALID'),
)
assert.throws(
  () => withEncryption(plain, { keyring, streams: {} }),
  (error) => mine.isStrongroomError(error, 'OPTION_INVALID'),
)

plain.destroy()
await kinesis.close()
console.log('two copies: ok')
