import type { BackupFacts } from './backup-facts.ts'

/** A version of a branch key that was destroyed. */
export interface DestroyedVersion {
  /** The version, a UUID; `unknown` of an item that names none. */
  readonly version: string
  /** When it was made, as its item had it; `unknown` where that is no moment. */
  readonly createdAt: string
}

/** What was destroyed of a branch key. */
export interface Destroyed {
  /** Items: the active one, versions and beacon key. */
  readonly items: number
  /** The version that was active, if one was. */
  readonly activeVersion?: string
  /** How many versions, the active one among them. */
  readonly versionCount: number
  /** The first 1,000 of them, in the order of their UUIDs. */
  readonly versions: readonly DestroyedVersion[]
  /** Whether there was a beacon key. */
  readonly beaconKey: boolean
}

/** How long processes may hold branch keys and data keys that they have read. */
export interface HoldingTimes {
  /** Longest `ttlMs` of any hierarchical keyring that reads the branch key, milliseconds. Default 24 hours. */
  readonly ttlMs: number
  /** Longest `graceMs` of any of them, milliseconds. Default 24 hours. */
  readonly graceMs: number
  /** Longest `maxAgeMs` of any cache of data keys above them, milliseconds. Default 24 hours. */
  readonly cacheMaxAgeMs: number
}

/** Evidence that a branch key was shredded. It is kept in the table, with the tombstone. */
export interface ShredReceipt {
  /** Id of the branch key. */
  readonly branchKeyId: string
  /**
   * `shredded` when nothing of the key is left in the table; `shredding` while items are still to be deleted; `intact` of a dry run: nothing was
   * done, and `destroyed` says what would be.
   */
  readonly state: 'intact' | 'shredding' | 'shredded'
  /** Name of the table. */
  readonly tableName: string
  /** Logical name of the key store. */
  readonly logicalName: string
  /** The KMS key that the active version was encrypted under; absent where its item named none. */
  readonly kmsKeyArn?: string
  /** What was destroyed. */
  readonly destroyed: Destroyed
  /** By whom: the option `identity`, else the access key that the calls were signed with. */
  readonly identity: string
  /** By whom it was carried through; other than `identity` where the first caller was killed. Absent until then. */
  readonly completedBy?: string
  /** When shredding began, ISO 8601; of a dry run, when it was made. */
  readonly startedAt: string
  /** When nothing was left, ISO 8601. Absent until then. */
  readonly completedAt?: string
  /** The moment before which processes that had read the key may still decrypt, ISO 8601: `completedAt` and all of `heldFor`. Absent until then. */
  readonly othersMayDecryptUntil?: string
  /** What `othersMayDecryptUntil` goes by. */
  readonly heldFor: HoldingTimes
  /** What backups and copies may still hold. */
  readonly backups: BackupFacts
}

const TEXTS = ['branchKeyId', 'tableName', 'logicalName', 'identity', 'startedAt'] as const

/** The receipt in what was read from a tombstone; undefined where it is none of this branch key. */
export function readReceipt(value: unknown, branchKeyId: string): ShredReceipt | undefined {
  const receipt = value as Partial<ShredReceipt> | null | undefined
  if (typeof receipt !== 'object' || receipt === null) return undefined
  const { destroyed, heldFor, backups } = receipt
  const times = [heldFor?.ttlMs, heldFor?.graceMs, heldFor?.cacheMaxAgeMs]
  const whole =
    receipt.branchKeyId === branchKeyId &&
    (receipt.state === 'shredding' || receipt.state === 'shredded') &&
    TEXTS.every((name) => typeof receipt[name] === 'string') &&
    [destroyed?.items, destroyed?.versionCount, ...times].every((count) => Number.isSafeInteger(count)) &&
    Array.isArray(destroyed?.versions) &&
    typeof backups === 'object' &&
    backups !== null
  return whole ? (receipt as ShredReceipt) : undefined
}
