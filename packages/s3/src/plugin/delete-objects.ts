import {
  DeleteObjectCommand,
  type DeleteObjectCommandInput,
  type DeleteObjectCommandOutput,
  DeleteObjectsCommand,
  type DeleteObjectsCommandInput,
  type DeleteObjectsCommandOutput,
} from '@aws-sdk/client-s3'
import { type Call, pick, sendOptions } from './call.ts'

/** Parameters of a deletion that go for the instruction file as well. */
const SHARED: readonly string[] = ['Bucket', 'MFA', 'RequestPayer', 'BypassGovernanceRetention', 'ExpectedBucketOwner']

/**
 * Deletes an object, and then its instruction file where those are in use. A version that is deleted leaves it: others may need it, and it has versions
 * of its own.
 */
export async function deleteObject(call: Call<DeleteObjectCommandInput, DeleteObjectCommandOutput>): Promise<DeleteObjectCommandOutput> {
  const { input, runtime, signal } = call
  const output = await call.send(input)
  if (runtime.instructionFile && input.VersionId === undefined) {
    const command = new DeleteObjectCommand({
      ...pick(input, SHARED),
      Key: `${input.Key}${runtime.instructionFileSuffix}`,
    } as DeleteObjectCommandInput)
    await runtime.plain.send(command, sendOptions(signal))
  }
  return output
}

/** The same for many: a second request for the instruction files of those that were deleted. */
export async function deleteObjects(
  call: Call<DeleteObjectsCommandInput, DeleteObjectsCommandOutput>,
): Promise<DeleteObjectsCommandOutput> {
  const { input, runtime, signal } = call
  const output = await call.send(input)
  if (!runtime.instructionFile) return output
  const failed = new Set((output.Errors ?? []).map(({ Key }) => Key))
  const files = (input.Delete?.Objects ?? [])
    .filter(({ Key, VersionId }) => VersionId === undefined && !failed.has(Key))
    .map(({ Key }) => ({ Key: `${Key}${runtime.instructionFileSuffix}` }))
  if (files.length === 0) return output
  const command = new DeleteObjectsCommand({ ...pick(input, SHARED), Delete: { Objects: files, Quiet: true } } as DeleteObjectsCommandInput)
  const { Errors = [] } = await runtime.plain.send(command, sendOptions(signal))
  return Errors.length === 0 ? output : { ...output, Errors: [...(output.Errors ?? []), ...Errors] }
}
