import type { Algorithm, Checksum } from './checksum.ts'
import type { Content } from './content.ts'
import type { NewObject } from './stored-object.ts'

/** A part as it was uploaded. */
export interface UploadedPart {
  readonly partNumber: number
  readonly content: Content
  /** Without quotes. */
  readonly etag: string
  readonly md5: Uint8Array
  readonly checksum: Checksum | undefined
  readonly lastModified: number
}

/** An upload in parts that is neither completed nor aborted. */
export interface MultipartUpload {
  readonly uploadId: string
  readonly key: string
  readonly initiated: number
  /** What the object will be, apart from its content. */
  readonly object: Pick<NewObject, 'headers' | 'metadata' | 'storageClass' | 'tags'>
  readonly algorithm: Algorithm | undefined
  readonly checksumType: Checksum['type']
  /** By part number; a part that is sent again takes the place of the first. */
  readonly parts: Map<number, UploadedPart>
}
