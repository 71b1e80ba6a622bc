import { createPublicKey } from 'node:crypto'
import { DeriveSharedSecretCommand } from '@aws-sdk/client-kms'
import { type AgreementKey, type EcCurve, type EcKeyInput, StrongroomError } from '@strongroom/core'
import { compressedPoint, loadEcPublicKey, pointLength, publicKeyOfPoint } from '@strongroom/core/keyring-tools'
import type { KeyArn } from './key-arn.ts'
import { callsOf } from './kms-calls.ts'
import type { KmsConnection } from './kms-connection.ts'
import { publicHalf } from './kms-public-key.ts'

/**
 * The key of an ARN as one that agrees on secrets, inside of KMS.
 *
 * @param publicKey - its public half; without it, KMS is asked for it when it is first needed.
 * @throws `KEY_INVALID`
 */
export function connectedAgreementKey(
  key: KeyArn,
  connection: KmsConnection,
  curve: EcCurve,
  publicKey: EcKeyInput | undefined,
): AgreementKey {
  const calls = callsOf(key, connection)
  const spec = `ECC_NIST_${curve.replace('-', '')}`
  const wanted = { usage: 'KEY_AGREEMENT', spec, what: `a key on ${curve} for KEY_AGREEMENT` } as const
  const pointOf = (half: EcKeyInput): Uint8Array => compressedPoint(loadEcPublicKey(half, curve, 'publicKey'))
  const given = publicKey === undefined ? undefined : pointOf(publicKey)
  const fetched = publicHalf(key, calls, wanted, pointOf)

  return {
    kind: 'ecdh',
    curve,

    async publicKey(options) {
      return Uint8Array.from(given ?? (await fetched(options)))
    },

    async agree(peer, options = {}) {
      options.signal?.throwIfAborted()
      const operation = 'DeriveSharedSecret'
      return calls.make(
        {
          operation,
          command: new DeriveSharedSecretCommand({
            KeyId: key.arn,
            KeyAgreementAlgorithm: 'ECDH',
            PublicKey: spkiOf(curve, peer),
            ...calls.tokens,
          }),
          send: (client, command, sending) => client.send(command, sending),
          read: ({ SharedSecret }) => calls.secretOf(operation, 'shared secret', SharedSecret, pointLength(curve) - 1),
          discard: (secret) => secret.dispose(),
        },
        options,
      )
    },
  }
}

/** A point as KMS takes it: a SubjectPublicKeyInfo with the point uncompressed. */
function spkiOf(curve: EcCurve, point: Uint8Array): Uint8Array {
  const key = publicKeyOfPoint(curve, point)
  if (key === undefined) throw new StrongroomError('KEY_INVALID', `The other party's public key is not a point of ${curve}.`)
  // A key that came compressed is exported as it came; as a JWK it has but one form.
  const usual = createPublicKey({ key: key.export({ format: 'jwk' }), format: 'jwk' })
  return Uint8Array.from(usual.export({ type: 'spki', format: 'der' }))
}
