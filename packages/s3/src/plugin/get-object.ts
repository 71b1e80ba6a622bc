import type { GetObjectCommandOutput } from '@aws-sdk/client-s3'
import { s3Error } from '../errors.ts'
import { getRange } from './get-range.ts'
import { decryptWhole, type GetCall } from './get-whole.ts'
import { discard } from './instruction-files.ts'

/** Fetches and decrypts an object, or a part of one. */
export async function getObject(call: GetCall): Promise<GetObjectCommandOutput> {
  const { input } = call
  if (input.PartNumber !== undefined) {
    throw s3Error(
      'PARAMETER_UNSUPPORTED',
      'The parts that an object was uploaded in cannot be decrypted one by one. Use Range, or read all of it.',
      {
        option: 'PartNumber',
      },
    )
  }
  if (input.Range !== undefined) return await getRange(call, input.Range)
  const output = await call.send(input)
  if (output.ContentRange === undefined) return await decryptWhole(call, output)
  discard(output.Body)
  throw s3Error('RESPONSE_UNEXPECTED', 'S3 answered a part of the object, which was not asked for.')
}
