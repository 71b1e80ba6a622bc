import {
  type CopyObjectCommandInput,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
} from '@aws-sdk/client-s3'
import { StrongroomError } from '@strongroom/core'
import type { InstructionFile } from '../envelope/write-envelope.ts'
import type { ObjectLocation, S3Runtime } from '../plugin-config.ts'
import { accessOf, isNotFound, pick, sendOptions } from './call.ts'

/** Parameters of an object that its instruction file is stored with too. */
const SHARED: readonly string[] = [
  'ACL',
  'GrantFullControl',
  'GrantRead',
  'GrantReadACP',
  'GrantWriteACP',
  'ServerSideEncryption',
  'SSEKMSKeyId',
  'SSEKMSEncryptionContext',
  'BucketKeyEnabled',
]

interface StoredFile {
  readonly body: Uint8Array
  readonly metadata: Record<string, string>
}

/**
 * Reads the instruction file of an object; undefined where there is none.
 *
 * @throws `LIMIT_EXCEEDED` where it is longer than an envelope may be, before it is read
 */
export async function readInstructionFile(
  runtime: S3Runtime,
  { bucket, key }: ObjectLocation,
  suffix: string,
  access: Record<string, unknown>,
  signal: AbortSignal | undefined,
): Promise<StoredFile | undefined> {
  const { maxEnvelopeBytes } = runtime.config
  try {
    const command = new GetObjectCommand({ Bucket: bucket, Key: key + suffix, ...access })
    const { Body, ContentLength = 0, Metadata = {} } = await runtime.plain.send(command, sendOptions(signal))
    if (ContentLength > maxEnvelopeBytes) {
      discard(Body)
      throw new StrongroomError(
        'LIMIT_EXCEEDED',
        `The object's instruction file is longer than maxEnvelopeBytes (${maxEnvelopeBytes}) allows.`,
        {
          option: 'maxEnvelopeBytes',
        },
      )
    }
    return { body: (await Body?.transformToByteArray()) ?? new Uint8Array(0), metadata: Metadata }
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}

/** Lets go of a body that nobody will read, so that its connection is free. */
export function discard(body: unknown): void {
  const stream = body as
    | { destroy?: () => void; cancel?: () => Promise<void>; on?: (event: string, listener: () => void) => void }
    | undefined
  // What breaks off is no news by now.
  stream?.on?.('error', () => undefined)
  if (typeof stream?.destroy === 'function') stream.destroy()
  else void stream?.cancel?.().catch(() => undefined)
}

/**
 * Stores an instruction file and then its object. If the object could not be stored, the file that was there before is put back: the object that is
 * still there would otherwise have the data key of one that never came.
 */
export async function withInstructionFile<T>(
  runtime: S3Runtime,
  input: PutObjectCommandInput | CopyObjectCommandInput,
  location: ObjectLocation,
  file: InstructionFile,
  signal: AbortSignal | undefined,
  store: () => Promise<T>,
): Promise<T> {
  const name = { Bucket: location.bucket, Key: location.key + runtime.instructionFileSuffix }
  const access = accessOf(input)
  const shared = { ...access, ...pick(input, SHARED) }
  const before = await readInstructionFile(runtime, location, runtime.instructionFileSuffix, access, signal)
  const object = await identityOf(runtime, location, access, signal)
  await runtime.plain.send(
    new PutObjectCommand({ ...shared, ...name, Body: file.body, Metadata: { ...file.metadata }, ContentType: 'application/json' }),
    sendOptions(signal),
  )
  try {
    return await store()
  } catch (error) {
    await restore().catch(() => undefined)
    throw error
  }

  /** Not with the call's signal: it may be what ended the call. */
  async function restore(): Promise<void> {
    // The answer may have been lost, and the object be stored all the same.
    if ((await identityOf(runtime, location, access, undefined)) !== object) return
    const undo =
      before === undefined
        ? new DeleteObjectCommand({ ...name, ...pick(input, ['RequestPayer', 'ExpectedBucketOwner']) })
        : new PutObjectCommand({ ...shared, ...name, Body: before.body, Metadata: before.metadata, ContentType: 'application/json' })
    await (undo instanceof PutObjectCommand ? runtime.plain.send(undo) : runtime.plain.send(undo))
  }
}

/** What tells the object that is there from one that takes its place; undefined where there is none. */
async function identityOf(
  { plain }: S3Runtime,
  { bucket, key }: ObjectLocation,
  access: Record<string, unknown>,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  try {
    const command = new HeadObjectCommand({ Bucket: bucket, Key: key, ...access })
    const { ETag, VersionId, LastModified, Metadata } = await plain.send(command, sendOptions(signal))
    return JSON.stringify([ETag, VersionId, LastModified, Metadata?.['x-amz-i']])
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}
