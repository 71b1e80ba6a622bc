import type { CommitmentPolicy, Keyring } from '@strongroom/core'
import {
  type DecryptObjectOptions,
  decryptObject,
  encryptObject,
  openObjectRanges,
  type StoredObject,
  type WrittenFormat,
} from '@strongroom/s3'
import { parseRange, resolveRange } from '../../packages/s3/src/byte-range.ts'
import { bytes, flag, lacking, object, oneOf, optional, type Read, readFields, stringMap, text } from './fields.ts'
import { given } from './given.ts'
import { readKeyring } from './keyring-requests.ts'
import { keyringOf } from './our-keyrings.ts'
import { type Fields, RequestError } from './protocol.ts'

const encryptFields = {
  keyring: object,
  body: bytes,
  format: optional(oneOf<WrittenFormat>('v3', 'v2', 'esdk')),
  encryptionContext: optional(stringMap),
  metadata: optional(stringMap),
  instructionFile: optional(flag),
  multipart: lacking('an object that is not uploaded has no parts'),
}
const decryptFields = {
  keyring: object,
  body: bytes,
  metadata: stringMap,
  instructionFile: optional(object),
  encryptionContext: optional(stringMap),
  range: optional(text),
  commitmentPolicy: optional(
    oneOf<CommitmentPolicy>('FORBID_ENCRYPT_ALLOW_DECRYPT', 'REQUIRE_ENCRYPT_ALLOW_DECRYPT', 'REQUIRE_ENCRYPT_REQUIRE_DECRYPT'),
  ),
  legacy: optional(flag),
}

/** Encrypts an object without S3. */
export async function encryptS3Object(fields: Fields): Promise<Fields> {
  const { keyring, body, format = 'v3', ...request } = readFields('s3.encryptObject', fields, encryptFields)
  const made = await encryptObject(body, {
    keyring: await keyringOf(readKeyring(keyring)),
    format,
    ...given('commitmentPolicy', format === 'v2' ? 'FORBID_ENCRYPT_ALLOW_DECRYPT' : undefined),
    ...given('encryptionContext', request.encryptionContext),
    ...given('metadata', request.metadata),
    ...given('instructionFile', request.instructionFile),
  })
  const { instructionFile } = made
  return { body: made.body, metadata: made.metadata, ...given('instructionFile', instructionFile) }
}

/** Decrypts an object, or a part of one, that is in the request. */
export async function decryptS3Object(fields: Fields): Promise<Fields> {
  const request = readFields('s3.decryptObject', fields, decryptFields)
  const { metadata, range } = request
  const stored = storedObject(request)
  const options = optionsOf(request, await keyringOf(readKeyring(request.keyring)))
  if (range === undefined) return { body: (await decryptObject(stored, options)).plaintext, metadata }
  return { body: await readRange(stored, range, options), metadata }
}

function storedObject({ body, metadata, instructionFile }: Read<typeof decryptFields>): StoredObject<Uint8Array> {
  if (instructionFile === undefined) return { body, metadata }
  const file = readFields('instructionFile', instructionFile, { metadata: optional(stringMap), body: bytes })
  return { body, metadata, instructionFile: { body: file.body } }
}

function optionsOf({ encryptionContext, commitmentPolicy, legacy }: Read<typeof decryptFields>, keyring: Keyring): DecryptObjectOptions {
  const policy = commitmentPolicy ?? (legacy === true ? 'REQUIRE_ENCRYPT_ALLOW_DECRYPT' : undefined)
  return {
    keyring,
    ...given('commitmentPolicy', policy),
    ...given('legacyContent', legacy),
    ...given('legacyWrappingAlgorithms', legacy),
    ...given('encryptionContext', encryptionContext),
  }
}

/** A part, as a `Range` header asks for it. */
async function readRange(stored: StoredObject<Uint8Array>, range: string, options: DecryptObjectOptions): Promise<Uint8Array> {
  const asked = parseRange(range)
  if (asked === undefined)
    throw new RequestError('INPUT_INVALID', 's3.decryptObject: range must be of the form bytes=0-9, bytes=5- or bytes=-5')
  const { body, ...rest } = stored
  const source = { ...rest, size: body.length, read: async (start: number, end: number) => Uint8Array.from(body.subarray(start, end)) }
  const ranges = await openObjectRanges(source, { ...options, unauthenticatedRanges: true })
  const part = resolveRange(asked, await ranges.plaintextLength())
  if (part === undefined) throw Object.assign(new Error('the range begins behind the end'), { code: 'RANGE_NOT_SATISFIABLE' })
  return await ranges.read(part.start, part.end)
}
