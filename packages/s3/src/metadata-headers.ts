import type { ObjectMetadata } from './envelope/entries.ts'

const PREFIX = 'x-amz-meta-'

/**
 * The user metadata in the headers of a response of S3, for objects that were fetched without the SDK.
 *
 * @param headers - pairs of names and values: `Headers`, a `Map`, or `Object.entries` of an object.
 */
export function metadataFromHeaders(headers: Iterable<readonly [string, string]>): Record<string, string> {
  const metadata: Record<string, string> = {}
  for (const [name, value] of headers) {
    if (name.toLowerCase().startsWith(PREFIX)) metadata[name.slice(PREFIX.length).toLowerCase()] = value
  }
  return metadata
}

/** User metadata as headers of a request to S3: what a presigned PUT has to be signed for and sent with. */
export function headersFromMetadata(metadata: ObjectMetadata): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(metadata)) {
    if (value !== undefined) headers[PREFIX + name.toLowerCase()] = value
  }
  return headers
}
