import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { type EncryptionContext, type Keyring, type KmsKey, SecretBytes, StrongroomError, serialiseContext } from '@strongroom/core'

/** A call of a {@link MemoryKms}. */
export interface MemoryKmsCall {
  readonly operation: 'generate' | 'decrypt'
  readonly context: EncryptionContext
}

/** A keyring of one key that does what KMS does, in memory: a blob of 184 bytes, bound to its encryption context. */
export interface MemoryKms extends Keyring {
  /** What was asked of it. */
  readonly calls: MemoryKmsCall[]
}

const ARN = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'
const PADDING = 184 - 12 - 32 - 16

/** Makes one. */
export function memoryKms(): MemoryKms {
  const kek = randomBytes(32)
  const calls: MemoryKmsCall[] = []
  const key: KmsKey = {
    kind: 'kms',
    keyId: ARN,
    async generate(length, context) {
      calls.push({ operation: 'generate', context: { ...context } })
      const secret = SecretBytes.random(length)
      const iv = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', kek, iv)
      cipher.setAAD(serialiseContext(context))
      const sealed = secret.use((bytes) => Buffer.concat([cipher.update(Buffer.concat([bytes, Buffer.alloc(PADDING)])), cipher.final()]))
      return { secret, blob: Uint8Array.from(Buffer.concat([iv, sealed, cipher.getAuthTag()])), keyArn: ARN }
    },
    encrypt: async () => Promise.reject(new Error('no format of S3 encrypts a data key of its own with KMS')),
    async decrypt(blob, context) {
      calls.push({ operation: 'decrypt', context: { ...context } })
      try {
        const decipher = createDecipheriv('aes-256-gcm', kek, blob.subarray(0, 12))
        decipher.setAAD(serialiseContext(context))
        decipher.setAuthTag(blob.subarray(-16))
        const opened = Buffer.concat([decipher.update(blob.subarray(12, -16)), decipher.final()])
        return { secret: SecretBytes.copyOf(opened.subarray(0, opened.length - PADDING)), keyArn: ARN }
      } catch {
        throw new StrongroomError('MESSAGE_INVALID', 'The blob is not one of this key under this context.')
      }
    },
  }
  const refuse = async (): Promise<never> => {
    throw new Error('the formats of S3 use the key, not the keyring')
  }
  return { calls, wrappingKeys: { current: async () => key, named: async () => key }, recipients: refuse, unwrap: refuse }
}
