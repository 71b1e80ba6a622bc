import type { MultipartUpload } from './multipart-upload.ts'
import { invalidArgument, noSuchKey, noSuchUpload, S3Error } from './s3-error.ts'
import { type DeleteMarker, type NewObject, StoredObject, type Version } from './stored-object.ts'

/** What a bucket takes from its endpoint. */
export interface BucketEnvironment {
  readonly clock: () => number
  readonly newId: () => string
}

/** The objects of one bucket with their versions. */
export class Bucket {
  readonly name: string
  readonly region: string
  readonly createdAt: number
  readonly objectLock: boolean
  versioning: 'Enabled' | 'Suspended' | undefined
  readonly uploads: Map<string, MultipartUpload> = new Map()
  readonly #environment: BucketEnvironment
  /** The newest version comes first. */
  readonly #versions = new Map<string, Version[]>()

  constructor(name: string, region: string, objectLock: boolean, environment: BucketEnvironment) {
    this.name = name
    this.region = region
    this.objectLock = objectLock
    this.versioning = objectLock ? 'Enabled' : undefined
    this.createdAt = environment.clock()
    this.#environment = environment
  }

  get isEmpty(): boolean {
    return this.#versions.size === 0
  }

  /** The newest version, if it is an object. */
  current(key: string): StoredObject | undefined {
    const [newest] = this.#versions.get(key) ?? []
    return newest?.kind === 'object' ? newest : undefined
  }

  /**
   * The object of a key, or a certain version of it.
   *
   * @throws `NoSuchKey`, `NoSuchVersion`, `MethodNotAllowed` for a delete marker, `InvalidArgument` for what never was a version id.
   */
  object(key: string, versionId?: string): StoredObject {
    const versions = this.#versions.get(key) ?? []
    const version = versionId === undefined ? versions[0] : versions.find((each) => each.versionId === versionId)
    if (version?.kind === 'object') return version
    if (version === undefined) {
      if (versionId === undefined) throw noSuchKey(key)
      if (!/^(null|[0-9a-zA-Z._-]{16,1024})$/.test(versionId)) throw invalidArgument('versionId', versionId, 'Invalid version id specified')
      throw new S3Error('NoSuchVersion', 'The specified version does not exist.', 404, { Key: key, VersionId: versionId })
    }
    const headers = { 'x-amz-delete-marker': 'true', 'x-amz-version-id': version.versionId }
    if (versionId === undefined) throw noSuchKey(key, headers)
    throw new S3Error('MethodNotAllowed', 'The specified method is not allowed against this resource.', 405, {}, headers)
  }

  /** Stores an object as the newest version. */
  add(object: NewObject): StoredObject {
    const stored = new StoredObject(object, this.#newVersionId(), this.#environment.clock())
    this.#push(stored)
    return stored
  }

  /** Deletes an object: for good, or by a marker where versions are kept. Answers the marker. */
  delete(key: string): DeleteMarker | undefined {
    if (this.versioning === undefined) {
      this.#versions.delete(key)
      return undefined
    }
    const marker = { kind: 'marker', key, versionId: this.#newVersionId(), lastModified: this.#environment.clock() } as const
    this.#push(marker)
    return marker
  }

  /** Deletes one version for good. Answers it, if it was there. */
  deleteVersion(key: string, versionId: string): Version | undefined {
    const versions = this.#versions.get(key) ?? []
    const index = versions.findIndex((each) => each.versionId === versionId)
    const [version] = index < 0 ? [] : versions.splice(index, 1)
    if (versions.length === 0) this.#versions.delete(key)
    return version
  }

  /** The keys that have a version, in UTF-8 order. */
  keys(): readonly string[] {
    return [...this.#versions.keys()].sort(compareKeys)
  }

  versionsOf(key: string): readonly Version[] {
    return this.#versions.get(key) ?? []
  }

  /** @throws `NoSuchUpload` */
  upload(key: string, uploadId: string): MultipartUpload {
    const upload = this.uploads.get(uploadId)
    if (upload === undefined || upload.key !== key) throw noSuchUpload(uploadId)
    return upload
  }

  #newVersionId(): string {
    return this.versioning === 'Enabled' ? this.#environment.newId() : 'null'
  }

  #push(version: Version): void {
    const versions = this.#versions.get(version.key) ?? []
    const kept = version.versionId === 'null' ? versions.filter((each) => each.versionId !== 'null') : versions
    this.#versions.set(version.key, [version, ...kept])
  }
}

/** Negative, zero or positive, by the bytes of UTF-8. */
export function compareKeys(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}
