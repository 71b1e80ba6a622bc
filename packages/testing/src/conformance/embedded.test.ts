import { KinesisClient } from '@aws-sdk/client-kinesis'
import { KMSClient } from '@aws-sdk/client-kms'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type EmbeddedKinesis, startEmbeddedKinesis } from '../kinesis/embedded-kinesis.ts'
import { type EmbeddedKms, startEmbeddedKms } from '../kms/embedded-kms.ts'
import { kinesisConformance } from './kinesis.ts'
import { kmsConformance } from './kms.ts'

describe('the embedded KMS does what AWS documents', () => {
  let kms: EmbeddedKms
  let client: KMSClient

  beforeAll(async () => {
    kms = await startEmbeddedKms()
    client = new KMSClient(kms.clientConfig)
  })
  afterAll(async () => {
    client.destroy()
    await kms.close()
  })

  for (const { name, run } of kmsConformance) it(name, () => run(client))
})

describe('the embedded Kinesis does what AWS documents', () => {
  let kinesis: EmbeddedKinesis
  let client: KinesisClient

  beforeAll(async () => {
    kinesis = await startEmbeddedKinesis({ recordRequests: false })
    client = new KinesisClient(kinesis.clientConfig)
  })
  afterAll(async () => {
    client.destroy()
    await kinesis.close()
  })

  for (const { name, run } of kinesisConformance) it(name, () => run(client))
})

it('no two checks of a service have the same name', () => {
  for (const names of [kmsConformance, kinesisConformance].map((checks) => checks.map(({ name }) => name))) {
    expect(new Set(names).size).toBe(names.length)
  }
})
