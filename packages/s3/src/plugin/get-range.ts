import type { GetObjectCommandOutput } from '@aws-sdk/client-s3'
import type { RangeSource } from '@strongroom/core'
import { parseRange, type RequestedRange, resolveRange } from '../byte-range.ts'
import { TAG_LENGTH } from '../content/content-key.ts'
import { type ByteRange, rangeDecryptor } from '../content/range-decryptor.ts'
import { placeEnvelope } from '../envelope/read-envelope.ts'
import { s3Error } from '../errors.ts'
import { envelopeRanges, esdkRanges, type ObjectRanges } from '../object-ranges.ts'
import type { OpenedEnvelope } from '../open-object.ts'
import { transformed } from '../pieces.ts'
import { answered, bodyOf, decryptWhole, fetchAgain, type GetCall, openAnswer, requestOf } from './get-whole.ts'
import { discard } from './instruction-files.ts'
import { plaintextLengthOf } from './object-facts.ts'
import { sdkBody } from './sdk-body.ts'

/** Bytes of the first look at a message: most headers fit. */
const FIRST_LOOK = 4096

/** Fetches and decrypts a part of an object. */
export async function getRange(call: GetCall, header: string): Promise<GetObjectCommandOutput> {
  const range = parseRange(header)
  if (range === undefined) {
    throw s3Error('PARAMETER_UNSUPPORTED', 'Range must be of the form bytes=0-9, bytes=5- or bytes=-5.', { option: 'Range' })
  }
  const { runtime, input } = call
  // Where messages are written, the object probably is one: the beginning of it is needed then, whatever part is asked for.
  const first = runtime.config.format === 'esdk' ? `bytes=0-${FIRST_LOOK - 1}` : widened(range, header)
  const output = await call.send({ ...input, Range: first })
  try {
    if (output.ContentRange === undefined) return await partOfWhole(call, await decryptWhole(call, output), range)
    const fetched = parseContentRange(output.ContentRange)
    const placement = placeEnvelope(output.Metadata ?? {}, runtime.config.maxEnvelopeBytes)
    if (placement.kind !== 'esdk' && first !== header && runtime.config.format === 'esdk') {
      discard(output.Body)
      return await envelopePart(call, await fetchAgain(call, output, widened(range, header)), range, header)
    }
    if (placement.kind !== 'esdk') return await envelopePart(call, output, range, header)
    await openAnswer(call, output, true)
    return await esdkPart(call, output, fetched, range)
  } catch (error) {
    discard(output.Body)
    throw error
  }
}

/** A part of an object of V1 to V3, or of one that is not encrypted. */
async function envelopePart(
  call: GetCall,
  output: GetObjectCommandOutput,
  range: RequestedRange,
  header: string,
): Promise<GetObjectCommandOutput> {
  const opened = await openAnswer(call, output, true)
  if (output.ContentRange === undefined) throw unexpected()
  const fetched = parseContentRange(output.ContentRange)
  if (opened === undefined) {
    if (widened(range, header) === header) return output
    discard(output.Body)
    return await fetchAgain(call, output, header)
  }
  // Its metadata said that it is none; what openAnswer answers is of the same metadata.
  if (opened === 'esdk') throw unexpected()
  return opened.content.suite.overhead === undefined
    ? await blockPart(call, output, opened, fetched, range)
    : counterPart(call, output, opened, fetched, range)
}

/** A part of a body of AES-GCM, from the answer that is there. */
function counterPart(
  call: GetCall,
  output: GetObjectCommandOutput,
  { content }: OpenedEnvelope,
  { total, ...fetched }: ContentRange,
  range: RequestedRange,
): GetObjectCommandOutput {
  const length = plaintextLengthOf(content.suite, total)
  if (length === undefined) throw unexpected()
  const part = resolve(range, length)
  if (part.start < fetched.start || part.end > fetched.end) throw unexpected()
  const decryptor = rangeDecryptor(content, part, fetched, total)
  const plaintext = exactly(transformed(bodyOf(output), decryptor, 'body', call.signal), part.end - part.start)
  return answeredPart(
    output,
    sdkBody(plaintext, () => discard(output.Body)),
    part,
    length,
  )
}

/** A part of a body of AES-CBC, which needs blocks around it and the end of the body. */
async function blockPart(
  call: GetCall,
  output: GetObjectCommandOutput,
  opened: OpenedEnvelope,
  { total }: ContentRange,
  range: RequestedRange,
): Promise<GetObjectCommandOutput> {
  discard(output.Body)
  const ranges = envelopeRanges(opened, sourceOf(call, output, total))
  return await readPart(call, output, ranges, range)
}

async function esdkPart(
  call: GetCall,
  output: GetObjectCommandOutput,
  fetched: ContentRange,
  range: RequestedRange,
): Promise<GetObjectCommandOutput> {
  let start: Uint8Array | undefined
  if (fetched.start === 0 && fetched.end <= FIRST_LOOK) {
    const parts: Uint8Array[] = []
    for await (const part of bodyOf(output)) parts.push(part)
    start = Buffer.concat(parts)
    if (start.length !== fetched.end) throw unexpected()
  } else discard(output.Body)
  const ranges = await esdkRanges(call.runtime.config, sourceOf(call, output, fetched.total, start), requestOf(call))
  return await readPart(call, output, ranges, range)
}

async function readPart(
  call: GetCall,
  output: GetObjectCommandOutput,
  ranges: ObjectRanges,
  range: RequestedRange,
): Promise<GetObjectCommandOutput> {
  const options = call.signal === undefined ? {} : { signal: call.signal }
  const length = await ranges.plaintextLength(options)
  const part = resolve(range, length)
  return answeredPart(output, sdkBody(ranges.readPieces(part.start, part.end, options)), part, length)
}

/** Parts of the stored body, each fetched when it is asked for. */
function sourceOf(call: GetCall, output: GetObjectCommandOutput, size: number, start: Uint8Array = new Uint8Array(0)): RangeSource {
  return {
    size,
    async read(from, to) {
      if (to <= start.length) return Uint8Array.from(start.subarray(from, to))
      const { Body } = await fetchAgain(call, output, `bytes=${from}-${to - 1}`)
      return (await Body?.transformToByteArray()) ?? new Uint8Array(0)
    },
  }
}

/** S3 may answer the whole for a part: it was verified as such, and is cut here. */
async function partOfWhole(call: GetCall, output: GetObjectCommandOutput, range: RequestedRange): Promise<GetObjectCommandOutput> {
  const bytes = (await output.Body?.transformToByteArray()) ?? new Uint8Array(0)
  call.signal?.throwIfAborted()
  const part = resolve(range, bytes.length)
  return answeredPart(output, sdkBody(bytes.subarray(part.start, part.end)), part, bytes.length)
}

/** The Range header to send: the end of a body is its tag. */
function widened(range: RequestedRange, header: string): string {
  return 'suffix' in range ? `bytes=-${range.suffix + TAG_LENGTH}` : header
}

function resolve(range: RequestedRange, length: number): ByteRange {
  const part = resolveRange(range, length)
  if (part !== undefined) return part
  throw s3Error('RANGE_NOT_SATISFIABLE', `The range begins behind the end of the object, which has ${length} bytes.`, { option: 'Range' })
}

function answeredPart(
  output: GetObjectCommandOutput,
  body: ReturnType<typeof sdkBody>,
  part: ByteRange,
  length: number,
): GetObjectCommandOutput {
  return { ...answered(output, body, part.end - part.start), ContentRange: `bytes ${part.start}-${part.end - 1}/${length}` }
}

interface ContentRange extends ByteRange {
  readonly total: number
}

function parseContentRange(header: string): ContentRange {
  const match = /^bytes (\d{1,16})-(\d{1,16})\/(\d{1,16})$/.exec(header)
  if (match === null) throw unexpected()
  const [start, last, total] = match.slice(1).map(Number) as [number, number, number]
  if (last < start || last >= total) throw unexpected()
  return { start, end: last + 1, total }
}

/** A part that ends early is not the part. */
async function* exactly(plaintext: AsyncIterable<Uint8Array>, length: number): AsyncGenerator<Uint8Array, void, undefined> {
  let left = length
  for await (const piece of plaintext) {
    left -= piece.length
    yield piece
  }
  if (left !== 0) throw unexpected()
}

function unexpected(): Error {
  return s3Error('RESPONSE_UNEXPECTED', 'S3 answered another part of the object than the one that was asked for.')
}
