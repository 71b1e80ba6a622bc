/**
 * The encrypted data key of AES wrapping keys, raw or in an HSM (integers big-endian, sizes in bytes).
 *
 *     provider id:   the namespace
 *     provider info: key name | tag length in bits(4) = 128 | iv length(4) = 12 | iv(12)
 *     ciphertext:    AES-GCM of the data key under the serialised encryption context | tag(16)
 *
 * Source: specification, "Raw AES Keyring".
 */
import { legacyContext } from '../encryption-context.ts'
import { StrongroomError } from '../errors.ts'
import type { Attempt, EncryptedDataKey, Keyring, KeySet, Recipient, UnwrapFailure, Unwrapped, WrapRequest } from '../keyring.ts'
import { hasMethods, isBoolean, validateOptions } from '../options.ts'
import type { SecretBytes } from '../secret-bytes.ts'
import type { AeadKey } from '../wrapping-key.ts'
import { attemptOf } from './attempt.ts'
import { isNamespace } from './namespace.ts'
import { wrapCounter } from './wrap-counter.ts'

const TAG_LENGTH = 16
const IV_LENGTH = 12
const SUFFIX_LENGTH = 4 + 4 + IV_LENGTH
const LENGTHS = Buffer.from([0, 0, 0, TAG_LENGTH * 8, 0, 0, 0, IV_LENGTH])

/** Options of {@link aeadKeyring}. */
export interface AeadKeyringOptions {
  /** Provider id of the encrypted data keys; every party that shares the key uses the same. */
  readonly namespace: string
  /** The wrapping key in its versions. */
  readonly keys: KeySet<AeadKey>
  /**
   * Also open what the official JavaScript keyrings wrote with their default, locale-aware order of the encryption context. Safe, since the
   * encoding is unambiguous in any order. Default true.
   */
  readonly legacyContextOrder?: boolean
}

/** A keyring of one AES wrapping key, wherever that key is. Backends that hold AES keys build their keyring with it. */
export function aeadKeyring(options: AeadKeyringOptions): Keyring {
  validateOptions('aeadKeyring', options, { namespace: isNamespace, keys: hasMethods('current', 'named'), legacyContextOrder: isBoolean }, [
    'namespace',
    'keys',
  ])
  const { namespace, keys, legacyContextOrder = true } = options
  const count = wrapCounter()

  async function open(
    key: AeadKey,
    edk: EncryptedDataKey,
    request: WrapRequest,
    legacyAad: () => Uint8Array | undefined,
  ): Promise<SecretBytes> {
    const iv = edk.providerInfo.subarray(edk.providerInfo.length - IV_LENGTH)
    try {
      return await key.open(iv, edk.ciphertext, request.aad, request)
    } catch (error) {
      // Only a key that said no is asked in another way: one that is out of reach stays out of reach, and must not look like a forgery.
      if (attemptOf(0, key.name, error).outcome !== 'rejected') throw error
      const legacy = legacyAad()
      if (legacy === undefined) throw error
      return await key.open(iv, edk.ciphertext, legacy, request)
    }
  }

  /** The context in the legacy order, made at most once a message. */
  function legacyOrder({ context, aad }: WrapRequest): () => Uint8Array | undefined {
    let made: { readonly legacy: Uint8Array | undefined } | undefined
    return () => {
      made ??= { legacy: legacyContextOrder ? legacyContext(context, aad) : undefined }
      return made.legacy
    }
  }

  return {
    wrappingKeys: keys,

    async recipients(request: WrapRequest): Promise<readonly Recipient[]> {
      request.signal?.throwIfAborted()
      const key = await keys.current(request)
      return [
        {
          providerId: namespace,
          keyId: key.name,
          async wrap(secret: SecretBytes, { aad, signal, observer }: WrapRequest): Promise<readonly EncryptedDataKey[]> {
            signal?.throwIfAborted()
            count(key.name, observer)
            const { iv, sealed } = await key.seal(secret, Uint8Array.from(aad), { signal, observer })
            if (iv.length !== IV_LENGTH || sealed.length !== secret.length + TAG_LENGTH) {
              throw new StrongroomError(
                'MATERIALS_INVALID',
                `The wrapping key ${key.name} sealed with an IV of ${iv.length} bytes to ${sealed.length} bytes; 12 and ${secret.length + TAG_LENGTH} are the format's.`,
              )
            }
            return [
              { providerId: namespace, providerInfo: Buffer.concat([Buffer.from(key.name, 'utf8'), LENGTHS, iv]), ciphertext: sealed },
            ]
          },
          owns: (edk) => edk.providerId === namespace && keyNameOf(edk.providerInfo) === key.name,
        },
      ]
    },

    async unwrap(edks: readonly EncryptedDataKey[], request: WrapRequest): Promise<Unwrapped | UnwrapFailure> {
      request.signal?.throwIfAborted()
      const legacyAad = legacyOrder(request)
      const attempts: Attempt[] = []
      for (const [index, edk] of edks.entries()) {
        const name = edk.providerId === namespace ? keyNameOf(edk.providerInfo) : undefined
        if (name === undefined) {
          attempts.push({ edk: index, outcome: 'not-mine' })
          continue
        }
        try {
          const key = await keys.named(name, request)
          if (key === undefined) attempts.push({ edk: index, outcome: 'not-mine' })
          else return { secret: await open(key, edk, request, legacyAad), edk: index, keyId: name }
        } catch (error) {
          request.signal?.throwIfAborted()
          attempts.push(attemptOf(index, name, error))
        }
      }
      return { attempts }
    },
  }
}

/** The key name in provider info of this layout, or undefined. */
function keyNameOf(info: Uint8Array): string | undefined {
  const end = info.length - SUFFIX_LENGTH
  if (end < 1 || Buffer.compare(info.subarray(end, end + LENGTHS.length), LENGTHS) !== 0) return undefined
  const name = Buffer.from(info.buffer, info.byteOffset, end).toString('utf8')
  return Buffer.compare(Buffer.from(name, 'utf8'), info.subarray(0, end)) === 0 ? name : undefined
}
