import {
  type Attempt,
  type EcCurve,
  type EcdhPartyOptions,
  type EcKeyInput,
  ecdhKeyring,
  isStrongroomError,
  type Keyring,
  type RandomSource,
} from '@strongroom/core'
import { compressedPoint, ecCurves, loadEcPublicKey } from '@strongroom/core/keyring-tools'
import { isAnything, isFunction, isOneOf, validateOptions } from '@strongroom/core/options'
import { type ConnectionOptions, connectionChecks } from './connection-options.ts'
import { configuredKeyArn } from './key-id-option.ts'
import { connectedAgreementKey } from './kms-agreement-key.ts'
import { connect } from './kms-connection.ts'
import { withReason } from './kms-edk.ts'

/** What every schema of {@link kmsEcdhKeyring} takes. */
export interface KmsEcdhBaseOptions extends ConnectionOptions {
  /** ARN of the own key: an elliptic-curve key for key agreement. */
  readonly keyId: string
  /** The curve that all keys are on. */
  readonly curve: EcCurve
  /**
   * The own key's public half, taken at its word. Default: KMS is asked for it, once, when it is first needed (`kms:GetPublicKey`).
   */
  readonly publicKey?: EcKeyInput
  /** Source of salts, for tests. */
  readonly random?: RandomSource
}

/** Two parties that know each other's public key: each writes to the other, and reads what either wrote. */
export interface StaticKmsEcdhOptions extends KmsEcdhBaseOptions {
  /** The own key with one partner, both ways. */
  readonly schema: 'static'
  /** The other party's public key, wherever its private half is. */
  readonly recipientPublicKey: EcKeyInput
}

/** Reads what anybody wrote to the own key. Anybody may have: that it opens says nothing about the writer. Writes nothing. */
export interface DiscoveryKmsEcdhOptions extends KmsEcdhBaseOptions {
  /** The own key with whoever wrote. */
  readonly schema: 'discovery'
  /** Read from the message. */
  readonly recipientPublicKey?: never
}

/** Options of {@link kmsEcdhKeyring}. */
export type KmsEcdhKeyringOptions = StaticKmsEcdhOptions | DiscoveryKmsEcdhOptions

/**
 * A keyring of an elliptic-curve key agreement whose private key is in AWS KMS. Each data key, written or read, costs one `DeriveSharedSecret`.
 *
 * It reads what `rawEcdhKeyring` wrote to the same public key, and the other way round: both write one layout, and the provider id tells where the
 * writer's key was. A multi-Region key has one public half in all its Regions, and so reads in any of them.
 *
 * Encrypting rejects with a `KmsKeyError` (`KEY_TRANSIENT`, `KEY_OPERATIONAL`, `ENDPOINT_INSECURE`). Failures of decrypting are classed as by
 * `kmsKeyring`; a key of a message that is none of the curve is never sent to KMS.
 *
 * Source: specification, "AWS KMS ECDH Keyring".
 *
 * @throws `OPTION_INVALID`, `KEY_INVALID`; `KEYRING_CANNOT_ENCRYPT`, from encrypting with `discovery`
 * @example
 * ```ts
 * const keyId = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'
 * const writer = rawEcdhKeyring({ schema: 'ephemeral', curve: 'P-256', recipientPublicKey: pem }) // has no key of its own
 * const reader = kmsEcdhKeyring({ schema: 'discovery', curve: 'P-256', keyId })
 * ```
 */
export function kmsEcdhKeyring(options: KmsEcdhKeyringOptions): Keyring {
  const where = 'kmsEcdhKeyring'
  validateOptions(
    where,
    options as Flat,
    {
      ...connectionChecks,
      schema: isOneOf(['static', 'discovery']),
      keyId: isAnything,
      curve: isOneOf(ecCurves),
      publicKey: isAnything,
      recipientPublicKey: isAnything,
      random: isFunction,
    },
    ['schema', 'keyId', 'curve'],
  )
  const { schema, curve, publicKey, recipientPublicKey, random } = options as Flat
  const key = configuredKeyArn(where, 'keyId', options.keyId)
  const parties = {
    schema,
    agreement: connectedAgreementKey(key, connect(where, options, [key]), curve, publicKey),
    ...(recipientPublicKey === undefined
      ? {}
      : { recipientPublicKey: compressedPoint(loadEcPublicKey(recipientPublicKey, curve, 'recipientPublicKey')) }),
  }
  // Whether the schema has these parties is what ecdhKeyring looks at.
  const { recipients, unwrap } = ecdhKeyring({
    ...(parties as EcdhPartyOptions),
    providerId: 'aws-kms-ecdh',
    curve,
    ...(random === undefined ? {} : { random }),
  })
  return {
    recipients,
    async unwrap(edks, request) {
      const answer = await unwrap(edks, request)
      return 'attempts' in answer ? { attempts: answer.attempts.map(classed) } : answer
    },
  }
}

/** Only a message that does not open under the secret, or names no point of the curve, is a forger's; anything else is somebody's to mend. */
function classed(attempt: Attempt): Attempt {
  const forged = isStrongroomError(attempt.cause, 'MESSAGE_INVALID') || isStrongroomError(attempt.cause, 'KEY_INVALID')
  return withReason(attempt.outcome === 'rejected' && !forged ? { ...attempt, outcome: 'operational' } : attempt)
}

interface Flat extends KmsEcdhBaseOptions {
  readonly schema: KmsEcdhKeyringOptions['schema']
  readonly recipientPublicKey?: EcKeyInput
}
