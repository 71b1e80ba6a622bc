import { isBoolean, isFunction, isInteger, isOneOf, type OptionCheck, validateOptions } from '@strongroom/core/options'
import type { RecordedRequest } from '../endpoint/aws-json-service.ts'
import type { Call } from '../endpoint/call-log.ts'
import { type ClientConfig, type Endpoint, type EndpointOptions, environmentOf, matches, REGION } from '../endpoint/endpoint.ts'
import type { Fault, Faults } from '../endpoint/faults.ts'
import { BucketStore } from './bucket-store.ts'
import { Content } from './content.ts'
import { startS3Service } from './s3-service.ts'
import { type CutFilter, TransferFaults } from './transfer-faults.ts'

/** A call the embedded S3 received. */
export interface S3Call extends Call {
  /** The bucket's name; absent for ListBuckets. */
  readonly bucket?: string
  /** The object's key; absent for operations on buckets. */
  readonly key?: string
  /** The version that was asked for. */
  readonly versionId?: string
  /** The Range header. */
  readonly range?: string
  /** The part that was sent or asked for. */
  readonly partNumber?: number
}

/** How to start an embedded S3. */
export interface EmbeddedS3Options extends EndpointOptions {
  /** Calls to refuse with AccessDenied. To deny for a while, use `faults.fail` instead. */
  readonly deny?: (call: S3Call) => boolean
  /** Bytes that every part of an upload but the last must have. Default 5 MiB, as AWS's. */
  readonly minPartBytes?: number
  /** How long RestoreObject takes, in milliseconds by the clock. Default 0: the object can be read at once. */
  readonly restoreDelayMs?: number
  /**
   * Whether request bodies are kept in {@link EmbeddedS3.requests}. Default true. What is stored is not copied for it, but stays in memory
   * also after it was deleted or replaced.
   */
  readonly recordRequests?: boolean
}

/** What an S3 client needs to talk to the embedded S3: `new S3Client(s3.clientConfig)`. */
export interface S3ClientConfig extends ClientConfig {
  /** Buckets have no host names of their own here. */
  readonly forcePathStyle: true
}

/** The faults of an embedded S3: those of every endpoint, and bodies that break off. */
export interface S3Faults extends Faults<S3Call> {
  /** Cuts the connection in the middle of an answer's body. */
  cutBody(filter: CutFilter): Fault
}

/** A bucket to make without a client. */
export interface NewBucket {
  /** The Region to make it in. Default the endpoint's. */
  readonly region?: string
  /** Default none: a bucket that never had versions. */
  readonly versioning?: 'Enabled' | 'Suspended'
}

/** Names a stored object. */
export interface ObjectName {
  /** Name of the bucket. */
  readonly bucket: string
  /** The object's key. */
  readonly key: string
  /** Default the newest version. */
  readonly versionId?: string
}

/** What to change of a stored object, behind the back of its readers. */
export interface Tampering {
  /** Gets the bytes, answers those to take their place. */
  readonly body?: (body: Uint8Array) => Uint8Array
  /** Gets the user metadata (names in lower case, without the prefix), answers what takes its place. */
  readonly metadata?: (metadata: Readonly<Record<string, string>>) => Readonly<Record<string, string>>
}

/** A running embedded S3. */
export interface EmbeddedS3 extends Endpoint<S3Call> {
  readonly clientConfig: S3ClientConfig
  readonly faults: S3Faults
  /** Every request received, with its body as it arrived: search it for plaintext. Empty it with `requests.length = 0`. */
  readonly requests: RecordedRequest[]
  /** Makes a bucket without a client. */
  createBucket(name: string, options?: NewBucket): void
  /** Changes a stored object as only the service itself could: ETag, dates, version and checksum stay as they are. */
  tamper(object: ObjectName, tampering: Tampering): void
}

/**
 * Starts an S3 on 127.0.0.1 that does what AWS documents as far as an encrypting client leans on it: `aws-chunked` bodies with trailing
 * checksums, ranges, uploads in parts, versions, conditional requests, copies, listings, archived objects, the limit and the encoding of user
 * metadata. Objects live in memory, in the pieces in which they arrived, and die with it.
 *
 * One port serves every Region: a request for a bucket of another Region than the one it was signed for is redirected (301). Signatures of
 * headers are not checked, those of presigned URLs are, with their expiry by the clock. Access control lists, policies, lifecycle rules and
 * replication are not served.
 *
 * @throws `OPTION_INVALID`
 * @example
 * ```ts
 * await using s3 = await startEmbeddedS3()
 * s3.createBucket('documents')
 * const client = new S3Client(s3.clientConfig)
 * await client.send(new PutObjectCommand({ Bucket: 'documents', Key: 'a.txt', Body: 'hello' }))
 * s3.calls.count('PutObject') // 1
 * ```
 */
export async function startEmbeddedS3(options: EmbeddedS3Options = {}): Promise<EmbeddedS3> {
  const environment = environmentOf('startEmbeddedS3', options, {
    deny: isFunction,
    minPartBytes: isInteger(0, 5 * 2 ** 30),
    restoreDelayMs: isInteger(0, Number.MAX_SAFE_INTEGER),
    recordRequests: isBoolean,
  })
  const { deny, minPartBytes = 5 * 2 ** 20, restoreDelayMs = 0, recordRequests = true } = options
  const store = new BucketStore(environment, { minPartBytes, restoreDelayMs })
  const transferFaults = new TransferFaults()
  const requests: RecordedRequest[] = []
  const endpoint = await startS3Service({
    store,
    transferFaults,
    deny,
    onRequest: recordRequests ? (request) => requests.push(request) : undefined,
  })
  const { faults } = endpoint
  return {
    ...endpoint,
    clientConfig: { ...endpoint.clientConfig, forcePathStyle: true },
    faults: {
      latency: (delay, filter) => faults.latency(delay, filter),
      throttle: (filter) => faults.throttle(filter),
      fail: (error, filter) => faults.fail(error, filter),
      outage: (kind, filter) => faults.outage(kind, filter),
      cutBody: (filter) => transferFaults.add(filter),
      clear: () => {
        faults.clear()
        transferFaults.clear()
      },
    },
    requests,
    createBucket: (name, newBucket = {}) => {
      validateOptions('createBucket', { name, ...newBucket }, NEW_BUCKET_CHECKS)
      store.create(name, newBucket.region ?? environment.region, false).versioning = newBucket.versioning
    },
    tamper: ({ bucket, key, versionId }, tampering) => {
      validateOptions<Tampering>('tamper', tampering, { body: isFunction, metadata: isFunction })
      const object = store.find(bucket)?.object(key, versionId)
      if (object === undefined) throw new Error(`The embedded S3 has no bucket ${bucket}.`)
      const { body, metadata } = tampering
      if (body !== undefined) object.content = new Content([Uint8Array.from(body(object.content.bytes()))])
      if (metadata !== undefined) object.metadata = new Map(Object.entries(metadata(Object.fromEntries(object.metadata))))
    },
  }
}

const NEW_BUCKET_CHECKS: Readonly<Record<keyof NewBucket | 'name', OptionCheck>> = {
  name: matches(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'be 3 to 63 of a-z 0-9 . -'),
  region: matches(REGION, 'look like us-east-1'),
  versioning: isOneOf(['Enabled', 'Suspended']),
}
