import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  type CompleteMultipartUploadCommandOutput,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { s3Error } from '../errors.ts'
import { accessOf, isNotFound, pick } from '../plugin/call.ts'
import type { BodyPart } from './cut-parts.ts'
import type { EncryptedUploadParams } from './upload-options.ts'

/** Parameters that an object gets from the request that stores it, and that a part has nothing to do with. */
const ONLY_OF_OBJECTS = ['Metadata', 'Tagging', 'ContentType', 'ContentEncoding', 'IfMatch', 'IfNoneMatch'] as const
const NAMING = ['Bucket', 'Key', 'RequestPayer', 'ExpectedBucketOwner']

/** What no two objects have in common. */
const IDENTIFYING = ['x-amz-i', 'x-amz-key-v2'] as const

/** A multipart upload of ciphertext, at S3. */
export interface MultipartUpload {
  readonly id: string
  /** Sends a part; the same bytes with each retry. */
  sendPart(part: BodyPart, signal: AbortSignal): Promise<void>
  complete(): Promise<CompleteMultipartUploadCommandOutput>
  /** Takes the upload and its parts away. No part may be on its way any more: S3 would keep it. */
  abandon(): Promise<void>
}

/**
 * Begins a multipart upload. Nothing interrupts it: an upload whose answer nobody waits for would stay behind.
 *
 * @param params - without a body; `Metadata` has the envelope.
 */
export async function beginMultipartUpload(plain: Pick<S3Client, 'send'>, params: EncryptedUploadParams): Promise<MultipartUpload> {
  const { ContentLength: _length, Body: _body, ...whole } = params
  const ofPart: Omit<EncryptedUploadParams, 'Body'> = { ...whole }
  for (const name of ONLY_OF_OBJECTS) delete ofPart[name]
  const naming = pick(params, NAMING) as { Bucket: string; Key: string }
  const { UploadId } = await plain.send(new CreateMultipartUploadCommand(whole))
  if (UploadId === undefined) throw s3Error('RESPONSE_UNEXPECTED', 'S3 answered a new multipart upload without its UploadId.')
  const parts = new Map<number, CompletedPart>()
  return {
    id: UploadId,
    async sendPart({ number, data }, abortSignal) {
      const command = new UploadPartCommand({ ...ofPart, UploadId, PartNumber: number, Body: data })
      const { ETag, $metadata: _, ...answer } = await plain.send(command, { abortSignal })
      if (ETag === undefined) throw s3Error('RESPONSE_UNEXPECTED', `S3 answered part ${number} without its ETag.`)
      const checksums = Object.fromEntries(Object.entries(answer).filter(([name]) => /^Checksum(?!Type$)/.test(name)))
      parts.set(number, { PartNumber: number, ETag, ...checksums })
    },
    async complete() {
      const Parts = [...parts.values()].sort((a, b) => (a.PartNumber ?? 0) - (b.PartNumber ?? 0))
      try {
        return await plain.send(new CompleteMultipartUploadCommand({ ...whole, UploadId, MultipartUpload: { Parts } }))
      } catch (error) {
        const stored = await storedAfterAll(plain, params).catch(() => undefined)
        if (stored === undefined) throw error
        return stored
      }
    },
    async abandon() {
      try {
        await plain.send(new AbortMultipartUploadCommand({ ...naming, UploadId }))
      } catch (error) {
        if (!isNotFound(error)) throw error
      }
    },
  }
}

/**
 * Answers for a completion whose answer was lost: the object that is there, where it is this one. A retry of the completion finds no upload any more.
 */
async function storedAfterAll(
  plain: Pick<S3Client, 'send'>,
  params: EncryptedUploadParams,
): Promise<CompleteMultipartUploadCommandOutput | undefined> {
  const name = IDENTIFYING.find((candidate) => params.Metadata?.[candidate] !== undefined)
  if (name === undefined) return undefined
  const { Bucket, Key } = params
  const { Metadata, ETag, VersionId, $metadata } = await plain.send(new HeadObjectCommand({ Bucket, Key, ...accessOf(params) }))
  if (Metadata?.[name] !== params.Metadata?.[name]) return undefined
  return { $metadata, Bucket, Key, ETag, VersionId }
}
