import { createEncryptionClient, isStrongroomError } from '@strongroom/core'
import { hierarchicalKeyring } from '@strongroom/kms'
import type { KeyStore } from '@strongroom/kms/branch-keys'
import type { Journal, Rotation } from './journal.ts'

const PROBE = new TextEncoder().encode('written before the rotation')
const PURPOSE = { purpose: 'rotation probe' }

/** A branch key whose active version is older than the limit. */
export interface DueKey {
  readonly branchKeyId: string
  readonly version: string
  readonly createdAt: string
  readonly keyStore: KeyStore
}

/** What the table holds. */
export interface Survey {
  readonly due: readonly DueKey[]
  /** Branch keys that are young enough. */
  readonly young: number
  /** What somebody should look at. */
  readonly notes: readonly string[]
}

/**
 * Finds the branch keys that are due. `stores` has a key store for each KMS key that may be used: a KMS key that only the table names could be anybody's.
 */
export async function survey(stores: ReadonlyMap<string, KeyStore>, createdBefore: Date): Promise<Survey> {
  const [anyStore] = stores.values()
  const due: DueKey[] = []
  const notes: string[] = []
  let young = 0
  for await (const key of anyStore?.listKeys() ?? []) {
    if (key.state === 'invalid') notes.push(`${key.branchKeyId}: its item ${key.problem}`)
    if (key.state === 'shredding') notes.push(`${key.branchKeyId}: shredding was cut off; call shredKey again`)
    if (key.state !== 'active') continue
    const keyStore = stores.get(key.kmsKeyArn)
    if (Date.parse(key.createdAt) >= createdBefore.getTime()) young += 1
    else if (keyStore === undefined) notes.push(`${key.branchKeyId}: due, and under ${key.kmsKeyArn}, which was not given`)
    else due.push({ branchKeyId: key.branchKeyId, version: key.version, createdAt: key.createdAt, keyStore })
  }
  // The oldest first, so that a run that is cut off has done what mattered most.
  due.sort((one, other) => Date.parse(one.createdAt) - Date.parse(other.createdAt) || (one.branchKeyId < other.branchKeyId ? -1 : 1))
  return { due, young, notes: notes.sort() }
}

/** Rotates one branch key, once, however often it is called for the same version. Answers what somebody should look at, if anything. */
export async function rotate({ branchKeyId, version, keyStore }: DueKey, journal: Journal): Promise<string | undefined> {
  try {
    const { ciphertext } = await clientOf(branchKeyId, keyStore).encrypt(PROBE, { encryptionContext: PURPOSE })
    const begun: Rotation = { branchKeyId, from: version, probe: Buffer.from(ciphertext).toString('base64') }
    journal.write(begun)
    const { version: to } = await keyStore.versionKey(branchKeyId, { ifVersion: version })
    journal.write({ ...begun, to })
    return undefined
  } catch (error) {
    if (isStrongroomError(error)) return `${branchKeyId}: not rotated, ${error.code}: ${error.message}`
    throw error
  }
}

/** Finds out what became of the rotations that a killed run left open: those that took place are written down, the others come up again as due. */
export async function resume(journal: Journal, stores: ReadonlyMap<string, KeyStore>): Promise<number> {
  const [anyStore] = stores.values()
  let found = 0
  for (const rotation of journal.rotations.filter(({ to }) => to === undefined)) {
    const key = await anyStore?.describeKey(rotation.branchKeyId)
    if (key?.state !== 'active' || key.version === rotation.from) continue
    journal.write({ ...rotation, to: key.version })
    found += 1
  }
  return found
}

/** What was seen of a rotated branch key. */
export interface Proof {
  /** Whether what was written before opens, and every version can still be read. */
  readonly well: boolean
  /** The same in words. */
  readonly seen: string
}

/** Proves that what was written before a rotation still opens, and that all versions are there: each is fetched, and opened by KMS. */
export async function prove({ branchKeyId, probe }: Rotation, keyStore: KeyStore): Promise<Proof> {
  const problems: string[] = []
  let versions = 0
  /** The answer; undefined where it failed, and why is noted. */
  const tried = <T>(work: Promise<T>): Promise<T | undefined> =>
    work.catch((error: unknown) => {
      problems.push(error instanceof Error ? error.message : String(error))
      return undefined
    })
  const message = clientOf(branchKeyId, keyStore).decrypt(Buffer.from(probe, 'base64'), { encryptionContext: PURPOSE })
  const opens = Buffer.compare((await tried(message))?.plaintext ?? new Uint8Array(), PROBE) === 0
  let after: string | undefined
  do {
    const page = await tried(keyStore.listVersionsPage(branchKeyId, after === undefined ? {} : { after }))
    for (const { version } of page?.items ?? []) {
      versions += 1
      const key = await tried(keyStore.getVersion(branchKeyId, version))
      key?.secret.dispose()
    }
    after = page?.next
  } while (after !== undefined)
  const well = opens && problems.length === 0
  const why = problems.length === 0 ? `all ${versions} versions readable` : problems.join('; ')
  return { well, seen: `older message ${opens ? 'opens' : 'DOES NOT OPEN'}, ${why}` }
}

/** Without a cache: each message asks the table and KMS, as a process does that has just started. */
function clientOf(branchKeyId: string, keyStore: KeyStore) {
  return createEncryptionClient({ keyring: hierarchicalKeyring({ keyStore, branchKeyId }), suite: '0478' })
}
