import { GetObjectCommand, type GetObjectCommandInput, ListMultipartUploadsCommand, type S3Client } from '@aws-sdk/client-s3'
import { rawAesKeyring } from '@strongroom/core'
import { EncryptedUpload, type EncryptedUploadOptions, type S3EncryptionConfig, withEncryption } from '@strongroom/s3'

/** What no request, log line or error may show. */
export const MARKER: Buffer = Buffer.from('MARKER-4000-0012-3456-7899')

/** Where scenarios run. */
export interface Bench {
  readonly plain: S3Client
  readonly bucket: string
  /** Bytes that the store demands of a part. */
  readonly minPartSize: number
  encrypted(config?: Partial<S3EncryptionConfig>): S3Client
  upload(key: string, body: unknown, options?: Partial<Omit<EncryptedUploadOptions, 'params'>>): EncryptedUpload
  /** What an encrypted client reads. */
  read(key: string, more?: Partial<GetObjectCommandInput>, config?: Partial<S3EncryptionConfig>): Promise<Buffer>
  uploadsLeft(): Promise<number>
}

/** Makes one. */
export function benchOf(plain: S3Client, bucket: string, minPartSize: number): Bench {
  const keyring = rawAesKeyring({ namespace: 's3', name: 'kek', key: Buffer.alloc(32, 7) })
  const encrypted = (config: Partial<S3EncryptionConfig> = {}): S3Client =>
    withEncryption(plain, { keyring, ...config } as S3EncryptionConfig)
  return {
    plain,
    bucket,
    minPartSize,
    encrypted,
    upload: (Key, body, options = {}) =>
      new EncryptedUpload({
        client: encrypted(),
        minPartSize,
        partSize: minPartSize,
        ...options,
        params: { Bucket: bucket, Key, Body: body as Buffer },
      }),
    async read(Key, more = {}, config = {}) {
      const { Body } = await encrypted(config).send(new GetObjectCommand({ Bucket: bucket, Key, ...more }))
      return Buffer.from((await Body?.transformToByteArray()) ?? [])
    },
    async uploadsLeft() {
      return (await plain.send(new ListMultipartUploadsCommand({ Bucket: bucket }))).Uploads?.length ?? 0
    },
  }
}

/** Bytes that no two positions share by chance, marked. */
export function markedBytes(length: number): Buffer {
  const bytes = Buffer.alloc(length)
  for (let at = 0; at + 4 <= length; at += 4) bytes.writeUInt32LE((at * 2_654_435_761) >>> 0, at)
  if (length >= MARKER.length) bytes.set(MARKER, Math.floor((length - MARKER.length) / 2))
  return bytes
}

/** The same in chunks of odd sizes, of unknown length. */
export async function* chunked(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0, size = 1; at < bytes.length; at += size, size = (size * 7) % 99_991) yield bytes.subarray(at, at + size)
}
