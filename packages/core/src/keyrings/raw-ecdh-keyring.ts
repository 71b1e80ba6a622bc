import type { EcCurve } from '../agreement-key.ts'
import { StrongroomError } from '../errors.ts'
import type { Keyring } from '../keyring.ts'
import { compressedPoint, ecCurves } from '../keys/ec-curve.ts'
import { type EcKeyInput, loadEcPublicKey } from '../keys/ec-key.ts'
import { isAnything, isFunction, isOneOf, isText, validateOptions } from '../options.ts'
import type { RandomSource } from '../random.ts'
import { type EcdhPartyOptions, type EcdhSchema, ecdhKeyring } from './ecdh-keyring.ts'
import { rawAgreementKey } from './raw-agreement-key.ts'

/** What every schema takes. */
export interface RawEcdhBaseOptions {
  /** The curve that all keys are on. */
  readonly curve: EcCurve
  /** Source of salts, for tests. */
  readonly random?: RandomSource
}

/** Two parties that know each other's public key: each writes to the other, and reads what either wrote. */
export interface StaticEcdhOptions extends RawEcdhBaseOptions {
  /** The own key with one partner, both ways. */
  readonly schema: 'static'
  /** The own private key. */
  readonly privateKey: EcKeyInput
  /** Of an encrypted private key. */
  readonly passphrase?: string
  /** The other party's public key. */
  readonly recipientPublicKey: EcKeyInput
}

/** Writes to a recipient under a fresh key for each data key, without a key of its own; reads nothing. */
export interface EphemeralEcdhOptions extends RawEcdhBaseOptions {
  /** A new key for each message with the recipient. */
  readonly schema: 'ephemeral'
  /** The recipient's public key. */
  readonly recipientPublicKey: EcKeyInput
}

/** Reads what anybody wrote to the own key. Anybody may have: that it opens says nothing about the writer. Writes nothing. */
export interface DiscoveryEcdhOptions extends RawEcdhBaseOptions {
  /** The own key with whoever wrote. */
  readonly schema: 'discovery'
  /** The own private key. */
  readonly privateKey: EcKeyInput
  /** Of an encrypted private key. */
  readonly passphrase?: string
}

/** Options of {@link rawEcdhKeyring}. */
export type RawEcdhKeyringOptions = StaticEcdhOptions | EphemeralEcdhOptions | DiscoveryEcdhOptions

/**
 * A keyring of an elliptic-curve key agreement whose private key, if any, this process holds.
 *
 * Source: specification, "Raw ECDH Keyring".
 *
 * @throws `OPTION_INVALID`, `KEY_INVALID`
 * @example
 * ```ts
 * const writer = rawEcdhKeyring({ schema: 'ephemeral', curve: 'P-384', recipientPublicKey: pem })
 * const reader = rawEcdhKeyring({ schema: 'discovery', curve: 'P-384', privateKey })
 * ```
 */
export function rawEcdhKeyring(options: RawEcdhKeyringOptions): Keyring {
  const flat: FlatOptions = options
  validateOptions(
    'rawEcdhKeyring',
    flat,
    {
      schema: isOneOf(['static', 'ephemeral', 'discovery']),
      curve: isOneOf(ecCurves),
      privateKey: isAnything,
      passphrase: isText,
      recipientPublicKey: isAnything,
      random: isFunction,
    },
    ['schema', 'curve'],
  )
  const { schema, curve, privateKey, passphrase, recipientPublicKey, random } = flat
  if (privateKey === undefined && passphrase !== undefined) {
    throw new StrongroomError('OPTION_INVALID', 'A passphrase goes with a privateKey.', { option: 'passphrase' })
  }
  if (privateKey === undefined && schema !== 'ephemeral') {
    throw new StrongroomError('OPTION_INVALID', `rawEcdhKeyring with the schema ${schema} needs privateKey.`, { option: 'privateKey' })
  }
  const parties = {
    schema,
    ...(privateKey === undefined
      ? {}
      : { agreement: rawAgreementKey({ curve, privateKey, ...(passphrase === undefined ? {} : { passphrase }) }) }),
    ...(recipientPublicKey === undefined
      ? {}
      : { recipientPublicKey: compressedPoint(loadEcPublicKey(recipientPublicKey, curve, 'recipientPublicKey')) }),
  }
  // Whether the schema has these parties is what ecdhKeyring looks at first.
  return ecdhKeyring({ ...(parties as EcdhPartyOptions), providerId: 'raw-ecdh', curve, ...(random === undefined ? {} : { random }) })
}

interface FlatOptions extends RawEcdhBaseOptions {
  readonly schema: EcdhSchema
  readonly privateKey?: EcKeyInput
  readonly passphrase?: string
  readonly recipientPublicKey?: EcKeyInput
}
