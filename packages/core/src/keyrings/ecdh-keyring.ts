import type { AgreementKey, EcCurve } from '../agreement-key.ts'
import { StrongroomError } from '../errors.ts'
import type { Attempt, EncryptedDataKey, Keyring, Recipient, UnwrapFailure, Unwrapped, WrapRequest } from '../keyring.ts'
import { ecCurves, pointLength, publicKeyOfPoint } from '../keys/ec-curve.ts'
import { keyFingerprint } from '../keys/key-fingerprint.ts'
import { hasMethods, isFunction, isOneOf, type OptionCheck, validateOptions } from '../options.ts'
import { draw, type RandomSource, systemRandom } from '../random.ts'
import type { SecretBytes } from '../secret-bytes.ts'
import { attemptOf } from './attempt.ts'
import { type EcdhParties, ecdhInfo, parseEcdhInfo } from './ecdh-info.ts'
import { ecdhBinding, ecdhOpen, ecdhSeal } from './ecdh-wrap.ts'
import { ephemeralAgreementKey } from './raw-agreement-key.ts'

/**
 * Who agrees with whom. `static`: the own key with one partner, both ways. `ephemeral`: a new key for each message with the recipient; writes
 * only. `discovery`: the own key with whoever wrote; reads only, and authenticates nobody.
 */
export type EcdhSchema = 'static' | 'ephemeral' | 'discovery'

/** Provider ids of ECDH keyrings: they tell where the writer's key was, and every ECDH keyring reads both. */
export type EcdhProviderId = 'raw-ecdh' | 'aws-kms-ecdh'

/** The parties of a key agreement, as the schema has them. */
export type EcdhPartyOptions =
  | {
      /** The own key with one partner, both ways. */
      readonly schema: 'static'
      /** The own key. */
      readonly agreement: AgreementKey
      /** The partner's public key as a compressed point: 33, 49 or 67 bytes. */
      readonly recipientPublicKey: Uint8Array
    }
  | {
      /** A new key for each message with the recipient; writes only. */
      readonly schema: 'ephemeral'
      /** A new one is made for each message. */
      readonly agreement?: never
      /** The recipient's public key as a compressed point: 33, 49 or 67 bytes. */
      readonly recipientPublicKey: Uint8Array
    }
  | {
      /** The own key with whoever wrote; reads only. */
      readonly schema: 'discovery'
      /** The own key. */
      readonly agreement: AgreementKey
      /** Read from the message. */
      readonly recipientPublicKey?: never
    }

/** Options of {@link ecdhKeyring}. */
export type EcdhKeyringOptions = EcdhPartyOptions & {
  /** Provider id of what is written. */
  readonly providerId: EcdhProviderId
  /** The curve of both keys. */
  readonly curve: EcCurve
  /** Source of salts, for tests. */
  readonly random?: RandomSource
}

const providerIds: readonly EcdhProviderId[] = ['raw-ecdh', 'aws-kms-ecdh']
const schemas: readonly EcdhSchema[] = ['static', 'ephemeral', 'discovery']
const isBytes: OptionCheck = (value) => (value instanceof Uint8Array ? undefined : 'be a Uint8Array')
const SALT_LENGTH = 32

/**
 * A keyring of one key agreement, wherever the private key is. Backends that hold EC keys build their keyring with it.
 *
 * @throws `OPTION_INVALID`, `KEY_INVALID`
 */
export function ecdhKeyring(options: EcdhKeyringOptions): Keyring {
  validateOptions(
    'ecdhKeyring',
    options,
    {
      providerId: isOneOf(providerIds),
      curve: isOneOf(ecCurves),
      schema: isOneOf(schemas),
      agreement: hasMethods('publicKey', 'agree'),
      recipientPublicKey: isBytes,
      random: isFunction,
    },
    ['providerId', 'curve', 'schema'],
  )
  const { providerId, curve, schema, random = systemRandom } = options
  const agreement = schema === 'ephemeral' ? none(options.agreement, 'agreement', schema) : needed(options.agreement, 'agreement', schema)
  const given =
    schema === 'discovery'
      ? none(options.recipientPublicKey, 'recipientPublicKey', schema)
      : needed(options.recipientPublicKey, 'recipientPublicKey', schema)
  const partner = given === undefined ? undefined : validPoint(curve, given)
  if (agreement !== undefined && agreement.curve !== curve) {
    throw new StrongroomError('KEY_INVALID', `The key to agree with is on ${agreement.curve}, not on ${curve}.`, { option: 'agreement' })
  }

  /** The other party of an encrypted data key, or undefined where it is not for this keyring. */
  function peerOf({ recipient, sender }: EcdhParties, own: Uint8Array): Uint8Array | undefined {
    if (partner === undefined) return same(recipient, own) ? sender : undefined
    const outgoing = same(sender, own) && same(recipient, partner)
    return outgoing || (same(sender, partner) && same(recipient, own)) ? partner : undefined
  }

  /** The secret of one encrypted data key; undefined where it is not for this keyring. */
  async function open(
    edk: EncryptedDataKey,
    parties: EcdhParties,
    own: Uint8Array,
    request: WrapRequest,
  ): Promise<SecretBytes | undefined> {
    const peer = peerOf(parties, own)
    if (agreement === undefined || peer === undefined) return undefined
    const binding = ecdhBinding(curve, parties, request.aad)
    using shared = await agreement.agree(peer, request)
    const secret = ecdhOpen(shared, binding, edk.ciphertext)
    if (secret !== undefined) return secret
    throw new StrongroomError(
      'MESSAGE_INVALID',
      'The encrypted data key does not open under the agreed secret and this encryption context.',
    )
  }

  async function wrap(to: Uint8Array, secret: SecretBytes, call: WrapRequest): Promise<readonly EncryptedDataKey[]> {
    call.signal?.throwIfAborted()
    const context = Uint8Array.from(call.aad)
    const from = agreement ?? (await ephemeralAgreementKey(curve))
    const parties: EcdhParties = { recipient: to, sender: await from.publicKey(call) }
    using shared = await from.agree(to, call)
    const ciphertext = ecdhSeal(shared, ecdhBinding(curve, parties, context), secret, draw(random, SALT_LENGTH))
    return [{ providerId, providerInfo: ecdhInfo(parties), ciphertext }]
  }

  return {
    async recipients(request: WrapRequest): Promise<readonly Recipient[]> {
      request.signal?.throwIfAborted()
      if (partner === undefined) {
        throw new StrongroomError(
          'KEYRING_CANNOT_ENCRYPT',
          'An ECDH keyring with the schema discovery only decrypts: it knows no recipient.',
        )
      }
      const own = await agreement?.publicKey(request)
      return [
        {
          providerId,
          keyId: keyIdOf(curve, partner),
          wrap: (secret, call) => wrap(partner, secret, call),
          owns(edk) {
            const parties = partiesOf(edk, curve)
            if (parties === undefined) return false
            return own === undefined ? same(parties.recipient, partner) : peerOf(parties, own) !== undefined
          },
        },
      ]
    },

    async unwrap(edks: readonly EncryptedDataKey[], request: WrapRequest): Promise<Unwrapped | UnwrapFailure> {
      request.signal?.throwIfAborted()
      const attempts: Attempt[] = []
      for (const [index, edk] of edks.entries()) {
        const parties = partiesOf(edk, curve)
        if (parties === undefined || agreement === undefined) {
          attempts.push({ edk: index, outcome: 'not-mine' })
          continue
        }
        try {
          const own = await agreement.publicKey(request)
          const secret = await open(edk, parties, own, request)
          if (secret !== undefined) return { secret, edk: index, keyId: keyIdOf(curve, parties.recipient) }
          attempts.push({ edk: index, outcome: 'not-mine' })
        } catch (error) {
          request.signal?.throwIfAborted()
          attempts.push(attemptOf(index, keyIdOf(curve, parties.recipient), error))
        }
      }
      return { attempts }
    },
  }
}

function partiesOf({ providerId, providerInfo }: EncryptedDataKey, curve: EcCurve): EcdhParties | undefined {
  return providerIds.includes(providerId as EcdhProviderId) ? parseEcdhInfo(providerInfo, curve) : undefined
}

/** The recipient's fingerprint; a point from the wire that is none of the curve has no key to show. */
function keyIdOf(curve: EcCurve, point: Uint8Array): string {
  const key = publicKeyOfPoint(curve, point)
  return key === undefined ? `${curve} (not a point of the curve)` : keyFingerprint(key)
}

function validPoint(curve: EcCurve, point: Uint8Array): Uint8Array {
  if (publicKeyOfPoint(curve, point) !== undefined) return Uint8Array.from(point)
  throw new StrongroomError(
    'KEY_INVALID',
    `The recipientPublicKey is not a compressed point of ${curve}, of ${pointLength(curve)} bytes.`,
    {
      option: 'recipientPublicKey',
    },
  )
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}

function needed<T>(value: T | undefined, option: string, schema: EcdhSchema): T {
  if (value !== undefined) return value
  throw new StrongroomError('OPTION_INVALID', `An ECDH keyring with the schema ${schema} needs ${option}.`, { option })
}

function none(value: unknown, option: string, schema: EcdhSchema): undefined {
  if (value === undefined) return undefined
  throw new StrongroomError('OPTION_INVALID', `An ECDH keyring with the schema ${schema} takes no ${option}.`, { option })
}
