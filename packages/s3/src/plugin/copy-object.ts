import {
  type CopyObjectCommandInput,
  type CopyObjectCommandOutput,
  HeadObjectCommand,
  type HeadObjectCommandInput,
} from '@aws-sdk/client-s3'
import { callerMetadata } from '../envelope/metadata-size.ts'
import { placeEnvelope } from '../envelope/read-envelope.ts'
import { s3Error } from '../errors.ts'
import { type Call, locationOf, needText, pick, sendOptions } from './call.ts'
import { optionsOf } from './call-options.ts'
import { parseCopySource } from './copy-source.ts'
import { readInstructionFile, withInstructionFile } from './instruction-files.ts'
import { envelopeMetadata } from './object-facts.ts'

/**
 * Copies an object with its envelope. S3 takes that along with the metadata, unless it is told to replace this; an instruction file is an object of its
 * own, and is copied where instruction files are in use.
 */
export async function copyObject(call: Call<CopyObjectCommandInput, CopyObjectCommandOutput>): Promise<CopyObjectCommandOutput> {
  const { input, runtime, signal } = call
  const replaces = input.MetadataDirective === 'REPLACE'
  if (!replaces && !runtime.instructionFile) return await call.send(input)
  const location = locationOf(input)
  const source = parseCopySource(needText('CopySource', input.CopySource))
  const access = sourceAccess(input)
  const head = new HeadObjectCommand({
    Bucket: source.bucket,
    Key: source.key,
    ...access,
    ...(source.versionId === undefined ? {} : { VersionId: source.versionId }),
  } as HeadObjectCommandInput)
  const { Metadata = {}, ETag } = await runtime.plain.send(head, sendOptions(signal))
  const placement = placeEnvelope(Metadata, runtime.config.maxEnvelopeBytes)
  const adapted = replaces ? { ...input, Metadata: { ...callerMetadata(input.Metadata ?? {}), ...envelopeMetadata(Metadata) } } : input
  const isInFile = placement.kind === 'split' || placement.kind === 'elsewhere'
  const suffix = optionsOf(input).instructionFileSuffix ?? runtime.instructionFileSuffix
  const file = isInFile ? await readInstructionFile(runtime, source, suffix, access, signal) : undefined
  if (placement.kind === 'split' && file === undefined) {
    throw s3Error(
      'INSTRUCTION_FILE_MISSING',
      'The object that is to be copied has its wrapped data key in an instruction file, and there is none.',
    )
  }
  // What was looked at is what is copied.
  const guarded = input.CopySourceIfMatch === undefined && ETag !== undefined ? { ...adapted, CopySourceIfMatch: ETag } : adapted
  if (file === undefined) return await call.send(guarded)
  const isSelf = source.bucket === location.bucket && source.key === location.key
  if (isSelf && suffix === runtime.instructionFileSuffix) return await call.send(guarded)
  return await withInstructionFile(runtime, input, location, file, signal, () => call.send(guarded))
}

/** The parameters of a copy that are about its source, by the names that reading it has for them. */
function sourceAccess(input: CopyObjectCommandInput): Record<string, unknown> {
  const names: readonly (readonly [string, string])[] = [
    ['CopySourceSSECustomerAlgorithm', 'SSECustomerAlgorithm'],
    ['CopySourceSSECustomerKey', 'SSECustomerKey'],
    ['CopySourceSSECustomerKeyMD5', 'SSECustomerKeyMD5'],
    ['ExpectedSourceBucketOwner', 'ExpectedBucketOwner'],
  ]
  const given = input as unknown as Readonly<Record<string, unknown>>
  const renamed = names.filter(([name]) => given[name] !== undefined).map(([name, reading]): [string, unknown] => [reading, given[name]])
  return { ...pick(input, ['RequestPayer']), ...Object.fromEntries(renamed) }
}
