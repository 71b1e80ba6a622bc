import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3'
import { type EmbeddedS3, type EmbeddedS3Options, startEmbeddedS3 } from '@strongroom/testing'
import { type S3EncryptionConfig, withEncryption } from '../src/index.ts'
import { aesKeyring } from './keyrings.ts'

/** The bucket that every lab has. */
export const BUCKET = 'documents'

/** An embedded S3 with a bucket, and clients of it. */
export interface Lab extends AsyncDisposable {
  readonly s3: EmbeddedS3
  readonly plain: S3Client
  /** A client that encrypts, under one AES key unless the configuration says otherwise. */
  encrypted(config?: Partial<S3EncryptionConfig>, client?: S3ClientConfig): S3Client
  /** Names of the operations that were received, in order; they are forgotten then. */
  calls(): readonly string[]
  close(): Promise<void>
}

/** Starts one. */
export async function startLab(options: EmbeddedS3Options = {}): Promise<Lab> {
  const s3 = await startEmbeddedS3(options)
  s3.createBucket(BUCKET)
  const keyring = aesKeyring()
  const clients: S3Client[] = []
  const client = (more: S3ClientConfig = {}): S3Client => {
    const made = new S3Client({ ...s3.clientConfig, ...more })
    clients.push(made)
    return made
  }
  const plain = client()
  let seen = 0
  const close = async (): Promise<void> => {
    for (const made of clients) made.destroy()
    await s3.close()
  }
  return {
    s3,
    plain,
    encrypted: (config = {}, more = {}) => withEncryption(client(more), { keyring, ...config } as S3EncryptionConfig),
    calls() {
      const names = s3.requests.slice(seen).map(({ operation }) => operation)
      seen = s3.requests.length
      return names
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}
