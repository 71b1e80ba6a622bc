import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { testClock } from '../test-clock.ts'
import { type EmbeddedS3, startEmbeddedS3 } from './embedded-s3.ts'

const Bucket = 'documents'
const Key = 'a folder/größe+1.txt'
const clock = testClock()
let s3: EmbeddedS3
let client: S3Client

beforeEach(async () => {
  s3 = await startEmbeddedS3({ clock })
  s3.createBucket(Bucket)
  client = new S3Client({ ...s3.clientConfig, requestChecksumCalculation: 'WHEN_REQUIRED' })
  await client.send(new PutObjectCommand({ Bucket, Key, Body: 'hello' }))
})
afterEach(async () => {
  client.destroy()
  await s3.close()
})

const signingDate = (): Date => new Date(clock())
const getUrl = (of = client): Promise<string> =>
  getSignedUrl(of, new GetObjectCommand({ Bucket, Key }), { signingDate: signingDate(), expiresIn: 60 })

async function codeOf(response: Response): Promise<string | undefined> {
  return /<Code>(.*)<\/Code>/.exec(await response.text())?.[1]
}

it('a presigned GET is answered until it expires', async () => {
  const url = await getUrl()
  expect(await (await fetch(url)).text()).toBe('hello')
  clock.advance(59_999)
  expect((await fetch(url)).status).toBe(200)
  clock.advance(1)
  const expired = await fetch(url)
  expect(expired.status).toBe(403)
  expect(await codeOf(expired)).toBe('AccessDenied')
})

it('a presigned PUT stores what the signature allows', async () => {
  const url = await getSignedUrl(
    client,
    new PutObjectCommand({ Bucket, Key: 'new', ContentType: 'text/x-test', Metadata: { colour: 'blue' } }),
    {
      signingDate: signingDate(),
      signableHeaders: new Set(['content-type']),
      unhoistableHeaders: new Set(['x-amz-meta-colour']),
    },
  )
  const headers = { 'content-type': 'text/x-test', 'x-amz-meta-colour': 'blue' }
  const wrong = await fetch(url, { method: 'PUT', body: 'hello', headers: { ...headers, 'x-amz-meta-colour': 'red' } })
  expect(await codeOf(wrong)).toBe('SignatureDoesNotMatch')
  expect((await fetch(url, { method: 'PUT', body: 'hello', headers })).status).toBe(200)
  const { Metadata, ContentType } = await client.send(new GetObjectCommand({ Bucket, Key: 'new' }))
  expect([Metadata, ContentType]).toEqual([{ colour: 'blue' }, 'text/x-test'])
})

it('metadata that was hoisted into the query counts as sent', async () => {
  const url = await getSignedUrl(client, new PutObjectCommand({ Bucket, Key: 'new', Metadata: { colour: 'blue' } }), {
    signingDate: signingDate(),
  })
  expect((await fetch(url, { method: 'PUT', body: 'hello' })).status).toBe(200)
  expect((await client.send(new GetObjectCommand({ Bucket, Key: 'new' }))).Metadata).toEqual({ colour: 'blue' })
})

it('nothing of what was signed can be changed', async () => {
  const url = await getUrl()
  const changed = [
    url.replace('/a%20folder/', '/b%20folder/'),
    url.replace('X-Amz-Expires=60', 'X-Amz-Expires=600'),
    url.replace(/X-Amz-Signature=[0-9a-f]/, (match) => (match.endsWith('0') ? match.replace(/0$/, '1') : match.replace(/.$/, '0'))),
    `${url}&response-content-type=text/html`,
    url.replace('us-east-1', 'eu-west-1'),
  ]
  for (const each of changed) {
    const response = await fetch(each)
    expect([response.status, await codeOf(response)]).toEqual([403, 'SignatureDoesNotMatch'])
  }
  const put = await fetch(url, { method: 'PUT', body: 'other' })
  expect(await codeOf(put)).toBe('SignatureDoesNotMatch')
})

it('another key, a signature from the future and one for longer than a week are refused', async () => {
  const stranger = new S3Client({ ...s3.clientConfig, credentials: { accessKeyId: 'AKIAOTHER', secretAccessKey: 'other' } })
  const thief = new S3Client({ ...s3.clientConfig, credentials: { ...s3.clientConfig.credentials, secretAccessKey: 'guess' } })
  try {
    expect(await codeOf(await fetch(await getUrl(stranger)))).toBe('InvalidAccessKeyId')
    expect(await codeOf(await fetch(await getUrl(thief)))).toBe('SignatureDoesNotMatch')
  } finally {
    stranger.destroy()
    thief.destroy()
  }
  const command = new GetObjectCommand({ Bucket, Key })
  const early = await getSignedUrl(client, command, { signingDate: new Date(clock() + 3_600_000) })
  expect(await codeOf(await fetch(early))).toBe('AccessDenied')
  const url = (await getUrl()).replace('X-Amz-Expires=60', 'X-Amz-Expires=604801')
  expect(await codeOf(await fetch(url))).toBe('AuthorizationQueryParametersError')
})

it('a request without any signature is refused', async () => {
  const response = await fetch(`${s3.endpoint}/${Bucket}/${encodeURIComponent('a')}`)
  expect([response.status, await codeOf(response)]).toEqual([403, 'AccessDenied'])
})
