import { s3Error } from '../errors.ts'

/** What a `CopySource` names. */
export interface CopySource {
  readonly bucket: string
  readonly key: string
  readonly versionId: string | undefined
}

/**
 * Reads a `CopySource`: `bucket/key`, or the ARN of an access point, `/object/` and the key; with or without a slash before, encoded as in a URL, and
 * perhaps `?versionId=` and a version behind.
 */
export function parseCopySource(source: string): CopySource {
  const [path = '', query] = source.split(/\?versionId=(.*)$/s) as [string, string?]
  let text: string
  try {
    text = decodeURIComponent(path).replace(/^\//, '')
  } catch {
    throw invalid()
  }
  const match = /^(arn:[^/]+\/[^/]+)\/object\/(.+)$/s.exec(text) ?? /^([^/]+)\/(.+)$/s.exec(text)
  const [, bucket, key] = match ?? []
  if (bucket === undefined || key === undefined) throw invalid()
  return { bucket, key, versionId: query === undefined || query === '' ? undefined : query }
}

function invalid(): Error {
  return s3Error(
    'PARAMETER_UNSUPPORTED',
    'CopySource must be bucket/key, encoded as in a URL, so that the envelope of the source can be found.',
    {
      option: 'CopySource',
    },
  )
}
