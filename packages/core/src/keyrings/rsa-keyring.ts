/**
 * The encrypted data key of RSA wrapping keys, raw or in an HSM.
 *
 *     provider id:   the namespace
 *     provider info: the key name
 *     ciphertext:    the data key under RSA; the encryption context is not bound
 *
 * Source: specification, "Raw RSA Keyring".
 */
import { StrongroomError } from '../errors.ts'
import type { Attempt, EncryptedDataKey, Keyring, KeySet, Recipient, UnwrapFailure, Unwrapped, WrapRequest } from '../keyring.ts'
import { hasMethods, isOneOf, validateOptions } from '../options.ts'
import type { SecretBytes } from '../secret-bytes.ts'
import type { RsaKey, RsaPadding } from '../wrapping-key.ts'
import { attemptOf } from './attempt.ts'
import { isNamespace } from './namespace.ts'
import { rawRsaPaddings } from './raw-rsa-key.ts'

/** Options of {@link rsaKeyring}. */
export interface RsaKeyringOptions {
  /** Provider id of the encrypted data keys; every party that shares the key uses the same. */
  readonly namespace: string
  /** The wrapping key in its versions. */
  readonly keys: KeySet<RsaKey>
  /** How the data key is padded. It does not stand in messages: readers and writers agree on it. */
  readonly padding: RsaPadding
}

/** A keyring of one RSA wrapping key, wherever that key is. Backends that hold RSA keys build their keyring with it. */
export function rsaKeyring(options: RsaKeyringOptions): Keyring {
  validateOptions(
    'rsaKeyring',
    options,
    { namespace: isNamespace, keys: hasMethods('current', 'named'), padding: isOneOf(rawRsaPaddings) },
    ['namespace', 'keys', 'padding'],
  )
  const { namespace, keys, padding } = options

  async function open(
    key: RsaKey | undefined,
    edk: EncryptedDataKey,
    length: number,
    request: WrapRequest,
  ): Promise<SecretBytes | undefined> {
    if (key?.open === undefined) return undefined
    const secret = await key.open(edk.ciphertext, padding, request)
    if (padding !== 'PKCS1' || secret.length === length) return secret
    secret.dispose()
    throw new StrongroomError('MESSAGE_INVALID', 'The encrypted data key does not open.')
  }

  return {
    wrappingKeys: keys,

    async recipients(request: WrapRequest): Promise<readonly Recipient[]> {
      request.signal?.throwIfAborted()
      const key = await keys.current(request)
      const seal = key.seal?.bind(key)
      if (seal === undefined) throw new StrongroomError('KEYRING_CANNOT_ENCRYPT', `The RSA key ${key.name} has no public half here.`)
      const providerInfo = Buffer.from(key.name, 'utf8')
      return [
        {
          providerId: namespace,
          keyId: key.name,
          async wrap(secret: SecretBytes, call: WrapRequest): Promise<readonly EncryptedDataKey[]> {
            call.signal?.throwIfAborted()
            return [{ providerId: namespace, providerInfo: Uint8Array.from(providerInfo), ciphertext: await seal(secret, padding, call) }]
          },
          owns: (edk) => edk.providerId === namespace && Buffer.compare(edk.providerInfo, providerInfo) === 0,
        },
      ]
    },

    async unwrap(edks: readonly EncryptedDataKey[], request: WrapRequest): Promise<Unwrapped | UnwrapFailure> {
      request.signal?.throwIfAborted()
      const attempts: Attempt[] = []
      for (const [index, edk] of edks.entries()) {
        const name = Buffer.from(edk.providerInfo).toString('utf8')
        try {
          const key = edk.providerId === namespace ? await keys.named(name, request) : undefined
          const secret = await open(key, edk, request.suite.dataKeyLength, request)
          if (secret !== undefined) return { secret, edk: index, keyId: name }
          attempts.push({ edk: index, outcome: 'not-mine' })
        } catch (error) {
          request.signal?.throwIfAborted()
          const attempt = attemptOf(index, name, error)
          // Whether a PKCS#1 v1.5 padding was right must not be told: the error is the one of a message whose tag is wrong.
          attempts.push(padding === 'PKCS1' && attempt.outcome === 'rejected' ? { edk: index, outcome: 'rejected', untold: true } : attempt)
        }
      }
      return { attempts }
    },
  }
}
