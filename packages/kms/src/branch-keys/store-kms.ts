import {
  GenerateDataKeyWithoutPlaintextCommand,
  type GenerateDataKeyWithoutPlaintextResponse,
  ReEncryptCommand,
  type ReEncryptResponse,
} from '@aws-sdk/client-kms'
import type { CallOptions, EncryptionContext, SecretBytes } from '@strongroom/core'
import { discoveryFilter } from '../discovery-filter.ts'
import { type KeyArn, parseKeyArn } from '../key-arn.ts'
import { callKms, unusableAnswer } from '../kms-call.ts'
import { connect } from '../kms-connection.ts'
import { connectedKey } from '../kms-key.ts'
import { relatedIdentity, replicaIn } from '../multi-region.ts'
import { checkedStoreKeys, type StoreKmsOptions } from './store-kms-options.ts'

/** Bytes of a branch key. */
const KEY_LENGTH = 32

/** KMS as a key store uses it. */
export interface StoreKms {
  /** The key that branch keys are made under; undefined with discovery. */
  readonly writingKey: KeyArn | undefined
  /** The key to call for an item that names one; else what is wrong, as the end of a sentence. */
  keyFor(kmsArn: string): Promise<KeyArn | string>
  /** Opens the key of an item. */
  decrypt(key: KeyArn, blob: Uint8Array, context: EncryptionContext, options: CallOptions): Promise<SecretBytes>
  /** Makes a key that nobody sees. */
  generate(key: KeyArn, context: EncryptionContext, options: CallOptions): Promise<Uint8Array>
  /** Binds a key to another encryption context, inside of KMS. */
  reEncrypt(key: KeyArn, blob: Uint8Array, from: EncryptionContext, to: EncryptionContext, options: CallOptions): Promise<Uint8Array>
}

/** KMS by checked options. */
export function storeKms(where: string, options: StoreKmsOptions): StoreKms {
  const keys = checkedStoreKeys(where, options)
  const { client, clientFor, grantTokens, allowInsecureEndpoint } = options
  const connection = connect(
    where,
    {
      ...(client === undefined ? {} : { client }),
      ...(clientFor === undefined ? {} : { clientFor }),
      ...(grantTokens === undefined ? {} : { grantTokens }),
      ...(allowInsecureEndpoint === undefined ? {} : { allowInsecureEndpoint }),
    },
    'key' in keys ? [keys.key] : [],
  )
  const tokens = connection.grantTokens.length === 0 ? {} : { GrantTokens: [...connection.grantTokens] }

  // Made once: nobody changes the filter of a key store by changing what it was made of.
  const refusalOf = 'key' in keys ? undefined : discoveryFilter(keys.filter, keys.kind === 'discovery' ? keys.filter.regions : undefined)

  async function keyFor(kmsArn: string): Promise<KeyArn | string> {
    const named = parseKeyArn(kmsArn)
    if (named?.resourceType !== 'key') return 'names no KMS key by its ARN'
    if ('key' in keys) {
      const identity = keys.kind === 'one' ? ({ arn }: KeyArn): string => arn : relatedIdentity
      return identity(named) === identity(keys.key) ? keys.key : `was made under ${kmsArn}, and this key store is of ${keys.key.arn}`
    }
    const refusal = refusalOf?.(named)
    if (refusal !== undefined) return `was made under ${kmsArn}, which is outside of the discovery filter (${refusal})`
    const key = keys.kind === 'multi-Region discovery' && named.multiRegion ? replicaIn(keys.filter.region, named) : named
    if (keys.kind === 'multi-Region discovery' && key.region !== keys.filter.region)
      return `was made under ${kmsArn}, which is not in ${keys.filter.region}`
    return (await connection.clients.find(key)) === undefined ? `was made under ${kmsArn}, and there is no client for its Region` : key
  }

  return {
    writingKey: 'key' in keys ? keys.key : undefined,
    keyFor,

    async decrypt(key, blob, context, options) {
      const { secret } = await connectedKey(key, connection).decrypt(blob, context, key.arn, options)
      if (secret.length === KEY_LENGTH) return secret
      secret.dispose()
      throw unusableAnswer('Decrypt', key, `a branch key of ${secret.length} bytes`)
    },

    async generate(key, context, options) {
      const operation = 'GenerateDataKeyWithoutPlaintext'
      const command = new GenerateDataKeyWithoutPlaintextCommand({
        KeyId: key.arn,
        NumberOfBytes: KEY_LENGTH,
        EncryptionContext: { ...context },
        ...tokens,
      })
      const answer = await callKms<typeof command, GenerateDataKeyWithoutPlaintextResponse>(
        connection,
        { operation, key, command, contexts: [context] },
        (client, sent, sendOptions) => client.send(sent, sendOptions),
        options,
      )
      if (answer.KeyId !== key.arn) throw unusableAnswer(operation, key, 'the answer of another key')
      return blobOf(operation, key, answer.CiphertextBlob)
    },

    async reEncrypt(key, blob, from, to, options) {
      const command = new ReEncryptCommand({
        CiphertextBlob: Uint8Array.from(blob),
        SourceKeyId: key.arn,
        SourceEncryptionContext: { ...from },
        DestinationKeyId: key.arn,
        DestinationEncryptionContext: { ...to },
        ...tokens,
      })
      const answer = await callKms<typeof command, ReEncryptResponse>(
        connection,
        { operation: 'ReEncrypt', key, command, contexts: [from, to] },
        (client, sent, sendOptions) => client.send(sent, sendOptions),
        options,
      )
      if (answer.KeyId !== key.arn || answer.SourceKeyId !== key.arn) throw unusableAnswer('ReEncrypt', key, 'the answer of another key')
      return blobOf('ReEncrypt', key, answer.CiphertextBlob)
    },
  }
}

function blobOf(operation: 'GenerateDataKeyWithoutPlaintext' | 'ReEncrypt', key: KeyArn, blob: Uint8Array | undefined): Uint8Array {
  if (blob === undefined || blob.length === 0) throw unusableAnswer(operation, key, 'no ciphertext')
  return Uint8Array.from(blob)
}
