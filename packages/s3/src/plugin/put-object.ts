import { Readable } from 'node:stream'
import type { PutObjectCommandInput, PutObjectCommandOutput } from '@aws-sdk/client-s3'
import { beginObject } from '../begin-object.ts'
import { collect } from '../decrypt-object.ts'
import { encryptPieces } from '../encrypt-object.ts'
import { isReservedKey } from '../envelope/map-keys.ts'
import { s3Error } from '../errors.ts'
import { asPieces } from '../pieces.ts'
import { type BodyInput, readBody } from './body-input.ts'
import { type Call, locationOf, type SentBody } from './call.ts'
import { optionsOf } from './call-options.ts'
import { withInstructionFile } from './instruction-files.ts'

/** Bytes that are encrypted at a time: they are still in the processor's cache when they are copied to their place. */
const SLICE = 262_144

/** Encrypts the body of a PutObject and sends it on. */
export async function putObject(call: Call<PutObjectCommandInput, PutObjectCommandOutput>): Promise<PutObjectCommandOutput> {
  const { runtime, input, signal } = call
  const { config, instructionFile } = runtime
  assertParameters(input)
  const location = locationOf(input)
  const encryptionContext = optionsOf(input).encryptionContext ?? runtime.contextOf(location)
  const metadata = { ...input.Metadata }
  const source = await knownLength(await readBody(input.Body, input.ContentLength), config.maxBufferedBytes, signal)
  const request = { encryptionContext, metadata, instructionFile, signal }
  const { Body, ContentLength, Metadata, file } = await encrypted()
  const send = () => call.send({ ...input, Body, ContentLength, Metadata }, Body)
  try {
    return file === undefined ? await send() : await withInstructionFile(runtime, input, location, file, signal, send)
  } finally {
    // A stream that was not read to its end holds its source.
    if (Body instanceof Readable) Body.destroy()
  }

  async function encrypted(): Promise<{
    Body: SentBody
    ContentLength: number | undefined
    Metadata: Record<string, string>
    file: Parameters<typeof withInstructionFile>[3] | undefined
  }> {
    if ('bytes' in source && config.format !== 'esdk') {
      const begun = await beginObject(config, { ...request, plaintextLength: source.bytes.length })
      const body = Buffer.allocUnsafeSlow(source.bytes.length + 16)
      let at = 0
      for (; at < source.bytes.length; at += SLICE) body.set(begun.encryptor.update(source.bytes.subarray(at, at + SLICE)), at)
      body.set(begun.encryptor.final(), source.bytes.length)
      source.bytes.fill(0)
      return { Body: body, ContentLength: body.length, Metadata: begun.metadata, file: begun.instructionFile }
    }
    const plaintext = 'bytes' in source ? asPieces(source.bytes) : source.stream
    const plaintextLength = 'bytes' in source ? source.bytes.length : source.length
    const made = await encryptPieces(config, { ...request, ...(plaintextLength === undefined ? {} : { plaintextLength }) }, plaintext)
    const common = { Metadata: { ...made.metadata }, file: made.instructionFile }
    if (!('bytes' in source)) return { ...common, Body: Readable.from(made.body, { objectMode: false }), ContentLength: made.bodyLength }
    const pieces: Uint8Array[] = []
    for await (const piece of made.body) pieces.push(piece)
    source.bytes.fill(0)
    const body = Buffer.concat(pieces)
    return { ...common, Body: body, ContentLength: body.length }
  }
}

/** S3 takes no body of unknown length: one is held in memory if it is short. */
async function knownLength(source: BodyInput, most: number, signal: AbortSignal | undefined): Promise<BodyInput> {
  if ('bytes' in source || source.length !== undefined) return source
  try {
    return { bytes: await collect(source.stream, most, signal) }
  } catch (error) {
    if ((error as { option?: unknown }).option !== 'maxBufferedBytes') throw error
    throw s3Error(
      'LENGTH_UNKNOWN',
      `The length of Body is not known, and it is longer than maxBufferedBytes (${most}). Give ContentLength, or use EncryptedUpload, which needs none.`,
      { option: 'ContentLength' },
    )
  }
}

/** What would be a digest of the plaintext, or makes an object of several writes, is refused. @throws `PARAMETER_UNSUPPORTED` */
export function assertParameters(input: PutObjectCommandInput): void {
  const given = input as unknown as Readonly<Record<string, unknown>>
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue
    if (name === 'ContentMD5' || (name.startsWith('Checksum') && name !== 'ChecksumAlgorithm')) {
      throw s3Error(
        'PARAMETER_UNSUPPORTED',
        `${name} would be a digest of the plaintext, which S3 cannot check and must not learn. Leave it out: the SDK makes a checksum of what is sent.`,
        { option: name },
      )
    }
    if (name === 'WriteOffsetBytes') {
      throw s3Error('PARAMETER_UNSUPPORTED', 'An encrypted object is written as a whole; nothing can be appended to it.', { option: name })
    }
  }
  for (const name of Object.keys(input.Metadata ?? {})) {
    if (isReservedKey(name)) {
      throw s3Error(
        'PARAMETER_UNSUPPORTED',
        `Metadata ${JSON.stringify(name)} belongs to the envelope of an encrypted object. What was encrypted elsewhere is stored with a client without encryption.`,
        { option: 'Metadata' },
      )
    }
  }
}
