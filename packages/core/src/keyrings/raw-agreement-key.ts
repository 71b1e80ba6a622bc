import { diffieHellman, generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import type { AgreementKey, EcCurve } from '../agreement-key.ts'
import { StrongroomError } from '../errors.ts'
import { compressedPoint, ecCurves, publicKeyOfPoint } from '../keys/ec-curve.ts'
import { type EcKeyInput, loadEcPrivateKey } from '../keys/ec-key.ts'
import { isAnything, isOneOf, isText, validateOptions } from '../options.ts'
import { SecretBytes } from '../secret-bytes.ts'

/** Options of {@link rawAgreementKey}. */
export interface RawAgreementKeyOptions {
  /** The curve that the key is on. */
  readonly curve: EcCurve
  /** The key: PEM, DER, JWK or `KeyObject`. */
  readonly privateKey: EcKeyInput
  /** Of an encrypted private key. */
  readonly passphrase?: string
}

/**
 * An EC private key in this process. Agreement is synchronous in Node.js; on P-521 it takes the event loop for a millisecond or two.
 *
 * @throws `OPTION_INVALID`, `KEY_INVALID`
 */
export function rawAgreementKey(options: RawAgreementKeyOptions): AgreementKey {
  validateOptions('rawAgreementKey', options, { curve: isOneOf(ecCurves), privateKey: isAnything, passphrase: isText }, [
    'curve',
    'privateKey',
  ])
  const { curve, privateKey, passphrase } = options
  return agreementKey(curve, loadEcPrivateKey(privateKey, curve, passphrase))
}

/** A fresh key, for one agreement. */
export async function ephemeralAgreementKey(curve: EcCurve): Promise<AgreementKey> {
  const { privateKey } = await promisify(generateKeyPair)('ec', { namedCurve: curve })
  return agreementKey(curve, privateKey)
}

function agreementKey(curve: EcCurve, privateKey: KeyObject): AgreementKey {
  const own = compressedPoint(privateKey)
  return {
    kind: 'ecdh',
    curve,
    publicKey: async () => Uint8Array.from(own),
    async agree(peer) {
      const publicKey = publicKeyOfPoint(curve, peer)
      if (publicKey === undefined) throw new StrongroomError('KEY_INVALID', `The other party's public key is not a point of ${curve}.`)
      return SecretBytes.take(diffieHellman({ privateKey, publicKey }))
    },
  }
}
