import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms'
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { kmsKeyring } from '@strongroom/kms'
import { withEncryption } from '@strongroom/s3'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Bench, benchOf } from '../s3/bench.ts'
import { scenarios } from '../s3/scenarios.ts'
import { describeOnLocalStack } from '../support/localstack.ts'

const Bucket = `strongroom-s3-${process.pid}`

describeOnLocalStack('encrypted objects on LocalStack', (config) => {
  const plain = new S3Client({ ...config, forcePathStyle: true })
  const kms = new KMSClient(config)
  let bench: Bench

  beforeAll(async () => {
    await plain.send(new CreateBucketCommand({ Bucket }))
    bench = benchOf(plain, Bucket, 5 * 2 ** 20)
  })
  afterAll(() => {
    plain.destroy()
    kms.destroy()
  })

  it.each(scenarios)('%s', (_name, run) => run(bench))

  it('have their data keys from KMS, bound to their encryption context', async () => {
    const { KeyMetadata } = await kms.send(new CreateKeyCommand({}))
    const keyring = kmsKeyring({ generatorKeyId: KeyMetadata?.Arn as string, client: kms })
    const at = { Bucket, Key: 'order-1' }
    const encrypted = (tenant: string): S3Client => withEncryption(plain, { keyring, encryptionContext: { tenant } })
    await encrypted('blue').send(new PutObjectCommand({ ...at, Body: 'two pairs of boots' }))
    const { Body } = await encrypted('blue').send(new GetObjectCommand(at))
    expect(await Body?.transformToString()).toBe('two pairs of boots')
    await expect(encrypted('green').send(new GetObjectCommand(at))).rejects.toMatchObject({ code: 'CONTEXT_MISMATCH' })
  })
})
