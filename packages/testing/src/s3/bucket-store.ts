import { type Environment, uuid } from '../endpoint/endpoint.ts'
import { Bucket } from './bucket.ts'
import type { Content } from './content.ts'
import type { ReceivedBody } from './received-body.ts'
import { noSuchBucket, S3Error } from './s3-error.ts'
import type { RequestHead } from './s3-request.ts'

/** A request whose body has arrived and is verified. */
export interface S3Request extends RequestHead {
  readonly body: ReceivedBody
  /** The Region that it was signed for. */
  readonly region: string
}

/** What is answered; without content or XML, nothing. */
export interface S3Response {
  /** Default 200. */
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly xml?: string
  readonly content?: Content
}

/** Carries one operation out. */
export type S3Operation = (store: BucketStore, request: S3Request) => S3Response

/** What the operations need to know of the endpoint. */
export interface BucketStoreOptions {
  readonly minPartBytes: number
  readonly restoreDelayMs: number
}

/** The buckets of all Regions: their names are one namespace. */
export class BucketStore {
  readonly options: BucketStoreOptions
  readonly environment: Environment
  readonly #buckets = new Map<string, Bucket>()

  constructor(environment: Environment, options: BucketStoreOptions) {
    this.environment = environment
    this.options = options
  }

  get now(): number {
    return this.environment.clock()
  }

  newId(): string {
    return Buffer.from(this.environment.randomBytes(24)).toString('base64url')
  }

  newEtag(): string {
    return uuid(this.environment.randomBytes).replaceAll('-', '')
  }

  all(): readonly Bucket[] {
    return [...this.#buckets.values()]
  }

  find(name: string): Bucket | undefined {
    return this.#buckets.get(name)
  }

  /**
   * The bucket that a request names.
   *
   * @throws `NoSuchBucket`, `PermanentRedirect` when the bucket is in another Region than the one the request was signed for.
   */
  bucket({ bucket: name = '', region, headers }: Pick<S3Request, 'bucket' | 'region' | 'headers'>): Bucket {
    const owner = headers['x-amz-expected-bucket-owner']
    if (owner !== undefined && owner !== this.environment.accountId) throw new S3Error('AccessDenied', 'Access Denied', 403)
    return this.inRegion(name, region)
  }

  /** The bucket of a name, for a request that was signed for a Region. */
  inRegion(name: string, region: string): Bucket {
    const bucket = this.#buckets.get(name)
    if (bucket === undefined) throw noSuchBucket(name)
    if (bucket.region === region) return bucket
    throw new S3Error(
      'PermanentRedirect',
      'The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.',
      301,
      { Bucket: name, Endpoint: `s3.${bucket.region}.amazonaws.com` },
      { 'x-amz-bucket-region': bucket.region },
    )
  }

  create(name: string, region: string, objectLock: boolean): Bucket {
    const bucket = new Bucket(name, region, objectLock, { clock: this.environment.clock, newId: () => this.newId() })
    this.#buckets.set(name, bucket)
    return bucket
  }

  remove(bucket: Bucket): void {
    this.#buckets.delete(bucket.name)
  }
}
