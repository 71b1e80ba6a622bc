import { type CallOptions, type EncryptionContext, isStrongroomError, StrongroomError } from '@strongroom/core'
import { hasMethods, isBoolean, isText, type OptionCheck, validateOptions } from '@strongroom/core/options'
import type { BeaconKey, BranchKey, BranchKeyStore } from '../branch-keys/branch-key-store.ts'
import { BranchKeyError } from '../branch-keys/errors.ts'
import type { BranchKeyIdSupplier } from '../hierarchical-keyring.ts'
import { TenantError } from './errors.ts'

/** Longest id of a tenant's branch key, in bytes of UTF-8. DynamoDB takes 2,048, and KMS 8,192 for the whole context that the id is part of. */
const MAX_ID_BYTES = 512

/** A branch key store that makes branch keys, such as `createKeyStore` of `@strongroom/kms/branch-keys` answers. */
export interface CreatingKeyStore extends BranchKeyStore {
  /** Makes a branch key; rejects where there is one of that id. */
  createKey(options: {
    /** Id of the branch key. */
    readonly branchKeyId: string
    /** Pairs that are stored with the branch key, and bound to it by KMS. */
    readonly encryptionContext: EncryptionContext
    /** Aborts the call. */
    readonly signal?: AbortSignal
  }): Promise<unknown>
}

/**
 * The key store of a tenant, which may keep its branch key under a KMS key of the tenant's own; undefined for a name that is no tenant. On decrypt the
 * name comes out of a message that may be forged.
 */
export type TenantKeyStoreSupplier = (tenant: string) => BranchKeyStore | undefined | Promise<BranchKeyStore | undefined>

/** Options of {@link tenantBranchKeys}. */
export interface TenantBranchKeysOptions {
  /** Key of the encryption context pair whose value names the tenant. */
  readonly contextKey: string
  /**
   * The key store of all tenants, or a function that answers a tenant's own. It is asked whenever a branch key is fetched, so it should answer the same
   * object for the same tenant.
   */
  readonly keyStore: BranchKeyStore | TenantKeyStoreSupplier
  /** What comes before the tenant in the id of its branch key, where other branch keys are in the same table. Default nothing. */
  readonly prefix?: string
  /**
   * Make the branch key of a tenant that has none when something is first written for it. Whoever can write with a context of its choice can then
   * make branch keys: let only names of tenants through. Default false: such a write fails.
   */
  readonly create?: boolean
}

/** What `hierarchicalKeyring` takes to give each tenant a branch key of its own. */
export interface TenantBranchKeys {
  /** Asks the key store of the tenant whose branch key it is. */
  readonly keyStore: BranchKeyStore
  /** The branch key of the tenant that an encryption context names; undefined where it names none, or one of more than 512 bytes. */
  readonly branchKeyId: BranchKeyIdSupplier
}

const isKeyStore = hasMethods('getActive', 'getVersion', 'getBeaconKey')

const isSource: OptionCheck = (value) =>
  typeof value === 'function' || isKeyStore(value) === undefined ? undefined : 'be a branch key store, or a function that answers one'

/**
 * A branch key for each tenant, chosen by one pair of the encryption context: what `hierarchicalKeyring` is given to keep tenants apart.
 *
 * The id of a tenant's branch key is `prefix` and the tenant's name, character by character: names that differ in case, in Unicode normalisation or
 * by a space are different tenants. Normalise names before they come here, if that is wanted.
 *
 * A message opens only under the branch key of the tenant that it names, since the data key is bound to the whole encryption context and the id of the
 * branch key. Whether that is the tenant that was meant is for the reader to say: give `decrypt` the tenant in its `encryptionContext`.
 *
 * Writing for a tenant without a branch key rejects with `TENANT_KEY_NOT_FOUND`, unless `create` is set. Of writers that create at the same time, in any
 * number of processes, one does, and all use what it made. Reading never creates anything.
 *
 * @throws `OPTION_INVALID`
 * @example
 * ```ts
 * const tenants = tenantBranchKeys({ contextKey: 'tenant', keyStore, create: true })
 * const client = createEncryptionClient({ keyring: hierarchicalKeyring({ ...tenants, cache: { ttlMs: 300_000, maxEntries: 5000 } }) })
 * await client.encrypt(bytes, { encryptionContext: { tenant: 'blue' } })
 * ```
 */
export function tenantBranchKeys(options: TenantBranchKeysOptions): TenantBranchKeys {
  validateOptions('tenantBranchKeys', options, { contextKey: isText, keyStore: isSource, prefix: isText, create: isBoolean }, [
    'contextKey',
    'keyStore',
  ])
  const { contextKey, keyStore, prefix = '', create = false } = options
  if (create && typeof keyStore !== 'function') creating(keyStore)

  function tenantOf(branchKeyId: string): string {
    if (branchKeyId.startsWith(prefix)) return branchKeyId.slice(prefix.length)
    throw new StrongroomError('OPTION_INVALID', 'The key store of tenantBranchKeys belongs with its branchKeyId: give a keyring both.', {
      option: 'branchKeyId',
    })
  }

  async function storeOf(branchKeyId: string): Promise<BranchKeyStore> {
    const store = typeof keyStore === 'function' ? await keyStore(tenantOf(branchKeyId)) : keyStore
    if (store === undefined)
      throw new BranchKeyError('BRANCH_KEY_NOT_FOUND', `There is no key store for the branch key ${JSON.stringify(branchKeyId)}.`, {
        branchKeyId,
      })
    if (isKeyStore(store) === undefined) return store
    throw new StrongroomError('OPTION_INVALID', 'The function keyStore has to answer a branch key store, or undefined for none.', {
      option: 'keyStore',
    })
  }

  async function made(store: BranchKeyStore, branchKeyId: string, call: CallOptions): Promise<BranchKey> {
    const encryptionContext = { [contextKey]: tenantOf(branchKeyId) }
    try {
      const { signal } = call
      await creating(store).createKey({ branchKeyId, encryptionContext, ...(signal === undefined ? {} : { signal }) })
    } catch (error) {
      call.signal?.throwIfAborted()
      // Somebody else may have been faster, or the answer of one's own call was lost: what counts is what is there.
      return await store.getActive(branchKeyId, call).catch((failure: unknown) => {
        throw isStrongroomError(error, 'BRANCH_KEY_EXISTS') ? failure : error
      })
    }
    return store.getActive(branchKeyId, call)
  }

  return {
    keyStore: {
      ...(typeof keyStore === 'object' && 'logicalName' in keyStore ? { logicalName: keyStore.logicalName } : {}),

      async getActive(branchKeyId: string, call: CallOptions = {}): Promise<BranchKey> {
        let store: BranchKeyStore | undefined
        try {
          store = await storeOf(branchKeyId)
          return await store.getActive(branchKeyId, call)
        } catch (error) {
          if (!isStrongroomError(error, 'BRANCH_KEY_NOT_FOUND')) throw error
          if (create && store !== undefined) return await made(store, branchKeyId, call)
          throw notFound(tenantOf(branchKeyId), branchKeyId, error)
        }
      },

      async getVersion(branchKeyId: string, version: string, call: CallOptions = {}): Promise<BranchKey> {
        return (await storeOf(branchKeyId)).getVersion(branchKeyId, version, call)
      },

      async getBeaconKey(branchKeyId: string, call: CallOptions = {}): Promise<BeaconKey> {
        return (await storeOf(branchKeyId)).getBeaconKey(branchKeyId, call)
      },
    },

    branchKeyId(context: EncryptionContext): string | undefined {
      const tenant = Object.hasOwn(context, contextKey) ? context[contextKey] : undefined
      if (tenant === undefined || tenant === '') return undefined
      const id = prefix + tenant
      return Buffer.byteLength(id, 'utf8') > MAX_ID_BYTES ? undefined : id
    },
  }
}

function creating(keyStore: BranchKeyStore): CreatingKeyStore {
  if (hasMethods('createKey')(keyStore) === undefined) return keyStore as CreatingKeyStore
  throw new StrongroomError('OPTION_INVALID', 'tenantBranchKeys: create needs a key store that has createKey, as createKeyStore answers.', {
    option: 'create',
  })
}

function notFound(tenant: string, branchKeyId: string, cause: unknown): TenantError {
  return new TenantError(
    'TENANT_KEY_NOT_FOUND',
    `The tenant ${JSON.stringify(tenant)} has no branch key ${JSON.stringify(branchKeyId)}. Make it with createKey of its key store, or let writes make it with the option create.`,
    { tenant, branchKeyId, cause },
  )
}
