import { StrongroomError } from '@strongroom/core'
import { s3Error } from '../errors.ts'
import type { ObjectMetadata } from './entries.ts'
import { isReservedKey } from './map-keys.ts'
import type { MetadataRecord } from './write-envelope.ts'

/** Bytes of names and values, in UTF-8, that S3 keeps with an object. */
const MOST_METADATA_BYTES = 2048

/** Bytes that S3 counts: names without their prefix, and values, in UTF-8. */
function metadataBytes(metadata: ObjectMetadata): number {
  let bytes = 0
  for (const [name, value] of Object.entries(metadata)) bytes += Buffer.byteLength(name) + Buffer.byteLength(value ?? '')
  return bytes
}

/**
 * Copies the metadata that a caller puts beside an envelope.
 *
 * @throws `OPTION_INVALID`
 */
export function callerMetadata(metadata: ObjectMetadata): MetadataRecord {
  const copy: MetadataRecord = {}
  for (const [name, value] of Object.entries(metadata)) {
    if (value === undefined) continue
    if (typeof value !== 'string') throw invalid(`metadata ${JSON.stringify(name)} is not a string.`)
    if (isReservedKey(name)) throw invalid(`metadata ${JSON.stringify(name)} belongs to the envelope of an encrypted object.`)
    copy[name] = value
  }
  return copy
}

/** @throws `METADATA_TOO_LARGE` */
export function assertMetadataFits(metadata: ObjectMetadata, inFile: boolean): void {
  const bytes = metadataBytes(metadata)
  if (bytes <= MOST_METADATA_BYTES) return
  const remedy = inFile
    ? 'Store less metadata'
    : 'Store less metadata, shorten the encryption context, or keep the envelope in an instruction file'
  throw s3Error(
    'METADATA_TOO_LARGE',
    `The object would have ${bytes} bytes of user metadata with its envelope, and S3 keeps ${MOST_METADATA_BYTES}. ${remedy}.`,
    { option: 'metadata' },
  )
}

function invalid(message: string): StrongroomError {
  return new StrongroomError('OPTION_INVALID', message, { option: 'metadata' })
}
