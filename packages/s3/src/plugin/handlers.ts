import type { RenameObjectCommandInput, RestoreObjectCommandInput, ServiceOutputTypes } from '@aws-sdk/client-s3'
import { s3Error } from '../errors.ts'
import type { Call } from './call.ts'
import { copyObject } from './copy-object.ts'
import { deleteObject, deleteObjects } from './delete-objects.ts'
import { getObjectAttributes, headObject } from './describe-object.ts'
import { getObject } from './get-object.ts'
import { putObject } from './put-object.ts'

/** Carries one operation out. */
export type Handler = (call: Call) => Promise<ServiceOutputTypes>

/** Directory buckets rename objects in place; an instruction file would be left behind. */
async function renameObject(call: Call<RenameObjectCommandInput, ServiceOutputTypes>): Promise<ServiceOutputTypes> {
  if (!call.runtime.instructionFile) return await call.send(call.input)
  throw s3Error('COMMAND_UNSUPPORTED', 'RenameObject would leave the instruction file behind. Use CopyObject and DeleteObject.')
}

async function restoreObject(call: Call<RestoreObjectCommandInput, ServiceOutputTypes>): Promise<ServiceOutputTypes> {
  const { RestoreRequest } = call.input
  if (RestoreRequest?.SelectParameters === undefined && RestoreRequest?.Type === undefined) return await call.send(call.input)
  throw s3Error('PARAMETER_UNSUPPORTED', 'S3 cannot look into an encrypted object. Restore it, read it and select from the plaintext.', {
    option: 'RestoreRequest',
  })
}

const handlers: ReadonlyMap<string, Handler> = new Map([
  ['PutObject', putObject as Handler],
  ['GetObject', getObject as Handler],
  ['HeadObject', headObject as Handler],
  ['GetObjectAttributes', getObjectAttributes as Handler],
  ['CopyObject', copyObject as Handler],
  ['DeleteObject', deleteObject as Handler],
  ['DeleteObjects', deleteObjects as Handler],
  ['RenameObject', renameObject as Handler],
  ['RestoreObject', restoreObject as Handler],
])

/** The handler of an operation that does not pass as it is. */
export function handlerOf(operation: string): Handler | undefined {
  return handlers.get(operation)
}
