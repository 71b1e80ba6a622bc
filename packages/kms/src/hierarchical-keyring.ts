import {
  type Attempt,
  type EncryptedDataKey,
  type EncryptionContext,
  type Keyring,
  type RandomSource,
  type Recipient,
  type SecretBytes,
  StrongroomError,
  type UnwrapFailure,
  type Unwrapped,
  type WrapRequest,
} from '@strongroom/core'
import { attemptOf, legacyContext, systemRandom } from '@strongroom/core/keyring-tools'
import { hasMethods, isAnything, isBoolean, isFunction, isText, type OptionCheck, validateOptions } from '@strongroom/core/options'
import { type BranchKeyCaching, validateCaching } from './branch-key-cache.ts'
import type { BranchKeyStore } from './branch-keys/branch-key-store.ts'
import { CachedKeyStore } from './hierarchical-cached-store.ts'
import { openDataKey, PROVIDER_ID, sealDataKey, versionOf } from './hierarchical-wrap.ts'

/**
 * Chooses the branch key of a message by its encryption context; undefined where there is none for it. On decrypt the context comes out of the
 * message, and is not authenticated before a branch key opened its data key: what it names is a claim.
 */
export type BranchKeyIdSupplier = (context: EncryptionContext) => string | undefined

const encoder = new TextEncoder()

/** Options of {@link hierarchicalKeyring}. */
export interface HierarchicalKeyringOptions {
  /** Where the branch keys are. */
  readonly keyStore: BranchKeyStore
  /** The one branch key, or the choice of one for each message. */
  readonly branchKeyId: string | BranchKeyIdSupplier
  /** How long branch keys are used before the key store is asked again. Without it, it is asked for each message. */
  readonly cache?: BranchKeyCaching
  /**
   * Also open what the official JavaScript keyring wrote with its default, locale-aware order of the encryption context. Safe, since the encoding
   * is unambiguous in any order. Default true.
   */
  readonly legacyContextOrder?: boolean
  /** Source of salts and IVs, for tests. */
  readonly random?: RandomSource
}

const isChoice: OptionCheck = (value) =>
  typeof value === 'function' || isText(value) === undefined ? undefined : 'be the id of a branch key, or a function that answers one'

/**
 * A keyring that wraps data keys under branch keys, which a key store keeps under KMS keys: one branch key serves any number of messages.
 *
 * It opens only what names the branch key that is chosen for the message's encryption context, whatever else the store holds. Data keys are wrapped
 * under the active version and opened under the version that they name. Give `cache`, but for a key store that fetches nothing: else each message asks the key store, and KMS.
 *
 * Callers that miss the cache together make one call, and one caller's abort does not fail the others. A rotation is noticed within `cache.ttlMs`;
 * older versions are still read. A branch key that was shredded is noticed at once in the process that shredded it, and within `cache.ttlMs`, or
 * `cache.graceMs` longer while the key store is out of reach, in others.
 *
 * Encrypting rejects with what the key store throws (`BRANCH_KEY_NOT_FOUND`, `KEY_TRANSIENT`, `KEY_OPERATIONAL`, `KEY_SHREDDED`), or with
 * `CONTEXT_INVALID` where the supplier has no branch key for the context. A supplier that fails makes a message `KEY_OPERATIONAL`, not forged.
 *
 * Source: specification, "AWS KMS Hierarchical Keyring".
 *
 * @throws `OPTION_INVALID`
 * @example
 * ```ts
 * const keyring = hierarchicalKeyring({ keyStore, branchKeyId: 'orders', cache: { ttlMs: 300_000 } })
 * ```
 */
export function hierarchicalKeyring(options: HierarchicalKeyringOptions): Keyring {
  validateOptions(
    'hierarchicalKeyring',
    options,
    {
      keyStore: hasMethods('getActive', 'getVersion', 'getBeaconKey'),
      branchKeyId: isChoice,
      cache: isAnything,
      legacyContextOrder: isBoolean,
      random: isFunction,
    },
    ['keyStore', 'branchKeyId'],
  )
  const { branchKeyId, cache, legacyContextOrder = true, random = systemRandom } = options
  if (cache !== undefined) validateCaching('hierarchicalKeyring', cache)
  const keyStore = cache === undefined ? options.keyStore : new CachedKeyStore(options.keyStore, cache)

  function choose(context: EncryptionContext): string | undefined {
    if (typeof branchKeyId === 'string') return branchKeyId
    const chosen: unknown = branchKeyId(context)
    if (chosen === undefined || isText(chosen) === undefined) return chosen as string | undefined
    throw new StrongroomError('OPTION_INVALID', 'The function branchKeyId has to answer the id of a branch key, or undefined for none.', {
      option: 'branchKeyId',
    })
  }

  async function open(id: string, providerInfo: Uint8Array, edk: EncryptedDataKey, request: WrapRequest): Promise<SecretBytes | undefined> {
    const version = versionOf(edk.ciphertext)
    if (version === undefined) return undefined
    const key = await keyStore.getVersion(id, version, request)
    using _secret = key.secret
    request.signal?.throwIfAborted()
    return openDataKey(key, providerInfo, edk.ciphertext, contextsOf(request))
  }

  /** The context as it is written, then as the official JavaScript keyring ordered it. */
  function* contextsOf({ context, aad }: WrapRequest): Iterable<Uint8Array> {
    yield aad
    const legacy = legacyContextOrder ? legacyContext(context, aad) : undefined
    if (legacy !== undefined) yield legacy
  }

  return {
    async recipients(request: WrapRequest): Promise<readonly Recipient[]> {
      request.signal?.throwIfAborted()
      const id = choose(request.context)
      if (id === undefined) {
        throw new StrongroomError('CONTEXT_INVALID', 'The function branchKeyId has no branch key for this encryption context.', {
          option: 'encryptionContext',
        })
      }
      const providerInfo = encoder.encode(id)
      return [
        {
          providerId: PROVIDER_ID,
          keyId: id,
          async wrap(secret: SecretBytes, { aad, signal, observer }: WrapRequest): Promise<readonly EncryptedDataKey[]> {
            signal?.throwIfAborted()
            const context = Uint8Array.from(aad)
            const key = await keyStore.getActive(id, { signal, observer })
            using _secret = key.secret
            signal?.throwIfAborted()
            return [
              {
                providerId: PROVIDER_ID,
                providerInfo: Uint8Array.from(providerInfo),
                ciphertext: sealDataKey(key, providerInfo, secret, context, random),
              },
            ]
          },
          owns: (edk) => isOf(edk, providerInfo),
        },
      ]
    },

    async unwrap(edks: readonly EncryptedDataKey[], request: WrapRequest): Promise<Unwrapped | UnwrapFailure> {
      request.signal?.throwIfAborted()
      let id: string | undefined
      try {
        id = choose(request.context)
      } catch (cause) {
        return { attempts: edks.map((edk, index) => unchosen(edk, index, cause)) }
      }
      if (id === undefined) return { attempts: edks.map((_edk, index) => ({ edk: index, outcome: 'not-mine' })) }
      const providerInfo = encoder.encode(id)
      const attempts: Attempt[] = []
      for (const [index, edk] of edks.entries()) {
        if (!isOf(edk, providerInfo)) {
          attempts.push({ edk: index, outcome: 'not-mine' })
          continue
        }
        try {
          const secret = await open(id, providerInfo, edk, request)
          if (secret !== undefined) return { secret, edk: index, keyId: id }
          attempts.push({ edk: index, keyId: id, outcome: 'rejected' })
        } catch (error) {
          request.signal?.throwIfAborted()
          attempts.push(failed(index, id, error))
        }
      }
      return { attempts }
    },
  }
}

function isOf({ providerId, providerInfo }: EncryptedDataKey, id: Uint8Array): boolean {
  return providerId === PROVIDER_ID && Buffer.compare(providerInfo, id) === 0
}

/** The supplier failed: whose the encrypted data keys of branch keys are is not known, and others are still none of ours. */
function unchosen({ providerId }: EncryptedDataKey, edk: number, cause: unknown): Attempt {
  return providerId === PROVIDER_ID ? { edk, outcome: 'operational', reason: 'branch-key-id', cause } : { edk, outcome: 'not-mine' }
}

/** A version that the store does not have was named by a forger; what nobody foresaw is not taken for a forgery. */
function failed(edk: number, keyId: string, cause: unknown): Attempt {
  const attempt = attemptOf(edk, keyId, cause)
  const forged = (cause as { code?: unknown } | undefined)?.code === 'BRANCH_KEY_NOT_FOUND'
  return attempt.outcome === 'rejected' && !forged ? { ...attempt, outcome: 'operational' } : attempt
}
