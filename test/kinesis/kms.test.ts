import { buildClient, CommitmentPolicy, KmsKeyringNode } from '@aws-crypto/client-node'
import {
  type _Record,
  GetRecordsCommand,
  type GetRecordsCommandOutput,
  GetShardIteratorCommand,
  KinesisClient,
  PutRecordCommand,
  PutRecordsCommand,
} from '@aws-sdk/client-kinesis'
import { DisableKeyCommand, EnableKeyCommand, KMS, KMSClient } from '@aws-sdk/client-kms'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import {
  isUndecryptableRecordsError,
  type KinesisEncryptionSettings,
  type RejectedRecord,
  type UndecryptableRecordsError,
  withEncryption,
} from '@strongroom/kinesis'
import { kmsKeyring } from '@strongroom/kms'
import { type EmbeddedKinesis, type EmbeddedKms, startEmbeddedKinesis, startEmbeddedKms } from '@strongroom/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const CONTEXT = { 'strongroom-purpose': 'kinesis-record', 'strongroom-stream': 'orders' }

let kms: EmbeddedKms
let kinesis: EmbeddedKinesis
let keyArn: string
let plain: KinesisClient

beforeEach(async () => {
  kms = await startEmbeddedKms()
  kinesis = await startEmbeddedKinesis()
  kinesis.createStream('orders')
  keyArn = kms.createKey()
  plain = new KinesisClient({ ...kinesis.clientConfig, requestHandler: new NodeHttpHandler() })
})
afterEach(async () => {
  await kinesis.close()
  await kms.close()
})

/** A process of its own: a cold cache and a KMS client that tries once. */
function encrypted(config: Partial<KinesisEncryptionSettings> = {}, requestTimeout = 0): KinesisClient {
  const requestHandler = new NodeHttpHandler({ requestTimeout, throwOnRequestTimeout: true })
  const client = new KMSClient({ ...kms.clientConfig, maxAttempts: 1, requestHandler })
  return withEncryption(plain, {
    keyring: kmsKeyring({ generatorKeyId: keyArn, client }),
    cache: { maxAgeMs: 600_000 },
    streams: { orders: {} },
    ...config,
  })
}

function batch(...data: readonly string[]): PutRecordsCommand {
  return new PutRecordsCommand({ StreamName: 'orders', Records: data.map((text) => ({ PartitionKey: text, Data: Buffer.from(text) })) })
}

async function horizon(client: KinesisClient): Promise<string | undefined> {
  const { ShardIterator } = await client.send(
    new GetShardIteratorCommand({ StreamName: 'orders', ShardId: 'shardId-000000000000', ShardIteratorType: 'TRIM_HORIZON' }),
  )
  return ShardIterator
}

function texts(records: readonly _Record[] | undefined): readonly string[] {
  return (records ?? []).map(({ Data }) => Buffer.from(Data ?? []).toString())
}

describe('records under a KMS key', () => {
  it('cost one call in each process, which carries the context that key policies can ask for', async () => {
    const producer = encrypted()
    await Promise.all(Array.from({ length: 50 }, (_, index) => producer.send(batch(`${index} a`, `${index} b`))))
    const consumer = encrypted()
    const { Records } = await consumer.send(new GetRecordsCommand({ ShardIterator: await horizon(consumer) }))
    expect(Records?.length).toBe(100)
    expect(kms.calls.all.map(({ operation, encryptionContext }) => ({ operation, encryptionContext }))).toEqual([
      { operation: 'GenerateDataKey', encryptionContext: CONTEXT },
      { operation: 'Decrypt', encryptionContext: CONTEXT },
    ])
  })

  it('that are too large are refused without a call to KMS, to the byte', async () => {
    const overhead = 132 + 65 + 13 + keyArn.length + 184
    const client = encrypted()
    const put = (length: number) =>
      client.send(new PutRecordCommand({ StreamName: 'orders', PartitionKey: 'key', Data: new Uint8Array(length) }))
    const most = 1_048_576 - 3 - overhead
    await expect(put(most + 1)).rejects.toMatchObject({
      code: 'RECORD_TOO_LARGE',
      beforeWrapping: true,
      sizes: { plaintextBytes: most + 1, ciphertextBytes: 1_048_576 - 2, partitionKeyBytes: 3, limitBytes: 1_048_576 },
    })
    expect(kms.calls.all).toEqual([])
    await put(most)
    expect(kinesis.calls.count('PutRecord')).toBe(1)
  })

  it("are what AWS's Encryption SDK for JavaScript writes and reads", async () => {
    const { encrypt, decrypt } = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT)
    const client = new KMS(kms.clientConfig)
    // The SDK's own KMS class does not satisfy the type that their keyring asks for.
    const clientProvider = (() => client) as unknown as NonNullable<
      NonNullable<ConstructorParameters<typeof KmsKeyringNode>[0]>['clientProvider']
    >
    const keyring = new KmsKeyringNode({ generatorKeyId: keyArn, clientProvider })
    const { result } = await encrypt(keyring, Buffer.from('theirs'), { encryptionContext: CONTEXT })
    await plain.send(new PutRecordCommand({ StreamName: 'orders', PartitionKey: 'p', Data: result }))
    const ours = encrypted()
    await ours.send(batch('ours'))
    expect(texts((await ours.send(new GetRecordsCommand({ ShardIterator: await horizon(ours) }))).Records)).toEqual(['theirs', 'ours'])
    const { Records = [] } = await plain.send(new GetRecordsCommand({ ShardIterator: await horizon(plain) }))
    const { plaintext, messageHeader } = await decrypt(keyring, Records[1]?.Data as Uint8Array)
    expect(plaintext.toString()).toBe('ours')
    expect(messageHeader.encryptionContext).toEqual(CONTEXT)
  })
})

/** How KMS can be at fault, and what that is. Each answers how to mend it. */
const faults: readonly [string, 'transient' | 'operational', () => Promise<() => Promise<unknown>>][] = [
  ['is down', 'transient', async () => mendable(kms.faults.outage('reset'))],
  ['fails', 'transient', async () => mendable(kms.faults.outage('internal-error'))],
  ['does not answer', 'transient', async () => mendable(kms.faults.outage('silent'))],
  ['throttles', 'transient', async () => mendable(kms.faults.throttle())],
  ['denies', 'operational', async () => mendable(kms.faults.fail({ name: 'AccessDeniedException' }))],
  [
    'has the key disabled',
    'operational',
    async () => {
      const admin = new KMSClient(kms.clientConfig)
      await admin.send(new DisableKeyCommand({ KeyId: keyArn }))
      return () => admin.send(new EnableKeyCommand({ KeyId: keyArn }))
    },
  ],
]

function mendable(fault: { release(): void }): () => Promise<void> {
  return async () => fault.release()
}

describe.each(faults)('while KMS %s', (what, expected, breakKms) => {
  // Only silence has to be waited out.
  const requestTimeout = what === 'does not answer' ? 1000 : 0

  it('nothing is put, and the error says whether to wait or to act', async () => {
    const client = encrypted({}, requestTimeout)
    const mend = await breakKms()
    await expect(client.send(batch('a', 'b'))).rejects.toMatchObject({
      code: expected === 'transient' ? 'KEY_TRANSIENT' : 'KEY_OPERATIONAL',
    })
    expect(kinesis.requests).toEqual([])
    await mend()
    await client.send(batch('a', 'b'))
    expect(kinesis.calls.count('PutRecords')).toBe(1)
  })

  it(`records are ${expected}: none is lost, skipped or taken for a forgery`, async () => {
    await encrypted().send(batch('a', 'b', 'c'))
    const settled: RejectedRecord[] = []
    const onRejected = (rejected: RejectedRecord): 'skip' => {
      settled.push(rejected)
      return 'skip'
    }
    const consumer = encrypted({ onRejected }, requestTimeout)
    const mend = await breakKms()
    const errors: UndecryptableRecordsError[] = []
    const received: string[] = []
    let iterator = await horizon(consumer)
    for (let round = 0; round < 4; round += 1) {
      const output: GetRecordsCommandOutput = await consumer
        .send(new GetRecordsCommand({ ShardIterator: iterator, Limit: 2 }))
        .catch((error: unknown) => {
          if (!isUndecryptableRecordsError(error)) throw error
          errors.push(error)
          return error.output
        })
      received.push(...texts(output.Records))
      iterator = output.NextShardIterator
      if (round === 1) await mend()
    }
    expect(errors.flatMap(({ failures }) => failures.map((failure) => failure.class))).toEqual([expected, expected, expected, expected])
    expect(settled).toEqual([])
    expect(received).toEqual(['a', 'b', 'c'])
  })
})
