import { type CallOptions, SecretBytes, StrongroomError } from '@strongroom/core'
import { isBoolean, isText, type OptionCheck, validateOptions } from '@strongroom/core/options'
import type { BeaconKey, BranchKey, BranchKeyStore } from './branch-key-store.ts'
import { BranchKeyError } from './errors.ts'

/** One version of a branch key in plaintext. */
export interface StaticBranchKey {
  /** Id of the branch key, as it stands in messages; not secret. */
  readonly branchKeyId: string
  /** A UUID. */
  readonly version: string
  /** 32 bytes; copied. */
  readonly branchKey: Uint8Array | SecretBytes
  /** 32 bytes; copied. At most one for each branch key, with any of its versions. */
  readonly beaconKey?: Uint8Array | SecretBytes
  /** Whether this version is written with: one has to be where a branch key has several; one that is alone is. Default false. */
  readonly active?: boolean
}

const KEY_LENGTH = 32
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

const isKey: OptionCheck = (value) =>
  (value instanceof Uint8Array || SecretBytes.is(value)) && value.length === KEY_LENGTH ? undefined : 'be 32 bytes'

const checks = {
  branchKeyId: isText,
  version: ((value) => (typeof value === 'string' && UUID.test(value) ? undefined : 'be a UUID')) satisfies OptionCheck,
  branchKey: isKey,
  beaconKey: isKey,
  active: isBoolean,
}

interface Branch {
  readonly versions: Map<string, SecretBytes>
  active: string | undefined
  beacon: SecretBytes | undefined
}

/**
 * A branch key store of given keys, in memory: for tests, and for keys that are kept elsewhere. Nothing is fetched, so nothing expires.
 *
 * @throws `OPTION_INVALID`; `BRANCH_KEY_NOT_FOUND`, from its methods
 * @example
 * ```ts
 * const keyStore = staticKeyStore([
 *   { branchKeyId: 'tenant-blue', version: 'bba79cf1-8f7e-4b6e-9d0f-1c2f3a4b5c6d', branchKey: SecretBytes.random(32) },
 * ])
 * const keyring = hierarchicalKeyring({ keyStore, branchKeyId: 'tenant-blue' })
 * ```
 */
export function staticKeyStore(keys: readonly StaticBranchKey[]): BranchKeyStore {
  const branches = new Map<string, Branch>()
  if (!Array.isArray(keys) || keys.length === 0)
    throw new StrongroomError('OPTION_INVALID', 'staticKeyStore takes a list of branch keys, at least one.', { option: 'keys' })
  for (const [index, key] of keys.entries()) add(branches, key, index)
  for (const [branchKeyId, branch] of branches) {
    if (branch.active !== undefined) continue
    const [only, ...others] = branch.versions.keys()
    if (others.length > 0)
      throw new StrongroomError('OPTION_INVALID', `staticKeyStore: say which version of ${JSON.stringify(branchKeyId)} is active.`, {
        option: 'active',
      })
    branch.active = only
  }

  function branchOf(branchKeyId: string): Branch {
    const branch = branches.get(branchKeyId)
    if (branch !== undefined) return branch
    throw notFound(branchKeyId, 'no branch key')
  }

  return {
    async getActive(branchKeyId: string, { signal }: CallOptions = {}): Promise<BranchKey> {
      signal?.throwIfAborted()
      const { active, versions } = branchOf(branchKeyId)
      const secret = active === undefined ? undefined : versions.get(active)
      if (active === undefined || secret === undefined) throw notFound(branchKeyId, 'no active version of the branch key')
      return { branchKeyId, version: active, secret: secret.share() }
    },

    async getVersion(branchKeyId: string, version: string, { signal }: CallOptions = {}): Promise<BranchKey> {
      signal?.throwIfAborted()
      const wanted = version.toLowerCase()
      const secret = branchOf(branchKeyId).versions.get(wanted)
      if (secret === undefined) throw notFound(branchKeyId, 'no such version of the branch key', wanted)
      return { branchKeyId, version: wanted, secret: secret.share() }
    },

    async getBeaconKey(branchKeyId: string, { signal }: CallOptions = {}): Promise<BeaconKey> {
      signal?.throwIfAborted()
      const { beacon } = branchOf(branchKeyId)
      if (beacon === undefined) throw notFound(branchKeyId, 'no beacon key of the branch key')
      return { branchKeyId, secret: beacon.share() }
    },
  }
}

function add(branches: Map<string, Branch>, key: StaticBranchKey, index: number): void {
  validateOptions('staticKeyStore', key, checks, ['branchKeyId', 'version', 'branchKey'], `keys[${index}].`)
  const { branchKeyId, branchKey, beaconKey, active } = key
  const version = key.version.toLowerCase()
  const branch: Branch = branches.get(branchKeyId) ?? { versions: new Map(), active: undefined, beacon: undefined }
  branches.set(branchKeyId, branch)
  const twice = branch.versions.has(version)
    ? 'version'
    : active === true && branch.active !== undefined
      ? 'active'
      : beaconKey !== undefined && branch.beacon !== undefined
        ? 'beaconKey'
        : undefined
  if (twice !== undefined)
    throw new StrongroomError('OPTION_INVALID', `staticKeyStore: ${JSON.stringify(branchKeyId)} has the same ${twice} twice.`, {
      option: `keys[${index}].${twice}`,
    })
  branch.versions.set(version, copyOf(branchKey))
  if (active === true) branch.active = version
  if (beaconKey !== undefined) branch.beacon = copyOf(beaconKey)
}

function copyOf(key: Uint8Array | SecretBytes): SecretBytes {
  return key instanceof Uint8Array ? SecretBytes.copyOf(key) : key.use((bytes) => SecretBytes.copyOf(bytes))
}

function notFound(branchKeyId: string, what: string, version?: string): BranchKeyError {
  const named = `${JSON.stringify(branchKeyId)}${version === undefined ? '' : ` (${version})`}`
  return new BranchKeyError('BRANCH_KEY_NOT_FOUND', `The static key store has ${what} ${named}. Give it to staticKeyStore.`, {
    branchKeyId,
    version,
  })
}
