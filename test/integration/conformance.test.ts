import { KinesisClient } from '@aws-sdk/client-kinesis'
import { KMSClient } from '@aws-sdk/client-kms'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { type ConformanceCheck, kinesisConformance, kmsConformance } from '@strongroom/testing/conformance'
import { afterAll, expect, it } from 'vitest'
import { describeOnLocalStack } from '../support/localstack.ts'

/** By the name of the check: how the check fails on LocalStack 4.14.0. */
type Deviations = ReadonlyMap<string, RegExp>

const kmsDeviations: Deviations = new Map([
  ['GenerateDataKey answers 16 bytes for AES_128', /32 !== 16/],
  ['GenerateDataKey answers as many bytes as NumberOfBytes asks for', /32 !== 1/],
  ['GenerateDataKey refuses NumberOfBytes outside 1 to 1024', /^accepted/],
  ['GenerateDataKey refuses neither and both of KeySpec and NumberOfBytes', /^accepted/],
  ['GenerateDataKey with DryRun makes no key', /^accepted/],
  ['Encrypt refuses an empty plaintext', /^accepted/],
  ['Encrypt and Decrypt answer the algorithm even when it was not sent', /undefined/],
  ['Encrypt refuses the algorithm of another kind of key', /^accepted/],
  ['Decrypt refuses a blob with a changed first byte as invalid ciphertext', /^refused with (NotFoundException|IncorrectKeyException)/],
  ['Decrypt refuses bytes that never were a blob', /^refused with NotFoundException/],
  ['Decrypt with DryRun answers no plaintext', /^accepted/],
  ['a blob does not open under a context that only concatenates to the same text', /^accepted/],
  ['a context larger than 8 KB is refused', /^accepted/],
  ['an alias can be moved to a key named by its ARN', /Invalid keyId/],
  ['rotations are listed with their kind', /not yet been emulated/],
  ['ReEncrypt finds the source key by the blob', /NoneType/],
  ['a grant token that was never given out is refused', /^accepted/],
  ['a replica opens what its primary sealed after a rotation', /UnknownError/],
  ['a replica is not rotated itself', /^accepted/],
])

const kinesisDeviations: Deviations = new Map([
  ['the summary tells the maximum record size', /undefined/],
  ['an iterator that was never given out is refused as an invalid argument', /^refused with 500/],
  ['the partition key counts towards the record size', /^accepted/],
  ['a stream can take records of up to 10 MiB', /Data object is too large/],
  ['PutRecords takes 500 entries and refuses 501', /^accepted/],
  ['PutRecords refuses an empty list', /^accepted/],
  ['PutRecords takes 10 MiB with the partition keys and refuses one byte more', /^accepted/],
])

function runChecks<Client>(client: Client, checks: readonly ConformanceCheck<Client>[], deviations: Deviations): void {
  for (const { name, run } of checks) {
    const deviation = deviations.get(name)
    if (deviation === undefined) it.concurrent(name, () => run(client))
    // A LocalStack that was mended fails here: take the check off the list.
    else it.concurrent(`still deviates: ${name}`, ({ expect: holds }) => holds(run(client)).rejects.toThrow(deviation))
  }
  it('every listed deviation names a check', () => {
    const names = checks.map(({ name }) => name)
    expect([...deviations.keys()].filter((name) => !names.includes(name))).toEqual([])
  })
}

describeOnLocalStack('LocalStack KMS does what AWS documents, known deviations aside', (config) => {
  const client = new KMSClient(config)
  afterAll(() => client.destroy())
  runChecks(client, kmsConformance, kmsDeviations)
})

describeOnLocalStack('LocalStack Kinesis does what AWS documents, known deviations aside', (config) => {
  const client = new KinesisClient({ ...config, requestHandler: new NodeHttpHandler() })
  afterAll(() => client.destroy())
  runChecks(client, kinesisConformance, kinesisDeviations)
})
