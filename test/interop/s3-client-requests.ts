import type { GetObjectCommandOutput, S3Client } from '@aws-sdk/client-s3'
import type { CommitmentPolicy } from '@strongroom/core'
import type { S3EncryptionConfig, WrittenFormat } from '@strongroom/s3'
import { bytes, flag, object, oneOf, optional, readFields, stringMap, text } from './fields.ts'
import { given } from './given.ts'
import { readKeyring } from './keyring-requests.ts'
import { keyringOf } from './our-keyrings.ts'
import type { Fields } from './protocol.ts'

const place = { endpoint: text, bucket: text, key: text, keyring: object, encryptionContext: optional(stringMap) }
const putFields = {
  ...place,
  body: bytes,
  format: optional(oneOf<WrittenFormat>('v3', 'v2', 'esdk')),
  metadata: optional(stringMap),
  instructionFile: optional(flag),
  multipart: optional(flag),
}
const getFields = {
  ...place,
  range: optional(text),
  commitmentPolicy: optional(
    oneOf<CommitmentPolicy>('FORBID_ENCRYPT_ALLOW_DECRYPT', 'REQUIRE_ENCRYPT_ALLOW_DECRYPT', 'REQUIRE_ENCRYPT_REQUIRE_DECRYPT'),
  ),
  legacy: optional(flag),
}

/** Puts an object through the SDK's client. */
export async function putS3Object(fields: Fields): Promise<Fields> {
  const { body, format = 'v3', metadata = {}, multipart, ...request } = readFields('s3.put', fields, putFields)
  const { HeadObjectCommand, PutObjectCommand } = await import('@aws-sdk/client-s3')
  const { EncryptedUpload, withEncryption } = await import('@strongroom/s3')
  const plain = await clientOf(request.endpoint)
  const client = withEncryption(plain, {
    keyring: await keyringOf(readKeyring(request.keyring)),
    format,
    ...given('commitmentPolicy', format === 'v2' ? ('FORBID_ENCRYPT_ALLOW_DECRYPT' as const) : undefined),
    ...given('encryptionContext', request.encryptionContext),
    ...given('instructionFile', request.instructionFile),
  } as S3EncryptionConfig)
  const where = { Bucket: request.bucket, Key: request.key }
  if (multipart === true) await new EncryptedUpload({ client, params: { ...where, Body: body, Metadata: metadata } }).done()
  else await client.send(new PutObjectCommand({ ...where, Body: body, Metadata: metadata }))
  const { Metadata } = await plain.send(new HeadObjectCommand(where))
  return { metadata: { ...Metadata } }
}

/** Gets an object, or a part of one, through the SDK's client. */
export async function getS3Object(fields: Fields): Promise<Fields> {
  const { range, legacy, commitmentPolicy, ...request } = readFields('s3.get', fields, getFields)
  const { GetObjectCommand } = await import('@aws-sdk/client-s3')
  const { withEncryption } = await import('@strongroom/s3')
  const client = withEncryption(await clientOf(request.endpoint), {
    keyring: await keyringOf(readKeyring(request.keyring)),
    ...given('commitmentPolicy', commitmentPolicy ?? (legacy === true ? ('REQUIRE_ENCRYPT_ALLOW_DECRYPT' as const) : undefined)),
    ...given('legacyContent', legacy),
    ...given('legacyWrappingAlgorithms', legacy),
    ...given('unauthenticatedRanges', range === undefined ? undefined : true),
    ...given('encryptionContext', request.encryptionContext),
  } as S3EncryptionConfig)
  const command = new GetObjectCommand({ Bucket: request.bucket, Key: request.key, ...given('Range', range) })
  const { Body, Metadata }: GetObjectCommandOutput = await client.send(command)
  return { body: (await Body?.transformToByteArray()) ?? new Uint8Array(), metadata: { ...Metadata } }
}

/** An emulator's client, which asks for no true credentials. Loaded when first asked for: the SDK takes longer to load than all the rest. */
async function clientOf(endpoint: string): Promise<S3Client> {
  const { S3Client: Client } = await import('@aws-sdk/client-s3')
  return new Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } })
}
