import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  type CreateMultipartUploadCommandInput,
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  type GetObjectCommandInput,
  type GetObjectCommandOutput,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  type PutObjectCommandOutput,
  type S3Client,
  S3ServiceException,
  UploadPartCommand,
} from '@aws-sdk/client-s3'

/** A bucket made for one check, and the calls that most checks make. */
export class CheckBucket {
  readonly name: string
  readonly #client: S3Client

  constructor(client: S3Client, name: string) {
    this.#client = client
    this.name = name
  }

  /** Puts an object. */
  put(Key: string, Body: string | Uint8Array | Readable, more: Partial<PutObjectCommandInput> = {}): Promise<PutObjectCommandOutput> {
    return this.#client.send(new PutObjectCommand({ Bucket: this.name, Key, Body, ...more }))
  }

  /** Gets an object with its body read whole. */
  async get(Key: string, more: Partial<GetObjectCommandInput> = {}): Promise<GetObjectCommandOutput & { readonly bytes: Uint8Array }> {
    const output = await this.#client.send(new GetObjectCommand({ Bucket: this.name, Key, ...more }))
    assert(output.Body !== undefined)
    return { ...output, bytes: Uint8Array.from(await output.Body.transformToByteArray()) }
  }

  /** The object's body as text. */
  async text(Key: string, more: Partial<GetObjectCommandInput> = {}): Promise<string> {
    return Buffer.from((await this.get(Key, more)).bytes).toString()
  }

  /** Begins an upload in parts. */
  async beginUpload(Key: string, more: Partial<CreateMultipartUploadCommandInput> = {}): Promise<string> {
    const { UploadId } = await this.#client.send(new CreateMultipartUploadCommand({ Bucket: this.name, Key, ...more }))
    assert(UploadId !== undefined)
    return UploadId
  }

  /** Uploads a part; answers what CompleteMultipartUpload needs of it. */
  async uploadPart(Key: string, UploadId: string, PartNumber: number, Body: Uint8Array): Promise<CompletedPart> {
    const { ETag } = await this.#client.send(new UploadPartCommand({ Bucket: this.name, Key, UploadId, PartNumber, Body }))
    return { PartNumber, ETag }
  }
}

/** Makes a bucket; deletes it afterwards with all that is in it. */
export async function withBucket(
  client: S3Client,
  use: (bucket: CheckBucket) => Promise<void>,
  { versioning = false }: { readonly versioning?: boolean } = {},
): Promise<void> {
  const Bucket = `conformance-${randomUUID()}`
  await client.send(new CreateBucketCommand({ Bucket }))
  try {
    if (versioning) {
      await client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }))
    }
    await use(new CheckBucket(client, Bucket))
  } finally {
    await empty(client, Bucket)
    await client.send(new DeleteBucketCommand({ Bucket }))
  }
}

async function empty(client: S3Client, Bucket: string): Promise<void> {
  const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket }))
  for (const { Key, UploadId } of Uploads) await client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }))
  for (;;) {
    const { Versions = [], DeleteMarkers = [] } = await client.send(new ListObjectVersionsCommand({ Bucket }))
    const all = [...Versions, ...DeleteMarkers]
    if (all.length === 0) return
    for (const { Key, VersionId } of all) await client.send(new DeleteObjectCommand({ Bucket, Key, VersionId }))
  }
}

/** Bytes that are all different from their neighbours. */
export function pattern(length: number, seed = 0): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 31 + (index >> 8) + seed) & 0xff)
}

/** A stream of pieces of at most `piece` bytes. */
export function stream(bytes: Uint8Array, piece = 65_536): Readable {
  const pieces = Array.from({ length: Math.ceil(bytes.length / piece) }, (_, index) => bytes.subarray(index * piece, (index + 1) * piece))
  return Readable.from(pieces, { objectMode: false })
}

/** Asserts that a call is refused with an HTTP status; for answers without a body, and so without an error code. */
export async function refusedWithStatus(call: Promise<unknown>, status: number): Promise<void> {
  try {
    await call
  } catch (error) {
    assert.equal(error instanceof S3ServiceException ? error.$metadata.httpStatusCode : String(error), status)
    return
  }
  throw new assert.AssertionError({ message: `accepted, not refused with HTTP ${status}` })
}
