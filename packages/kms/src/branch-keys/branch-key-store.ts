import type { CallOptions, SecretBytes } from '@strongroom/core'

/** One version of a branch key. The secret is the receiver's to dispose. */
export interface BranchKey {
  /** Id of the branch key, as it stands in messages; not secret. */
  readonly branchKeyId: string
  /** A UUID in lower case. */
  readonly version: string
  /** 32 bytes. */
  readonly secret: SecretBytes
}

/** The beacon key of a branch key, which never rotates. The secret is the receiver's to dispose. */
export interface BeaconKey {
  /** Id of the branch key, as it stands in messages; not secret. */
  readonly branchKeyId: string
  /** 32 bytes. */
  readonly secret: SecretBytes
}

/**
 * Where branch keys are kept. What it throws tells by its code what is wrong: `BRANCH_KEY_NOT_FOUND`, `KEY_TRANSIENT`, `KEY_OPERATIONAL` or
 * `KEY_SHREDDED`. Source: specification, "Branch Key Store".
 */
export interface BranchKeyStore {
  /** The version that is written with. */
  getActive(branchKeyId: string, options?: CallOptions): Promise<BranchKey>
  /** A version to read with. */
  getVersion(branchKeyId: string, version: string, options?: CallOptions): Promise<BranchKey>
  /** The key of searchable values. */
  getBeaconKey(branchKeyId: string, options?: CallOptions): Promise<BeaconKey>
}
