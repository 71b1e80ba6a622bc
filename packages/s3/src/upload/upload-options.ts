import type { CreateMultipartUploadCommandInput, PutObjectCommandInput, S3Client, Tag } from '@aws-sdk/client-s3'
import { StrongroomError } from '@strongroom/core'
import { hasMethods, isBoolean, isInteger, type OptionCheck, validateOptions } from '@strongroom/core/options'
import { assertParameters } from '../plugin/put-object.ts'
import type { S3Runtime } from '../plugin-config.ts'
import { runtimeOf } from '../s3-encryption.ts'

const MIB = 2 ** 20
/** Bytes of the largest part, and of the largest body of a PutObject. */
const MOST_PART_BYTES = 5 * 2 ** 30

/** What an object is put with: the parameters of PutObject, and those that only multipart uploads have. */
export type EncryptedUploadParams = PutObjectCommandInput & Partial<Pick<CreateMultipartUploadCommandInput, 'ChecksumType'>>

/** Options of an `EncryptedUpload`. */
export interface EncryptedUploadOptions {
  /** A client of `withEncryption`. */
  readonly client: S3Client
  /**
   * As for PutObject; `Body` is the plaintext, of any length, and `ContentLength` its length where you know it. `objectOptions` gives it an encryption
   * context of its own.
   */
  readonly params: EncryptedUploadParams
  /** Parts on their way at once. Memory is `queueSize` + 1 parts. Default 4. */
  readonly queueSize?: number
  /**
   * Bytes of a part, but for the last. An object that fits into one is put in one request. Default 5 MiB, or as much as 10,000 parts need where the length
   * is known.
   */
  readonly partSize?: number
  /** Bytes that the store demands of a part. Default 5 MiB, as Amazon S3's; for stores that take shorter ones. */
  readonly minPartSize?: number
  /** Keep the parts of an upload that failed, which cost storage until somebody aborts it by its `uploadId`. Nobody can go on with them. Default false. */
  readonly leavePartsOnError?: boolean
  /** Tags of the object. Not together with `params.Tagging`. */
  readonly tags?: readonly Tag[]
  /** Aborts the upload, as `abort` does. */
  readonly abortController?: AbortController
}

/** Validated options. */
export interface ResolvedUpload {
  readonly runtime: S3Runtime
  readonly clientConfig: { readonly requestChecksumCalculation?: () => Promise<string> }
  readonly params: EncryptedUploadParams
  readonly queueSize: number
  readonly partSize: number | undefined
  readonly minPartSize: number
  readonly leavePartsOnError: boolean
  readonly controller: AbortController
}

const checks: Readonly<Record<keyof EncryptedUploadOptions, OptionCheck>> = {
  client: hasMethods('send'),
  params: (value) => (typeof value === 'object' && value !== null ? undefined : 'be the parameters of PutObject'),
  queueSize: isInteger(1, 1000),
  partSize: isInteger(1, MOST_PART_BYTES),
  minPartSize: isInteger(1, 5 * MIB),
  leavePartsOnError: isBoolean,
  tags: (value) => (Array.isArray(value) ? undefined : 'be an array of tags'),
  abortController: (value) => (value instanceof AbortController ? undefined : 'be an AbortController'),
}

/** @throws `OPTION_INVALID`, `PARAMETER_UNSUPPORTED` */
export function resolveUpload(options: EncryptedUploadOptions): ResolvedUpload {
  validateOptions('EncryptedUpload', options, checks, ['client', 'params'])
  const { client, params, queueSize = 4, partSize, minPartSize = 5 * MIB, leavePartsOnError = false, tags = [] } = options
  const runtime = runtimeOf(client)
  if (runtime === undefined) {
    throw invalid('client', 'client must be one of withEncryption: nothing would tell which keys to use. Wrap it first.')
  }
  if (partSize !== undefined && partSize < minPartSize) {
    throw invalid('partSize', `partSize is ${partSize}, and the store takes no part below ${minPartSize} bytes but the last.`)
  }
  const { ChecksumType: _, ...ofObject } = params
  assertParameters(ofObject)
  return {
    runtime,
    clientConfig: client.config,
    params: { ...params, ...tagging(tags, params.Tagging) },
    queueSize,
    partSize,
    minPartSize,
    leavePartsOnError,
    controller: options.abortController ?? new AbortController(),
  }
}

/** Tags go with the object, not after it: there is no moment at which it is without. */
function tagging(tags: readonly Tag[], given: string | undefined): { Tagging?: string } {
  if (tags.length === 0) return {}
  if (given !== undefined) throw invalid('tags', 'Give the tags as tags or as params.Tagging, not both.')
  return { Tagging: tags.map(({ Key = '', Value = '' }) => `${encodeURIComponent(Key)}=${encodeURIComponent(Value)}`).join('&') }
}

function invalid(option: string, message: string): StrongroomError<'OPTION_INVALID'> {
  return new StrongroomError('OPTION_INVALID', `EncryptedUpload: ${message}`, { option })
}
