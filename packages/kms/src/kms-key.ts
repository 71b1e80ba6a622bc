import { DecryptCommand, EncryptCommand, GenerateDataKeyCommand } from '@aws-sdk/client-kms'
import { type CallOptions, type EncryptionContext, type KmsKey, SecretBytes, StrongroomError } from '@strongroom/core'
import { abortable } from '@strongroom/core/keyring-tools'
import { isAnything, validateOptions } from '@strongroom/core/options'
import type { KmsClient } from './client-supplier.ts'
import { type Clients, createClients } from './clients.ts'
import { type ConnectionOptions, checkClientSource, connectionChecks } from './connection-options.ts'
import { KmsKeyError } from './errors.ts'
import { failure, type KmsOperation } from './failure.ts'
import type { KeyArn } from './key-arn.ts'
import { configuredKeyArn } from './key-id-option.ts'
import { type GuardableCommand, guard } from './request-guard.ts'

/** KMS takes no longer blob; the length of a symmetric one is bounded by its 4,096 bytes of plaintext. */
const MAX_BLOB_BYTES = 6144
/** Bytes of an encryption context in JSON form that KMS takes. */
const MAX_CONTEXT_BYTES = 8192

/** Options of {@link kmsKey}. */
export interface KmsKeyOptions extends ConnectionOptions {
  /** ARN of a symmetric encryption key. */
  readonly keyId: string
}

/** How a key's calls are made. */
export interface KmsConnection {
  readonly clients: Clients
  readonly grantTokens: readonly string[]
  readonly allowInsecureEndpoint: boolean
}

/**
 * The connection to the Regions of some keys.
 *
 * @throws `OPTION_INVALID`
 */
export function connect(where: string, options: ConnectionOptions, keys: readonly KeyArn[]): KmsConnection {
  checkClientSource(where, options, new Set(keys.map(({ region }) => region)))
  const { client, clientFor, grantTokens = [], allowInsecureEndpoint = false } = options
  return { clients: createClients({ client, clientFor }), grantTokens: [...grantTokens], allowInsecureEndpoint }
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
  const { arn, region } = key
  const { clients, allowInsecureEndpoint } = connection
  const tokens = connection.grantTokens.length === 0 ? {} : { GrantTokens: [...connection.grantTokens] }

  /** Makes one call, and hands its answer to `read` once it is known to be this key's. */
  async function call<A extends Answer, R>(
    operation: KmsOperation,
    command: (client: KmsClient) => Promise<A>,
    context: EncryptionContext,
    read: (answer: A) => R,
  ): Promise<R> {
    const client = await clients.get(key)
    let answer: A
    try {
      answer = await command(client)
    } catch (error) {
      throw error instanceof KmsKeyError ? error : failure(operation, key, region, error, isLarge(context))
    }
    if (answer.KeyId === arn) return read(answer)
    answer.Plaintext?.fill(0)
    throw unusable(operation, 'the answer of another key')
  }

  function guarded<C extends GuardableCommand>(command: C): C {
    guard(command, key, region, allowInsecureEndpoint)
    return command
  }

  function unusable(operation: KmsOperation, what: string): KmsKeyError {
    return new KmsKeyError(
      'KEY_OPERATIONAL',
      `AWS KMS ${operation} with ${arn} in ${region} gave ${what}. Something else may be answering in its place.`,
      { keyId: arn, region },
    )
  }

  function secretOf(operation: KmsOperation, { Plaintext }: Answer, length?: number): SecretBytes {
    if (Plaintext === undefined || Plaintext.length === 0) throw unusable(operation, 'no plaintext')
    const secret = SecretBytes.take(Plaintext)
    if (length === undefined || secret.length === length) return secret
    secret.dispose()
    throw unusable(operation, `${secret.length} bytes where ${length} were asked for`)
  }

  function blobOf(operation: KmsOperation, { CiphertextBlob }: Answer): Uint8Array {
    if (CiphertextBlob === undefined || CiphertextBlob.length === 0) throw unusable(operation, 'no ciphertext')
    return Uint8Array.from(CiphertextBlob)
  }

  return {
    kind: 'kms',
    keyId: arn,

    async generate(length: number, context: EncryptionContext, { signal }: CallOptions = {}) {
      signal?.throwIfAborted()
      const command = guarded(
        new GenerateDataKeyCommand({ KeyId: arn, NumberOfBytes: length, EncryptionContext: copyOf(context), ...tokens }),
      )
      const work = call(
        'GenerateDataKey',
        (client) => client.send(command, sendOptions(signal)),
        context,
        (answer) => {
          const secret = secretOf('GenerateDataKey', answer, length)
          try {
            return { secret, blob: blobOf('GenerateDataKey', answer), keyArn: arn }
          } catch (error) {
            secret.dispose()
            throw error
          }
        },
      )
      return abortable(work, signal, ({ secret }) => secret.dispose())
    },

    async encrypt(secret: SecretBytes, context: EncryptionContext, { signal }: CallOptions = {}) {
      signal?.throwIfAborted()
      const Plaintext = secret.use((bytes) => Uint8Array.from(bytes))
      const command = guarded(new EncryptCommand({ KeyId: arn, Plaintext, EncryptionContext: copyOf(context), ...tokens }))
      const work = call(
        'Encrypt',
        (client) => client.send(command, sendOptions(signal)),
        context,
        (answer) => ({ blob: blobOf('Encrypt', answer), keyArn: arn }),
      )
      // Not before the call has ended, aborted or not: the SDK may still have to serialise the bytes.
      return abortable(
        work.finally(() => Plaintext.fill(0)),
        signal,
        () => {},
      )
    },

    async decrypt(blob: Uint8Array, context: EncryptionContext, keyArn: string = arn, { signal }: CallOptions = {}) {
      signal?.throwIfAborted()
      if (keyArn !== arn) throw new StrongroomError('INPUT_INVALID', `This is the key ${arn}; it cannot decrypt for another.`)
      if (blob.length === 0 || blob.length > MAX_BLOB_BYTES) {
        throw new KmsKeyError('MESSAGE_INVALID', `An encrypted data key of ${blob.length} bytes is not one of KMS.`, { keyId: arn, region })
      }
      const command = guarded(
        new DecryptCommand({ KeyId: arn, CiphertextBlob: Uint8Array.from(blob), EncryptionContext: copyOf(context), ...tokens }),
      )
      const work = call(
        'Decrypt',
        (client) => client.send(command, sendOptions(signal)),
        context,
        (answer) => ({ secret: secretOf('Decrypt', answer), keyArn: arn }),
      )
      return abortable(work, signal, ({ secret }) => secret.dispose())
    },
  }
}

/** What the answers of the three operations have in common. */
interface Answer {
  readonly KeyId?: string | undefined
  readonly Plaintext?: Uint8Array | undefined
  readonly CiphertextBlob?: Uint8Array | undefined
}

/** The SDK serialises its input some turns later; it gets pairs that nobody else can change. */
function copyOf(context: EncryptionContext): Record<string, string> {
  const copy = Object.create(null) as Record<string, string>
  for (const [key, value] of Object.entries(context)) copy[key] = value
  return copy
}

function sendOptions(signal: AbortSignal | undefined): { abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal }
}

function isLarge(context: EncryptionContext): boolean {
  return Buffer.byteLength(JSON.stringify(context)) > MAX_CONTEXT_BYTES
}
