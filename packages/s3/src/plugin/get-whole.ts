import { GetObjectCommand, type GetObjectCommandInput, type GetObjectCommandOutput } from '@aws-sdk/client-s3'
import type { BuildMiddleware } from '@smithy/types'
import { isStrongroomError, observe, type StrongroomError } from '@strongroom/core'
import { contentDecryptor, decryptContent } from '../content/content-decryptor.ts'
import { TAG_LENGTH } from '../content/content-key.ts'
import type { ContentTransform } from '../content/content-transform.ts'
import { collect, observed } from '../decrypt-object.ts'
import { s3Error } from '../errors.ts'
import { openEsdkObject } from '../esdk-object.ts'
import { type OpenedEnvelope, type OpenRequest, openObject } from '../open-object.ts'
import { accessOf, type Call, isNotFound, locationOf, sendOptions } from './call.ts'
import { optionsOf } from './call-options.ts'
import { discard, readInstructionFile } from './instruction-files.ts'
import { hintedLength, plaintextLengthOf, visibleMetadata } from './object-facts.ts'
import { sdkBody } from './sdk-body.ts'
import { verifiedBySecondPass, verifiedBySpool } from './verified-body.ts'

/** A GetObject on its way. */
export type GetCall = Call<GetObjectCommandInput, GetObjectCommandOutput>

/** Decrypts the object that an answer holds all of. */
export async function decryptWhole(call: GetCall, output: GetObjectCommandOutput): Promise<GetObjectCommandOutput> {
  try {
    const opened = await openAnswer(call, output, false)
    if (opened === undefined) return output
    if (opened === 'esdk') {
      const { plaintext } = await openEsdkObject(call.runtime.config, requestOf(call), bodyOf(output))
      return answered(
        output,
        sdkBody(plaintext, () => discard(output.Body)),
        hintedLength(output.Metadata, output.ContentLength),
      )
    }
    return answered(output, await plaintextBody(call, output, opened), plaintextLengthOf(opened.content.suite, output.ContentLength))
  } catch (error) {
    discard(output.Body)
    throw error
  }
}

/** Opens the envelope of an answer; undefined where the object is not encrypted and may pass. */
export async function openAnswer(
  call: GetCall,
  output: GetObjectCommandOutput,
  isPart: boolean,
): Promise<OpenedEnvelope | 'esdk' | undefined> {
  const { runtime } = call
  try {
    return await observed(runtime.config, output.ContentLength ?? 0, () =>
      openObject(runtime.config, output.Metadata ?? {}, { ...requestOf(call), isPart }),
    )
  } catch (error) {
    if (!isStrongroomError(error, 'OBJECT_NOT_ENCRYPTED')) throw error
    if (runtime.passBefore === undefined) throw error
    const modified = output.LastModified?.getTime() ?? Number.POSITIVE_INFINITY
    if (modified < runtime.passBefore) return undefined
    throw tooNew(error)
  }
}

/** What is asked of the object of a call. */
export function requestOf({ runtime, input, signal }: GetCall): OpenRequest {
  const location = locationOf(input)
  const { encryptionContext, instructionFileSuffix } = optionsOf(input)
  return {
    encryptionContext: encryptionContext ?? runtime.contextOf(location),
    signal,
    instructionFile: async () => {
      const suffix = instructionFileSuffix ?? runtime.instructionFileSuffix
      return (await readInstructionFile(runtime, location, suffix, accessOf(input), signal))?.body
    },
  }
}

/** The object of an answer once more, or a part of it: another version, or one that was changed as far as S3 admits it, is refused by S3. */
export async function fetchAgain(call: GetCall, output: GetObjectCommandOutput, range?: string): Promise<GetObjectCommandOutput> {
  const { input, runtime, signal } = call
  const version = output.VersionId ?? input.VersionId
  const command = new GetObjectCommand({
    Bucket: input.Bucket,
    Key: input.Key,
    ...accessOf(input),
    ...(version === undefined || version === 'null' ? {} : { VersionId: version }),
    ...(output.ETag === undefined ? {} : { IfMatch: output.ETag }),
    ...(range === undefined ? {} : { Range: range }),
  })
  // What comes is verified as it is read; a checksum of S3's would cost a tenth of the time, and prove less.
  command.middlewareStack.add(withoutChecksum, { name: 'strongroomS3NoChecksum', step: 'build', priority: 'low' })
  try {
    return await runtime.plain.send(command, sendOptions(signal))
  } catch (error) {
    if (isNotFound(error) || (error as { name?: unknown }).name === 'PreconditionFailed')
      throw s3Error('RESPONSE_UNEXPECTED', 'The object was replaced or deleted while it was read. Read it again.', { cause: error })
    throw error
  }
}

const withoutChecksum: BuildMiddleware<GetObjectCommandInput, GetObjectCommandOutput> = (next) => async (args) => {
  const { headers } = args.request as { headers?: Record<string, string> }
  if (headers !== undefined) delete headers['x-amz-checksum-mode']
  return await next(args)
}

/** The body of an answer, to be read once. */
export function bodyOf(output: GetObjectCommandOutput): AsyncIterable<Uint8Array> {
  const body: unknown = output.Body
  if (typeof body === 'object' && body !== null && Symbol.asyncIterator in body) return body as AsyncIterable<Uint8Array>
  throw s3Error('RESPONSE_UNEXPECTED', 'S3 answered no body that can be read as a stream.')
}

/** An answer with its plaintext in place of what was stored. */
export function answered(
  output: GetObjectCommandOutput,
  body: ReturnType<typeof sdkBody>,
  length: number | undefined,
): GetObjectCommandOutput {
  const rest = Object.fromEntries(
    Object.entries(output).filter(([name]) => !name.startsWith('Checksum')),
  ) as unknown as GetObjectCommandOutput
  return {
    ...rest,
    Body: body as unknown as NonNullable<GetObjectCommandOutput['Body']>,
    ContentLength: length,
    Metadata: visibleMetadata(output.Metadata),
  }
}

async function plaintextBody(call: GetCall, output: GetObjectCommandOutput, opened: OpenedEnvelope): Promise<ReturnType<typeof sdkBody>> {
  const { runtime, signal } = call
  const { config } = runtime
  const { content } = opened
  const body = bodyOf(output)
  const release = (): void => discard(output.Body)
  const isLong = (output.ContentLength ?? Number.POSITIVE_INFINITY) > config.maxBufferedBytes
  const { id: suite } = content.suite
  const told = (plaintextBytes: number, ciphertextBytes: number = plaintextBytes + TAG_LENGTH): void =>
    observe(config.observer, { type: 'message.decrypted', suite, plaintextBytes, ciphertextBytes })
  if (suite === '0070' || config.delayedAuthentication) {
    const plaintext = decrypted(body, contentDecryptor(content, output.ContentLength), signal)
    return sdkBody(
      counted(plaintext, (length) => told(length, output.ContentLength)),
      release,
    )
  }
  if (isLong && runtime.largeObjects !== 'refuse') {
    if (runtime.largeObjects === 'spool') {
      const spooled = await observed(config, 0, () => verifiedBySpool(content, body, runtime.spoolFolder, output.ContentLength, signal))
      return sdkBody(counted(spooled.plaintext, told), spooled.release)
    }
    let second: GetObjectCommandOutput | undefined
    const again = async (): Promise<AsyncIterable<Uint8Array>> => {
      second = await fetchAgain(call, output)
      return bodyOf(second)
    }
    const plaintext = await observed(config, 0, () => verifiedBySecondPass(content, body, again, output.ContentLength, signal))
    return sdkBody(counted(plaintext, told), () => discard(second?.Body))
  }
  const whole = await collect(body, config.maxBufferedBytes, signal)
  const plaintext = await observed(config, whole.length, async () => decryptContent(content, whole))
  told(plaintext.length, whole.length)
  return sdkBody(plaintext)
}

/** Each piece as it comes. */
async function* decrypted(
  body: AsyncIterable<Uint8Array>,
  decryptor: ContentTransform,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const piece of body) {
    signal?.throwIfAborted()
    const plaintext = decryptor.update(piece)
    if (plaintext.length > 0) yield plaintext
  }
  signal?.throwIfAborted()
  const last = decryptor.final()
  if (last.length > 0) yield last
}

async function* counted(plaintext: AsyncIterable<Uint8Array>, done: (length: number) => void): AsyncGenerator<Uint8Array, void, undefined> {
  let length = 0
  for await (const piece of plaintext) {
    length += piece.length
    yield piece
  }
  done(length)
}

function tooNew(cause: StrongroomError): StrongroomError<'OBJECT_NOT_ENCRYPTED'> {
  return s3Error('OBJECT_NOT_ENCRYPTED', `${cause.message} It was last modified after unencryptedObjects.passBefore.`, {
    option: 'unencryptedObjects',
  })
}
