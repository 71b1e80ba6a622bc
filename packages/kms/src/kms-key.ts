import { DecryptCommand, EncryptCommand, GenerateDataKeyCommand } from '@aws-sdk/client-kms'
import { type CallOptions, type EncryptionContext, type KmsKey, type SecretBytes, StrongroomError } from '@strongroom/core'
import { isAnything, validateOptions } from '@strongroom/core/options'
import { type ConnectionOptions, connectionChecks } from './connection-options.ts'
import { KmsKeyError } from './errors.ts'
import type { KmsOperation } from './failure.ts'
import type { KeyArn } from './key-arn.ts'
import { configuredKeyArn } from './key-id-option.ts'
import { unusableAnswer } from './kms-call.ts'
import { callsOf } from './kms-calls.ts'
import { connect, type KmsConnection } from './kms-connection.ts'

/** KMS takes no longer blob; the length of a symmetric one is bounded by its 4,096 bytes of plaintext. */
const MAX_BLOB_BYTES = 6144

/** Options of {@link kmsKey}. */
export interface KmsKeyOptions extends ConnectionOptions {
  /** ARN of a symmetric encryption key. */
  readonly keyId: string
}

/**
 * One symmetric KMS key as a wrapping key, for formats that pack wrapped keys themselves. Keyrings are made by {@link kmsKeyring}.
 *
 * Every call names the key and checks that KMS answers for it. Calls reject with a `KmsKeyError`: `KEY_TRANSIENT`, `KEY_OPERATIONAL`,
 * `MESSAGE_INVALID` (the blob is not this key's under this context) or `ENDPOINT_INSECURE`; with `CONTEXT_INVALID` for a context that KMS
 * does not take; with `OPTION_INVALID` where the client is for another Region; or with the reason of an aborted signal.
 *
 * @throws `OPTION_INVALID`
 * @example
 * ```ts
 * const key = kmsKey({ keyId: 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab' })
 * const { secret, blob } = await key.generate(32, { purpose: 'orders' })
 * ```
 */
export function kmsKey(options: KmsKeyOptions): KmsKey & Pick<KmsKeyOptions, 'keyId'> {
  validateOptions('kmsKey', options, { ...connectionChecks, keyId: isAnything }, ['keyId'])
  const key = configuredKeyArn('kmsKey', 'keyId', options.keyId)
  return connectedKey(key, connect('kmsKey', options, [key]))
}

/** The wrapping key of an ARN over a connection. */
export function connectedKey(key: KeyArn, connection: KmsConnection): KmsKey & { readonly keyId: string } {
  const { arn } = key
  const calls = callsOf(key, connection)

  return {
    kind: 'kms',
    keyId: arn,

    async generate(length: number, context: EncryptionContext, options: CallOptions = {}) {
      options.signal?.throwIfAborted()
      const operation = 'GenerateDataKey'
      return calls.make(
        {
          operation,
          command: new GenerateDataKeyCommand({ KeyId: arn, NumberOfBytes: length, EncryptionContext: copyOf(context), ...calls.tokens }),
          send: (client, command, sending) => client.send(command, sending),
          context,
          read: ({ Plaintext, CiphertextBlob }) => {
            const secret = calls.secretOf(operation, 'plaintext', Plaintext, length)
            try {
              return { secret, blob: blobOf(operation, key, CiphertextBlob), keyArn: arn }
            } catch (error) {
              secret.dispose()
              throw error
            }
          },
          discard: ({ secret }) => secret.dispose(),
        },
        options,
      )
    },

    async encrypt(secret: SecretBytes, context: EncryptionContext, options: CallOptions = {}) {
      options.signal?.throwIfAborted()
      const operation = 'Encrypt'
      const Plaintext = secret.use((bytes) => Uint8Array.from(bytes))
      return calls.make(
        {
          operation,
          command: new EncryptCommand({ KeyId: arn, Plaintext, EncryptionContext: copyOf(context), ...calls.tokens }),
          send: (client, command, sending) => client.send(command, sending),
          context,
          read: ({ CiphertextBlob }) => ({ blob: blobOf(operation, key, CiphertextBlob), keyArn: arn }),
          // Not before the call has ended, aborted or not: the SDK may still have to serialise the bytes.
          ended: () => Plaintext.fill(0),
        },
        options,
      )
    },

    async decrypt(blob: Uint8Array, context: EncryptionContext, keyArn: string = arn, options: CallOptions = {}) {
      options.signal?.throwIfAborted()
      const operation = 'Decrypt'
      if (keyArn !== arn) throw new StrongroomError('INPUT_INVALID', `This is the key ${arn}; it cannot decrypt for another.`)
      assertBlob(blob, key)
      return calls.make(
        {
          operation,
          command: new DecryptCommand({
            KeyId: arn,
            CiphertextBlob: Uint8Array.from(blob),
            EncryptionContext: copyOf(context),
            ...calls.tokens,
          }),
          send: (client, command, sending) => client.send(command, sending),
          context,
          read: ({ Plaintext }) => ({ secret: calls.secretOf(operation, 'plaintext', Plaintext), keyArn: arn }),
          discard: ({ secret }) => secret.dispose(),
        },
        options,
      )
    },
  }
}

/**
 * Refuses bytes that KMS takes for no ciphertext, without asking it.
 *
 * @throws `MESSAGE_INVALID`
 */
export function assertBlob({ length }: Uint8Array, { arn, region }: KeyArn): void {
  if (length > 0 && length <= MAX_BLOB_BYTES) return
  throw new KmsKeyError('MESSAGE_INVALID', `An encrypted data key of ${length} bytes is not one of KMS.`, { keyId: arn, region })
}

/** The SDK serialises its input some turns later; it gets pairs that nobody else can change. */
function copyOf(context: EncryptionContext): Record<string, string> {
  const copy = Object.create(null) as Record<string, string>
  for (const [key, value] of Object.entries(context)) copy[key] = value
  return copy
}

function blobOf(operation: KmsOperation, key: KeyArn, blob: Uint8Array | undefined): Uint8Array {
  if (blob === undefined || blob.length === 0) throw unusableAnswer(operation, key, 'no ciphertext')
  return Uint8Array.from(blob)
}
