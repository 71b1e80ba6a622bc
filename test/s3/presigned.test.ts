import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { createPresignedPost } from '@aws-sdk/s3-presigned-post'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { generateAesKey, rawAesKeyring } from '@strongroom/core'
import { decryptObject, encryptObject, headersFromMetadata, metadataFromHeaders, withEncryption } from '@strongroom/s3'
import { type EmbeddedS3, startEmbeddedS3 } from '@strongroom/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const keyring = rawAesKeyring({ namespace: 's3', name: 'kek', key: generateAesKey() })
const at = { Bucket: 'orders', Key: 'order-3' }
const text = 'two pairs of boots'

describe('presigned URLs', () => {
  let s3: EmbeddedS3
  let plain: S3Client
  beforeAll(async () => {
    s3 = await startEmbeddedS3()
    s3.createBucket(at.Bucket)
    // By default the SDK would sign a checksum of no body at all.
    plain = new S3Client({ ...s3.clientConfig, requestChecksumCalculation: 'WHEN_REQUIRED' })
  })
  afterAll(async () => {
    plain.destroy()
    await s3.close()
  })

  it('carry an object that was encrypted before, with its envelope signed, and give it back', async () => {
    const { body, metadata } = await encryptObject(new TextEncoder().encode(text), { keyring })
    const put = new PutObjectCommand({ ...at, Metadata: metadata })
    const headers = headersFromMetadata(metadata)
    const url = await getSignedUrl(plain, put, { unhoistableHeaders: new Set(Object.keys(headers)) })
    const answer = await fetch(url, { method: 'PUT', body: Buffer.from(body), headers })
    expect(answer.status).toBe(200)
    const { Body } = await withEncryption(plain, { keyring }).send(new GetObjectCommand(at))
    expect(await Body?.transformToString()).toBe(text)
    const response = await fetch(await getSignedUrl(plain, new GetObjectCommand(at)))
    const object = { body: new Uint8Array(await response.arrayBuffer()), metadata: metadataFromHeaders(response.headers) }
    const { plaintext } = await decryptObject(object, { keyring })
    expect(new TextDecoder().decode(plaintext)).toBe(text)
    const forged = await fetch(url, { method: 'PUT', body: Buffer.from(body), headers: { ...headers, 'x-amz-meta-x-amz-d': 'AAAA' } })
    expect(forged.status).toBe(403)
  })

  it('are not signed by a client that encrypts', async () => {
    const client = withEncryption(plain, { keyring })
    for (const command of [new GetObjectCommand(at), new PutObjectCommand({ ...at, Body: text })]) {
      await expect(getSignedUrl(client, command as GetObjectCommand)).rejects.toMatchObject({ code: 'COMMAND_UNSUPPORTED' })
    }
  })

  it('forms take the envelope as fields, and the length of the body as a condition', async () => {
    const { body, metadata } = await encryptObject(new TextEncoder().encode(text), { keyring })
    const Fields = headersFromMetadata(metadata)
    const { fields } = await createPresignedPost(plain, { ...at, Fields, Conditions: [['content-length-range', body.length, body.length]] })
    expect(fields).toMatchObject(Fields)
    const policy = JSON.parse(Buffer.from(String(fields.Policy), 'base64').toString())
    expect(policy.conditions).toContainEqual(['content-length-range', body.length, body.length])
    for (const [name, value] of Object.entries(Fields)) expect(policy.conditions).toContainEqual({ [name]: value })
  })
})
