import { createHash } from 'node:crypto'
import { compareKeys } from './bucket.ts'
import type { BucketStore, S3Operation, S3Request, S3Response } from './bucket-store.ts'
import { algorithmNamed, type Checksum, compositeChecksum, fullChecksum, hashContent } from './checksum.ts'
import { checkWrite } from './conditions.ts'
import { Content } from './content.ts'
import type { MultipartUpload, UploadedPart } from './multipart-upload.ts'
import { encryptionHeaders, etagIsMd5, readObject, versionHeader } from './object-headers.ts'
import { checksumElements } from './read-operations.ts'
import { invalidArgument, invalidRequest, malformedXml, S3Error } from './s3-error.ts'
import type { NewObject } from './stored-object.ts'
import { copySourceOf, keyOf, sourceVersionHeader, writtenHeaders } from './write-operations.ts'
import { parseXml, toXml, type XmlElement } from './xml.ts'

const MAX_PARTS = 10_000

/** Uploads in parts. */
export const multipartOperations: ReadonlyMap<string, S3Operation> = new Map<string, S3Operation>([
  ['CreateMultipartUpload', createUpload],
  ['UploadPart', uploadPart],
  ['UploadPartCopy', uploadPartCopy],
  ['CompleteMultipartUpload', completeUpload],
  ['AbortMultipartUpload', abortUpload],
  ['ListParts', listParts],
  ['ListMultipartUploads', listUploads],
])

function createUpload(store: BucketStore, request: S3Request): S3Response {
  const bucket = store.bucket(request)
  const { headers } = request
  const name = headers['x-amz-checksum-algorithm']
  const algorithm = algorithmNamed(name)
  if (name !== undefined && algorithm === undefined) throw invalidRequest('Checksum algorithm provided is unsupported.')
  const upload: MultipartUpload = {
    uploadId: store.newId(),
    key: keyOf(request),
    initiated: store.now,
    object: readObject(headers, bucket),
    algorithm,
    checksumType: checksumTypeOf(headers['x-amz-checksum-type'], algorithm),
    parts: new Map(),
  }
  bucket.uploads.set(upload.uploadId, upload)
  return {
    headers: {
      ...encryptionHeaders(upload.object.headers),
      ...(algorithm === undefined
        ? {}
        : { 'x-amz-checksum-algorithm': algorithm.toUpperCase(), 'x-amz-checksum-type': upload.checksumType }),
    },
    xml: toXml('InitiateMultipartUploadResult', { Bucket: bucket.name, Key: upload.key, UploadId: upload.uploadId }),
  }
}

// Cyclic redundancy checks of parts can be put together, digests cannot.
function checksumTypeOf(asked: string | undefined, algorithm: Checksum['algorithm'] | undefined): Checksum['type'] {
  if (algorithm === undefined || algorithm === 'crc64nvme') {
    if (asked === 'COMPOSITE') throw invalidRequest('The COMPOSITE checksum type cannot be used with this checksum algorithm.')
    return 'FULL_OBJECT'
  }
  if (asked === undefined || asked === 'COMPOSITE') return 'COMPOSITE'
  if (asked !== 'FULL_OBJECT') throw invalidArgument('x-amz-checksum-type', asked, 'Unknown checksum type')
  if (algorithm.startsWith('sha'))
    throw invalidRequest(`The FULL_OBJECT checksum type cannot be used with the ${algorithm} checksum algorithm.`)
  return 'FULL_OBJECT'
}

function uploadOf(store: BucketStore, request: S3Request): MultipartUpload {
  return store.bucket(request).upload(request.key ?? '', request.query.get('uploadId') ?? '')
}

function partNumberOf({ query }: S3Request): number {
  const text = query.get('partNumber') ?? ''
  const partNumber = Number(text)
  if (text !== '' && Number.isInteger(partNumber) && partNumber >= 1 && partNumber <= MAX_PARTS) return partNumber
  throw invalidArgument('partNumber', text, 'Part number must be an integer between 1 and 10000, inclusive')
}

function uploadPart(store: BucketStore, request: S3Request): S3Response {
  const upload = uploadOf(store, request)
  const partNumber = partNumberOf(request)
  const { content, md5, checksum } = request.body
  if (upload.algorithm !== undefined && checksum !== undefined && checksum.algorithm !== upload.algorithm) {
    throw invalidRequest(
      `Checksum Type mismatch occurred, expected checksum Type: ${upload.algorithm}, actual checksum Type: ${checksum.algorithm}`,
    )
  }
  const etag = Buffer.from(md5).toString('hex')
  upload.parts.set(partNumber, { partNumber, content, etag, md5, checksum, lastModified: store.now })
  return {
    headers: {
      etag: `"${etag}"`,
      ...encryptionHeaders(upload.object.headers),
      ...(checksum === undefined ? {} : { [`x-amz-checksum-${checksum.algorithm}`]: checksum.value }),
    },
  }
}

function uploadPartCopy(store: BucketStore, request: S3Request): S3Response {
  const upload = uploadOf(store, request)
  const partNumber = partNumberOf(request)
  const source = copySourceOf(store, request)
  const content = copiedRange(source.object.content, request.headers['x-amz-copy-source-range'])
  const md5 = hashContent('md5', content)
  const checksum = upload.algorithm && fullChecksum(upload.algorithm, content)
  const etag = Buffer.from(md5).toString('hex')
  upload.parts.set(partNumber, { partNumber, content, etag, md5, checksum, lastModified: store.now })
  return {
    headers: { ...encryptionHeaders(upload.object.headers), ...sourceVersionHeader(source) },
    xml: toXml('CopyPartResult', { LastModified: new Date(store.now), ETag: `"${etag}"`, ...checksumElements(checksum) }),
  }
}

function copiedRange(content: Content, header: string | undefined): Content {
  if (header === undefined) return content
  const [match, first, last] = /^bytes=(\d+)-(\d+)$/.exec(header) ?? []
  if (match === undefined || Number(last) < Number(first)) {
    throw invalidArgument('x-amz-copy-source-range', header, 'The x-amz-copy-source-range value must be of the form bytes=first-last')
  }
  if (Number(last) >= content.size) {
    throw invalidArgument('x-amz-copy-source-range', header, `Range specified is not valid for source object of size: ${content.size}`)
  }
  return content.slice(Number(first), Number(last) + 1)
}

function completeUpload(store: BucketStore, request: S3Request): S3Response {
  const bucket = store.bucket(request)
  const upload = uploadOf(store, request)
  const { key } = upload
  checkWrite(request.headers, key, bucket.current(key))
  const parts = listedParts(parseXml(request.body.content.text(), 'CompleteMultipartUpload').all('Part'), upload)
  for (const part of parts.slice(0, -1)) {
    if (part.content.size < store.options.minPartBytes) {
      throw new S3Error('EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed size', 400, {
        ProposedSize: part.content.size,
        MinSizeAllowed: store.options.minPartBytes,
        PartNumber: part.partNumber,
        ETag: part.etag,
      })
    }
  }
  const content = Content.join(parts.map((part) => part.content))
  const expectedSize = request.headers['x-amz-mp-object-size']
  if (expectedSize !== undefined && Number(expectedSize) !== content.size) {
    throw invalidRequest(`The provided x-amz-mp-object-size header does not match the size of the object: ${content.size}`)
  }
  const checksum = uploadChecksum(upload, parts, content)
  checkClaim(request, checksum)
  const stored = bucket.add({
    ...upload.object,
    key,
    content,
    etag: etagOf(store, upload.object, parts),
    checksum,
    parts: parts.map(toObjectPart),
  })
  bucket.uploads.delete(upload.uploadId)
  return {
    headers: { ...versionHeader(stored.versionId, bucket), ...encryptionHeaders(stored.headers) },
    xml: toXml('CompleteMultipartUploadResult', {
      Location: `http://${request.headers.host ?? ''}/${bucket.name}/${encodeURIComponent(key)}`,
      Bucket: bucket.name,
      Key: key,
      ETag: writtenHeaders(stored, bucket, undefined).etag,
      ...checksumElements(checksum),
      ChecksumType: checksum?.type,
    }),
  }
}

function listedParts(elements: readonly XmlElement[], upload: MultipartUpload): readonly UploadedPart[] {
  if (elements.length === 0 || elements.length > MAX_PARTS) throw malformedXml()
  let before = 0
  return elements.map((element) => {
    const partNumber = Number(element.textOf('PartNumber'))
    if (!Number.isInteger(partNumber)) throw malformedXml()
    if (partNumber <= before) {
      throw new S3Error('InvalidPartOrder', 'The list of parts was not in ascending order. Parts must be ordered by part number.')
    }
    before = partNumber
    const part = upload.parts.get(partNumber)
    const claims = ['ChecksumCRC32', 'ChecksumCRC32C', 'ChecksumCRC64NVME', 'ChecksumSHA1', 'ChecksumSHA256'].flatMap(
      (name) => element.textOf(name) ?? [],
    )
    const matches = part !== undefined && element.textOf('ETag')?.replaceAll('"', '') === part.etag
    if (!matches || (part.checksum !== undefined && claims.some((claim) => claim !== part.checksum?.value))) {
      throw new S3Error(
        'InvalidPart',
        "One or more of the specified parts could not be found. The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
        400,
        { UploadId: upload.uploadId, PartNumber: partNumber },
      )
    }
    return part
  })
}

function uploadChecksum(
  { algorithm, checksumType }: MultipartUpload,
  parts: readonly UploadedPart[],
  content: Content,
): Checksum | undefined {
  if (algorithm === undefined) return undefined
  if (checksumType === 'FULL_OBJECT') return fullChecksum(algorithm, content)
  return compositeChecksum(
    algorithm,
    parts.map((part) => part.checksum ?? fullChecksum(algorithm, part.content)),
  )
}

// The checksum headers of this request are of the object, not of the list of parts that is its body.
function checkClaim({ headers }: S3Request, checksum: Checksum | undefined): void {
  if (checksum === undefined) return
  const claim = headers[`x-amz-checksum-${checksum.algorithm}`]
  if (claim === undefined || claim === checksum.value || claim === checksum.value.replace(/-\d+$/, '')) return
  throw new S3Error('BadDigest', `The ${checksum.algorithm} you specified did not match the calculated checksum.`)
}

function etagOf(store: BucketStore, object: Pick<NewObject, 'headers'>, parts: readonly UploadedPart[]): string {
  if (!etagIsMd5(object.headers)) return `${store.newEtag()}-${parts.length}`
  const hash = createHash('md5')
  for (const { md5 } of parts) hash.update(md5)
  return `${hash.digest('hex')}-${parts.length}`
}

function toObjectPart({ partNumber, content, checksum }: UploadedPart): NewObject['parts'][number] {
  return { partNumber, size: content.size, checksum }
}

function abortUpload(store: BucketStore, request: S3Request): S3Response {
  const upload = uploadOf(store, request)
  store.bucket(request).uploads.delete(upload.uploadId)
  return { status: 204 }
}

function listParts(store: BucketStore, request: S3Request): S3Response {
  const upload = uploadOf(store, request)
  const { query } = request
  const marker = Number(query.get('part-number-marker') ?? 0)
  const maxParts = Math.min(Number(query.get('max-parts') ?? 1000), 1000)
  const all = [...upload.parts.values()].filter(({ partNumber }) => partNumber > marker).sort((a, b) => a.partNumber - b.partNumber)
  const shown = all.slice(0, maxParts)
  return {
    xml: toXml('ListPartsResult', {
      Bucket: request.bucket,
      Key: upload.key,
      UploadId: upload.uploadId,
      PartNumberMarker: marker,
      NextPartNumberMarker: shown.at(-1)?.partNumber,
      MaxParts: maxParts,
      IsTruncated: shown.length < all.length,
      StorageClass: upload.object.storageClass,
      ChecksumAlgorithm: upload.algorithm?.toUpperCase(),
      ChecksumType: upload.algorithm === undefined ? undefined : upload.checksumType,
      Part: shown.map((part) => ({
        PartNumber: part.partNumber,
        LastModified: new Date(part.lastModified),
        ETag: `"${part.etag}"`,
        Size: part.content.size,
        ...checksumElements(part.checksum),
      })),
    }),
  }
}

function listUploads(store: BucketStore, request: S3Request): S3Response {
  const bucket = store.bucket(request)
  const { query } = request
  const prefix = query.get('prefix') ?? ''
  const maxUploads = Math.min(Number(query.get('max-uploads') ?? 1000), 1000)
  const [keyMarker, uploadIdMarker] = [query.get('key-marker') ?? '', query.get('upload-id-marker') ?? '']
  const sorted = [...bucket.uploads.values()]
    .filter(({ key }) => key.startsWith(prefix))
    .sort((a, b) => compareKeys(a.key, b.key) || a.initiated - b.initiated)
  const at = sorted.findIndex(({ uploadId }) => uploadId === uploadIdMarker)
  const all = at >= 0 ? sorted.slice(at + 1) : sorted.filter(({ key }) => compareKeys(key, keyMarker) > 0)
  const shown = all.slice(0, maxUploads)
  return {
    xml: toXml('ListMultipartUploadsResult', {
      Bucket: bucket.name,
      Prefix: prefix,
      KeyMarker: keyMarker,
      UploadIdMarker: uploadIdMarker,
      NextKeyMarker: shown.at(-1)?.key,
      NextUploadIdMarker: shown.at(-1)?.uploadId,
      MaxUploads: maxUploads,
      IsTruncated: shown.length < all.length,
      Upload: shown.map(({ key, uploadId, initiated, object }) => ({
        Key: key,
        UploadId: uploadId,
        Initiated: new Date(initiated),
        StorageClass: object.storageClass,
      })),
    }),
  }
}
