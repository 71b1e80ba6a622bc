// Configurations of the S3 adapter that cannot work do not compile. Every complaint has to be about what its comment names first.
import { GetObjectCommand, PutObjectCommand, type S3, S3Client } from '@aws-sdk/client-s3'
import type { Keyring, Materials } from '@strongroom/core'
import { decryptObject, encryptObject, objectOptions, s3Encryption, withEncryption } from '@strongroom/s3'

declare const keyring: Keyring
declare const materials: Materials
declare const aggregated: S3
const client = new S3Client({})
const cache = { maxAgeMs: 300_000 }

export function configurations(): void {
  withEncryption(client, { keyring })
  withEncryption(client, { keyring, format: 'esdk', cache })
  withEncryption(client, { materials, format: 'esdk' })
  withEncryption(client, { keyring, encryptionContext: ({ bucket, key }) => ({ at: `${bucket}/${key}` }) })
  withEncryption(aggregated, { keyring }).getObject({ Bucket: 'a', Key: 'b' })
  s3Encryption({ keyring, client })
  // @ts-expect-error S3EncryptionConfig: there are no data keys
  withEncryption(client, {})
  // @ts-expect-error keyring: it is one of the two
  withEncryption(client, { keyring, materials })
  // @ts-expect-error cache: whether materials are cached is their matter
  withEncryption(client, { materials, cache })
  // @ts-expect-error "v1": it is not written
  withEncryption(client, { keyring, format: 'v1' })
  // @ts-expect-error legacyWrapping: no such option
  withEncryption(client, { keyring, legacyWrapping: true })
  // @ts-expect-error client: instruction files are read with it
  s3Encryption({ keyring })
}

export async function objects(): Promise<void> {
  new PutObjectCommand(objectOptions({ Bucket: 'a', Key: 'b', Body: 'c' }, { encryptionContext: { a: 'b' } }))
  // @ts-expect-error Key: options do not change what an input is
  new GetObjectCommand(objectOptions({ Bucket: 'a' }, {}))
  // @ts-expect-error context: no such option
  objectOptions({}, { context: {} })
  const whole = await encryptObject(new Uint8Array(1), { keyring })
  const { plaintext } = await decryptObject(whole, { keyring })
  plaintext.subarray(0, 1)
  // @ts-expect-error string: text has to be encoded
  await encryptObject('text', { keyring })
}
