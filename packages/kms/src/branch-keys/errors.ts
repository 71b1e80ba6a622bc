import { StrongroomError } from '@strongroom/core'

/** Codes of what a branch key store throws. */
export type BranchKeyErrorCode =
  /** The store has no such branch key, or not in that version. */
  'BRANCH_KEY_NOT_FOUND'

/** A branch key that is not to be had. */
export class BranchKeyError extends StrongroomError<BranchKeyErrorCode> {
  /** Id of the branch key. */
  readonly branchKeyId: string
  /** The version that was asked for, where one was. */
  declare readonly version?: string

  /** Made by key stores. */
  constructor(code: BranchKeyErrorCode, message: string, details: { readonly branchKeyId: string; readonly version?: string | undefined }) {
    super(code, message)
    this.branchKeyId = details.branchKeyId
    if (details.version !== undefined) this.version = details.version
  }

  override get name(): string {
    return 'BranchKeyError'
  }
}
