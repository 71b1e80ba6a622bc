import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { KinesisClient } from '@aws-sdk/client-kinesis'
import { KMSClient } from '@aws-sdk/client-kms'
import { S3Client } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type EmbeddedDynamoDB, startEmbeddedDynamoDB } from '../dynamodb/embedded-dynamodb.ts'
import { type EmbeddedKinesis, startEmbeddedKinesis } from '../kinesis/embedded-kinesis.ts'
import { type EmbeddedKms, startEmbeddedKms } from '../kms/embedded-kms.ts'
import { type EmbeddedS3, startEmbeddedS3 } from '../s3/embedded-s3.ts'
import { dynamoDBConformance } from './dynamodb.ts'
import { kinesisConformance } from './kinesis.ts'
import { kmsConformance } from './kms.ts'
import { s3Conformance } from './s3.ts'

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

describe('the embedded DynamoDB does what AWS documents', () => {
  let dynamodb: EmbeddedDynamoDB
  let client: DynamoDBClient

  beforeAll(async () => {
    dynamodb = await startEmbeddedDynamoDB({ recordRequests: false })
    client = new DynamoDBClient(dynamodb.clientConfig)
  })
  afterAll(async () => {
    client.destroy()
    await dynamodb.close()
  })

  for (const { name, run } of dynamoDBConformance) it(name, () => run(client))
})

describe('the embedded S3 does what AWS documents', () => {
  let s3: EmbeddedS3
  let client: S3Client

  beforeAll(async () => {
    s3 = await startEmbeddedS3({ recordRequests: false })
    client = new S3Client(s3.clientConfig)
  })
  afterAll(async () => {
    client.destroy()
    await s3.close()
  })

  for (const { name, run } of s3Conformance) it(name, () => run(client))
})

it('no two checks of a service have the same name', () => {
  for (const names of [kmsConformance, kinesisConformance, dynamoDBConformance, s3Conformance].map((checks) =>
    checks.map(({ name }) => name),
  )) {
    expect(new Set(names).size).toBe(names.length)
  }
})
