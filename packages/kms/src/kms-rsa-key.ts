import { DecryptCommand } from '@aws-sdk/client-kms'
import { type CallOptions, type RsaKey, type RsaKeyInput, rawRsaKey, type SecretBytes } from '@strongroom/core'
import type { KeyArn } from './key-arn.ts'
import { callsOf } from './kms-calls.ts'
import type { KmsConnection } from './kms-connection.ts'
import { assertBlob } from './kms-key.ts'
import { publicHalf } from './kms-public-key.ts'

/** The paddings of RSA keys in KMS. */
export type KmsRsaPadding = 'OAEP_SHA1' | 'OAEP_SHA256'

const algorithms = { OAEP_SHA1: 'RSAES_OAEP_SHA_1', OAEP_SHA256: 'RSAES_OAEP_SHA_256' } as const

/** The paddings by their names. */
export const kmsRsaPaddings: readonly KmsRsaPadding[] = Object.freeze(Object.keys(algorithms) as KmsRsaPadding[])

/** An RSA key in KMS with one padding: it seals here with the public half, and opens there. */
export interface KmsRsaKey {
  readonly keyId: string
  seal(secret: SecretBytes, options?: CallOptions): Promise<Uint8Array>
  open(sealed: Uint8Array, options?: CallOptions): Promise<SecretBytes>
}

/**
 * The RSA key of an ARN over a connection.
 *
 * @param publicKey - its public half; without it, KMS is asked for it when something is first sealed.
 * @throws `KEY_INVALID`
 */
export function connectedRsaKey(
  key: KeyArn,
  connection: KmsConnection,
  padding: KmsRsaPadding,
  publicKey: RsaKeyInput | undefined,
): KmsRsaKey {
  const { arn } = key
  const calls = callsOf(key, connection)
  const wanted = { usage: 'ENCRYPT_DECRYPT', spec: 'RSA_', what: 'an RSA key for ENCRYPT_DECRYPT' } as const
  const sealerOf = (half: RsaKeyInput): RsaKey => rawRsaKey({ name: arn, publicKey: half })
  const given = publicKey === undefined ? undefined : sealerOf(publicKey)
  const fetched = publicHalf(key, calls, wanted, sealerOf)

  return {
    keyId: arn,

    async seal(secret, options = {}) {
      options.signal?.throwIfAborted()
      const sealer = given ?? (await fetched(options))
      return (await sealer.seal?.(secret, padding, options)) as Uint8Array
    },

    async open(sealed, options = {}) {
      options.signal?.throwIfAborted()
      const operation = 'Decrypt'
      assertBlob(sealed, key)
      return calls.make(
        {
          operation,
          command: new DecryptCommand({
            KeyId: arn,
            CiphertextBlob: Uint8Array.from(sealed),
            EncryptionAlgorithm: algorithms[padding],
            ...calls.tokens,
          }),
          send: (client, command, sending) => client.send(command, sending),
          read: ({ Plaintext }) => calls.secretOf(operation, 'plaintext', Plaintext),
          discard: (secret) => secret.dispose(),
        },
        options,
      )
    },
  }
}
