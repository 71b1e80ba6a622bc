import { type EncryptionContext, type Keyring, type KmsKey, rawAesKeyring, rawRsaKeyring, SecretBytes } from '@strongroom/core'
import type { StoredObject } from '@strongroom/s3'
import type { Vectors } from './vectors.ts'

/** An object of the official vectors. Bytes are base64. */
export interface S3Vector {
  readonly name: string
  readonly metadata: Readonly<Record<string, string>>
  readonly instructionFile?: { readonly body: string }
  readonly body: string
  readonly plaintext?: string
  /** What KMS opens the data key to, and under which context, where that is known. */
  readonly kms?: { readonly plaintext: string; readonly encryptionContext?: EncryptionContext }
  readonly key?: { readonly aes?: string; readonly rsa?: string }
  readonly requestEncryptionContext?: EncryptionContext
  readonly expectError?: string
}

/** The files of objects. */
const files = ['fixed-objects.json', 'py-s3ec-objects.json', 'rb-s3ec-objects.json', 'derived-objects.json'] as const

/** All objects, by the file that they are in. */
export function s3Vectors(vectors: Vectors): Readonly<Record<(typeof files)[number], readonly S3Vector[]>> {
  const read = (file: string) => vectors.json<readonly S3Vector[]>(`${file}`)
  return Object.fromEntries(files.map((file) => [file, read(file)])) as Record<(typeof files)[number], readonly S3Vector[]>
}

/** The object of a vector as it was stored. */
export function storedObject({ metadata, body, instructionFile }: S3Vector): StoredObject<Uint8Array> {
  return {
    metadata,
    body: Buffer.from(body, 'base64'),
    ...(instructionFile === undefined ? {} : { instructionFile: { body: Buffer.from(instructionFile.body) } }),
  }
}

/** A call of a key that stands for KMS. */
export interface KmsCall {
  readonly blob: Uint8Array
  readonly context: EncryptionContext
}

/** The keyring that opens a vector. */
export function keyringOfVector(vectors: Vectors, { kms, key }: S3Vector, calls: KmsCall[] = []): Keyring {
  if (kms !== undefined) return fixedKmsKeyring(Buffer.from(kms.plaintext, 'base64'), calls)
  if (key?.aes !== undefined) return rawAesKeyring({ namespace: 's3', name: 'kek', key: Buffer.from(key.aes, 'base64') })
  const privateKey = vectors.bytes(`${key?.rsa}`).toString()
  return rawRsaKeyring({ namespace: 's3', name: 'rsa', padding: 'OAEP_SHA1', privateKey })
}

/** A keyring of one KMS key that opens everything to the same data key, and keeps what it was asked. */
export function fixedKmsKeyring(dataKey: Uint8Array, calls: KmsCall[] = []): Keyring {
  const keyArn = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'
  const refuse = async (): Promise<never> => {
    throw new Error('this key only opens')
  }
  const key: KmsKey = {
    kind: 'kms',
    keyId: keyArn,
    generate: refuse,
    encrypt: refuse,
    async decrypt(blob, context) {
      calls.push({ blob: Uint8Array.from(blob), context: { ...context } })
      return { secret: SecretBytes.copyOf(dataKey), keyArn }
    },
  }
  return { wrappingKeys: { current: async () => key, named: async () => key }, recipients: refuse, unwrap: refuse }
}
