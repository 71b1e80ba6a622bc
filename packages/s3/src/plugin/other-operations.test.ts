import {
  CopyObjectCommand,
  type CopyObjectCommandInput,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  RenameObjectCommand,
  RestoreObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { BUCKET, type Lab, startLab } from '../../test/lab.ts'
import { memoryKms } from '../../test/memory-kms.ts'
import { parseCopySource } from './copy-source.ts'

let lab: Lab
beforeAll(async () => {
  lab = await startLab()
})
afterAll(() => lab.close())

const text = 'two pairs of boots'
const object = { Bucket: BUCKET, Key: 'order-1' }
const FORBID = 'FORBID_ENCRYPT_ALLOW_DECRYPT'
const filed = { instructionFile: true } as const

async function read(client: S3Client, Key: string): Promise<string | undefined> {
  return await (await client.send(new GetObjectCommand({ Bucket: BUCKET, Key }))).Body?.transformToString()
}

async function keys(prefix: string): Promise<(string | undefined)[]> {
  const { Contents = [] } = await lab.plain.send(new ListObjectsV2Command({ Bucket: BUCKET, Prefix: prefix }))
  return Contents.map(({ Key }) => Key)
}

describe('HeadObject and GetObjectAttributes', () => {
  it.each([{}, { commitmentPolicy: FORBID }, { format: 'esdk' }, filed, { ...filed, commitmentPolicy: FORBID }] as const)(
    'tell the length of the plaintext: %j',
    async (config) => {
      const client = lab.encrypted(config)
      await client.send(new PutObjectCommand({ ...object, Body: text, Metadata: { color: 'red' } }))
      const head = await client.send(new HeadObjectCommand(object))
      expect(head).toMatchObject({ ContentLength: text.length, Metadata: { color: 'red' } })
      expect(Object.keys(head.Metadata ?? {})).toEqual(['color'])
      const attributes = await client.send(new GetObjectAttributesCommand({ ...object, ObjectAttributes: ['ObjectSize', 'ETag'] }))
      expect(attributes.ObjectSize).toBe(text.length)
      lab.calls()
      await client.send(new GetObjectAttributesCommand({ ...object, ObjectAttributes: ['ETag'] }))
      expect(lab.calls()).toEqual(['GetObjectAttributes'])
    },
  )

  it('tell what S3 tells where the object is not encrypted, or its envelope is of no format', async () => {
    const client = lab.encrypted()
    for (const Metadata of [{}, { 'x-amz-c': '115' }, { 'x-amz-unencrypted-content-length': 'many' }]) {
      await lab.plain.send(new PutObjectCommand({ ...object, Body: text, Metadata: Metadata as Record<string, string> }))
      expect((await client.send(new HeadObjectCommand(object))).ContentLength).toBe(text.length)
    }
  })
})

describe('CopyObject', () => {
  const copy = (client: S3Client, input: Partial<CopyObjectCommandInput> = {}) =>
    client.send(new CopyObjectCommand({ Bucket: BUCKET, Key: 'copy', CopySource: `${BUCKET}/order-1`, ...input }))
  beforeEach(async () => {
    await lab.plain.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'copy.instruction' }))
  })

  it.each([{}, { commitmentPolicy: FORBID }, { format: 'esdk' }] as const)(
    'keeps the envelope, also where metadata is replaced: %j',
    async (config) => {
      const client = lab.encrypted(config)
      await client.send(new PutObjectCommand({ ...object, Body: text, Metadata: { color: 'red' } }))
      lab.calls()
      await copy(client)
      expect(lab.calls()).toEqual(['CopyObject'])
      expect(await read(client, 'copy')).toBe(text)
      await copy(client, { MetadataDirective: 'REPLACE', Metadata: { color: 'blue' }, ContentType: 'text/plain' })
      const head = await client.send(new HeadObjectCommand({ Bucket: BUCKET, Key: 'copy' }))
      expect(head).toMatchObject({ Metadata: { color: 'blue' }, ContentType: 'text/plain', ContentLength: text.length })
      expect(await read(client, 'copy')).toBe(text)
      // Onto itself, which is how metadata is changed.
      await copy(client, { CopySource: `${BUCKET}/copy`, MetadataDirective: 'REPLACE' })
      expect(await read(client, 'copy')).toBe(text)
    },
  )

  it.each([{}, { commitmentPolicy: FORBID }] as const)('takes an instruction file along: %j', async (policy) => {
    const client = lab.encrypted({ ...filed, ...policy })
    await client.send(new PutObjectCommand({ ...object, Body: text, Metadata: { color: 'red' } }))
    await copy(client)
    expect(await keys('copy')).toEqual(['copy', 'copy.instruction'])
    expect(await read(client, 'copy')).toBe(text)
    await copy(client, { MetadataDirective: 'REPLACE' })
    expect(await read(client, 'copy')).toBe(text)
    await copy(client, { CopySource: `/${BUCKET}/copy`, MetadataDirective: 'REPLACE' })
    expect(await read(client, 'copy')).toBe(text)
  })

  it('takes an instruction file along from a client that does not write them, where metadata is replaced', async () => {
    await lab.encrypted(filed).send(new PutObjectCommand({ ...object, Body: text }))
    const client = lab.encrypted()
    await copy(client, { MetadataDirective: 'REPLACE' })
    expect(await read(client, 'copy')).toBe(text)
  })

  it('refuses to lose the envelope', async () => {
    const client = lab.encrypted()
    await expect(copy(client, { MetadataDirective: 'REPLACE', CopySource: 'nonsense' })).rejects.toMatchObject({
      code: 'PARAMETER_UNSUPPORTED',
      option: 'CopySource',
    })
    await expect(copy(client, { MetadataDirective: 'REPLACE', Metadata: { 'x-amz-c': '1' } })).rejects.toMatchObject({
      code: 'OPTION_INVALID',
    })
    await lab.encrypted(filed).send(new PutObjectCommand({ ...object, Body: text }))
    await lab.plain.send(new DeleteObjectCommand({ ...object, Key: 'order-1.instruction' }))
    await expect(copy(client, { MetadataDirective: 'REPLACE' })).rejects.toMatchObject({ code: 'INSTRUCTION_FILE_MISSING' })
  })

  it('copies what it looked at', async () => {
    const client = lab.encrypted()
    await client.send(new PutObjectCommand({ ...object, Body: text }))
    using _fault = lab.s3.faults.latency(0, {
      operations: ['CopyObject'],
      when: () => {
        lab.s3.tamper({ bucket: BUCKET, key: object.Key }, {})
        return true
      },
    })
    await copy(client, { MetadataDirective: 'REPLACE' })
    const copied = lab.s3.requests.filter(({ operation }) => operation === 'CopyObject').at(-1)
    expect(copied?.headers['x-amz-copy-source-if-match']).toMatch(/^"/)
  })

  it.each([
    ['bucket/key', { bucket: 'bucket', key: 'key', versionId: undefined }],
    ['/bucket/a/b', { bucket: 'bucket', key: 'a/b', versionId: undefined }],
    ['bucket/a%20b%2Fc?versionId=v1', { bucket: 'bucket', key: 'a b/c', versionId: 'v1' }],
    ['bucket/what?', { bucket: 'bucket', key: 'what?', versionId: undefined }],
    [
      'arn:aws:s3:eu-west-1:111122223333:accesspoint/point/object/a/b',
      { bucket: 'arn:aws:s3:eu-west-1:111122223333:accesspoint/point', key: 'a/b', versionId: undefined },
    ],
  ])('reads the source %s', (source, expected) => {
    expect(parseCopySource(source)).toEqual(expected)
  })

  it.each(['', 'bucket', 'bucket/', '/', '%', 'bucket/%zz'])('reads no source in %j', (source) => {
    expect(() => parseCopySource(source)).toThrowError(expect.objectContaining({ code: 'PARAMETER_UNSUPPORTED' }))
  })
})

describe('DeleteObject and DeleteObjects', () => {
  it('take instruction files along where those are in use', async () => {
    const client = lab.encrypted(filed)
    for (const Key of ['gone-1', 'gone-2', 'gone-3']) await client.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: text }))
    await client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'gone-1' }))
    expect(await keys('gone')).toEqual(['gone-2', 'gone-2.instruction', 'gone-3', 'gone-3.instruction'])
    const answer = await client.send(
      new DeleteObjectsCommand({ Bucket: BUCKET, Delete: { Objects: [{ Key: 'gone-2' }, { Key: 'gone-3' }] } }),
    )
    expect(answer.Deleted?.map(({ Key }) => Key)).toEqual(['gone-2', 'gone-3'])
    expect(await keys('gone')).toEqual([])
  })

  it('leave alone what looks like one elsewhere', async () => {
    const client = lab.encrypted()
    for (const Key of ['mine', 'mine.instruction']) await client.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: text }))
    await client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'mine' }))
    await client.send(new DeleteObjectsCommand({ Bucket: BUCKET, Delete: { Objects: [{ Key: 'mine' }] } }))
    expect(await keys('mine')).toEqual(['mine.instruction'])
  })

  it('of a version leave the file, which others may need', async () => {
    lab.s3.createBucket('versioned', { versioning: 'Enabled' })
    const client = lab.encrypted(filed)
    const at = { Bucket: 'versioned', Key: 'a' }
    const { VersionId } = await client.send(new PutObjectCommand({ ...at, Body: text }))
    lab.calls()
    await client.send(new DeleteObjectCommand({ ...at, VersionId }))
    await client.send(new DeleteObjectsCommand({ Bucket: 'versioned', Delete: { Objects: [{ Key: 'a', VersionId }] } }))
    expect(lab.calls()).toEqual(['DeleteObject', 'DeleteObjects'])
  })
})

describe('other operations', () => {
  it('RenameObject would leave an instruction file behind', async () => {
    const rename = new RenameObjectCommand({ ...object, RenameSource: `/${BUCKET}/a` })
    await expect(lab.encrypted(filed).send(rename)).rejects.toMatchObject({ code: 'COMMAND_UNSUPPORTED' })
  })

  it('RestoreObject brings an object back from the archive, and does not look into it', async () => {
    const client = lab.encrypted()
    await client.send(new PutObjectCommand({ ...object, Body: text, StorageClass: 'GLACIER' }))
    await expect(read(client, object.Key)).rejects.toMatchObject({ name: 'InvalidObjectState' })
    const select = { Type: 'SELECT', SelectParameters: undefined } as const
    await expect(client.send(new RestoreObjectCommand({ ...object, RestoreRequest: select }))).rejects.toMatchObject({
      code: 'PARAMETER_UNSUPPORTED',
    })
    await client.send(new RestoreObjectCommand({ ...object, RestoreRequest: { Days: 1 } }))
    expect(await read(client, object.Key)).toBe(text)
  })

  it('a redirect to another Region does not encrypt anew', async () => {
    lab.s3.createBucket('elsewhere', { region: 'eu-west-1' })
    const kms = memoryKms()
    const client = lab.encrypted({ keyring: kms }, { followRegionRedirects: true })
    await client.send(new PutObjectCommand({ Bucket: 'elsewhere', Key: 'a', Body: text }))
    expect(kms.calls).toHaveLength(1)
    expect(await (await client.send(new GetObjectCommand({ Bucket: 'elsewhere', Key: 'a' }))).Body?.transformToString()).toBe(text)
  })
})
