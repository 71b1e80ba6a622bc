import { type Checksum, fullChecksum } from './checksum.ts'
import type { Content } from './content.ts'

/** A part of an object that was uploaded in parts. */
export interface ObjectPart {
  readonly partNumber: number
  readonly size: number
  readonly checksum: Checksum | undefined
}

/** What an object is made of. */
export interface NewObject {
  readonly key: string
  readonly content: Content
  /** Without quotes. */
  readonly etag: string
  /** Headers that come back as they were sent: content-type, server-side encryption, object lock... */
  readonly headers: Readonly<Record<string, string>>
  readonly metadata: ReadonlyMap<string, string>
  readonly storageClass: string
  readonly checksum: Checksum | undefined
  readonly parts: readonly ObjectPart[]
  readonly tags: ReadonlyMap<string, string>
}

const ARCHIVED = ['GLACIER', 'DEEP_ARCHIVE']

/** One version of an object. Only its tags, its restored copy, and what a test tampers with ever change. */
export class StoredObject {
  readonly kind = 'object'
  readonly key: string
  readonly versionId: string
  /** Milliseconds since the epoch. */
  readonly lastModified: number
  readonly etag: string
  readonly headers: Readonly<Record<string, string>>
  readonly storageClass: string
  readonly parts: readonly ObjectPart[]
  content: Content
  metadata: ReadonlyMap<string, string>
  tags: ReadonlyMap<string, string>
  /** When the copy of an archived object can be read, and until when. */
  restored: { readonly from: number; readonly until: number } | undefined
  #checksum: Checksum | undefined

  constructor(object: NewObject, versionId: string, lastModified: number) {
    this.key = object.key
    this.versionId = versionId
    this.lastModified = lastModified
    this.etag = object.etag
    this.headers = object.headers
    this.storageClass = object.storageClass
    this.parts = object.parts
    this.content = object.content
    this.metadata = object.metadata
    this.tags = object.tags
    this.#checksum = object.checksum
  }

  /** The client's checksum, or the CRC-64/NVME that S3 adds; computed only when somebody asks. */
  get checksum(): Checksum {
    this.#checksum ??= fullChecksum('crc64nvme', this.content)
    return this.#checksum
  }

  isArchived(now: number): boolean {
    if (!ARCHIVED.includes(this.storageClass)) return false
    return this.restored === undefined || now < this.restored.from || now >= this.restored.until
  }

  /** The value of x-amz-restore; undefined where nothing was restored. */
  restoreHeader(now: number): string | undefined {
    if (this.restored === undefined || now >= this.restored.until) return undefined
    if (now < this.restored.from) return 'ongoing-request="true"'
    return `ongoing-request="false", expiry-date="${new Date(this.restored.until).toUTCString()}"`
  }
}

/** Stands for a deleted object where versions are kept. */
export interface DeleteMarker {
  readonly kind: 'marker'
  readonly key: string
  readonly versionId: string
  readonly lastModified: number
}

export type Version = StoredObject | DeleteMarker
