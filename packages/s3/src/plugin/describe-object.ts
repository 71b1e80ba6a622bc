import {
  type GetObjectAttributesCommandInput,
  type GetObjectAttributesCommandOutput,
  HeadObjectCommand,
  type HeadObjectCommandInput,
  type HeadObjectCommandOutput,
} from '@aws-sdk/client-s3'
import { accessOf, type Call, pick, sendOptions } from './call.ts'
import { statedLength, visibleMetadata } from './object-facts.ts'

/**
 * Tells of an object as if it were its plaintext: length and metadata of its own. Checksums and the ETag are of what is stored. Nothing of it is
 * authenticated.
 */
export async function headObject(call: Call<HeadObjectCommandInput, HeadObjectCommandOutput>): Promise<HeadObjectCommandOutput> {
  const { input, runtime } = call
  const output = await call.send(input)
  const metadata = visibleMetadata(output.Metadata)
  const answer = { ...output, ...(metadata === undefined ? {} : { Metadata: metadata }) }
  // Of a part the answer tells the part's length.
  if (input.Range !== undefined || input.PartNumber !== undefined) return answer
  const length = statedLength(output.Metadata, output.ContentLength, runtime.config.maxEnvelopeBytes)
  return length === undefined ? answer : { ...answer, ContentLength: length }
}

/** The same for GetObjectAttributes, whose answer lacks the metadata that says it: one more request, where the size is asked for. */
export async function getObjectAttributes(
  call: Call<GetObjectAttributesCommandInput, GetObjectAttributesCommandOutput>,
): Promise<GetObjectAttributesCommandOutput> {
  const { input, runtime, signal } = call
  const output = await call.send(input)
  if (output.ObjectSize === undefined) return output
  const version = output.VersionId ?? input.VersionId
  const command = new HeadObjectCommand({
    ...pick(input, ['Bucket', 'Key']),
    ...accessOf(input),
    ...(version === undefined ? {} : { VersionId: version }),
  } as HeadObjectCommandInput)
  const { Metadata, ContentLength } = await runtime.plain.send(command, sendOptions(signal))
  const length = statedLength(Metadata, ContentLength, runtime.config.maxEnvelopeBytes)
  return length === undefined ? output : { ...output, ObjectSize: length }
}
