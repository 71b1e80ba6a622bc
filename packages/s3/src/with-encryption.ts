import type { S3Client } from '@aws-sdk/client-s3'
import { StrongroomError } from '@strongroom/core'
import type { S3EncryptionConfig } from './plugin-config.ts'
import { s3Encryption } from './s3-encryption.ts'

/**
 * Makes a client of the same type that encrypts objects when they are put and decrypts them when they are got. The given client stays as it is, for
 * other buckets, presigned URLs and migration; both share connections, so destroying one destroys both.
 *
 * PutObject is encrypted and GetObject decrypted; nothing is released before all of it verified, unless the configuration says so. Bodies whose length
 * is not known, and long ones, are for `EncryptedUpload`. HeadObject and GetObjectAttributes tell the length of the plaintext, CopyObject keeps the
 * envelope, DeleteObject(s) take instruction files along. UploadPart and what else would send plaintext, or take ciphertext apart, is refused, and so
 * are presigning and operations that this version does not know.
 *
 * Calls throw, beside the SDK's errors, what `encryptObject` and `decryptObject` throw, and `COMMAND_UNSUPPORTED`, `PARAMETER_UNSUPPORTED`,
 * `LENGTH_UNKNOWN`, `LENGTH_MISMATCH`, `RANGE_NOT_SATISFIABLE`, `RESPONSE_UNEXPECTED`, `PLAINTEXT_REFUSED`. A body that is read as a stream fails with
 * the same codes.
 *
 * @throws `OPTION_INVALID`, `SUITE_FORBIDDEN`, `KEYRING_UNSUITABLE`, `ALREADY_APPLIED`
 * @example
 * ```ts
 * const s3 = withEncryption(new S3Client({}), { keyring })
 * await s3.send(new PutObjectCommand({ Bucket: 'orders', Key: 'order-1', Body: 'two pairs of boots' }))
 * const { Body } = await s3.send(new GetObjectCommand({ Bucket: 'orders', Key: 'order-1' }))
 * console.log(await Body?.transformToString())
 * ```
 */
export function withEncryption<C extends S3Client>(client: C, config: S3EncryptionConfig): C {
  if (Object.hasOwn(client, 'send')) {
    throw new StrongroomError(
      'OPTION_INVALID',
      'The client has a send of its own, which may go around the encryption. Give withEncryption the client as its class made it.',
      { option: 'client' },
    )
  }
  const plugin = s3Encryption({ ...config, client })
  const properties = Object.getOwnPropertyDescriptors(client) as PropertyDescriptorMap
  // Handlers that the SDK keeps (cacheMiddleware) were resolved without encryption. A copy, and no prototype link to the client, so that none is found.
  const { handlers: _handlers, ...kept } = properties
  const copy = Object.create(Object.getPrototypeOf(client) as object, {
    ...kept,
    middlewareStack: { value: client.middlewareStack.clone(), writable: true, enumerable: true, configurable: true },
  }) as C
  copy.middlewareStack.use(plugin)
  return copy
}
