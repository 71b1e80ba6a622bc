import { StrongroomError } from '@strongroom/core'

/** Codes of what a branch key store throws about one branch key. */
export type BranchKeyErrorCode =
  /** The store has no such branch key, or not in that version. */
  | 'BRANCH_KEY_NOT_FOUND'
  /** There is a branch key of that id already. */
  | 'BRANCH_KEY_EXISTS'
  /** The branch key changed at the same time; nothing was written. */
  | 'BRANCH_KEY_CONFLICT'
  /** The branch key is there and cannot be used: its item was changed, or was made under another KMS key. Somebody has to act. */
  | 'KEY_OPERATIONAL'
  /** The branch key was destroyed on purpose, and with it what was encrypted under it. */
  | 'KEY_SHREDDED'

/** Facts of a {@link BranchKeyError}; each is safe to log. */
export interface BranchKeyErrorDetails {
  /** Id of the branch key. */
  readonly branchKeyId: string
  /** The version that was asked for, where one was. */
  readonly version?: string | undefined
  /** What was thrown below, where something was. */
  readonly cause?: unknown
}

/** A branch key that is not to be had. */
export class BranchKeyError extends StrongroomError<BranchKeyErrorCode> {
  /** Id of the branch key. */
  readonly branchKeyId: string
  /** The version that was asked for, where one was. */
  declare readonly version?: string

  /** Made by key stores. */
  constructor(code: BranchKeyErrorCode, message: string, details: BranchKeyErrorDetails) {
    super(code, message, 'cause' in details ? { cause: details.cause } : {})
    this.branchKeyId = details.branchKeyId
    if (details.version !== undefined) this.version = details.version
  }

  override get name(): string {
    return 'BranchKeyError'
  }
}

/** Codes of what a key store in DynamoDB throws about its table. */
export type KeyStoreErrorCode =
  /** DynamoDB could not be reached, throttled or failed; the same call may succeed later. */
  | 'KEY_TRANSIENT'
  /** DynamoDB refuses the table to this caller, or does not have it: somebody has to act. */
  | 'KEY_OPERATIONAL'
  /** A table of that name is there, and is none of a key store. */
  | 'KEY_STORE_TABLE_INVALID'
  /** This key store names no KMS key, so that it only reads. */
  | 'KEY_STORE_READ_ONLY'

/** Facts of a {@link KeyStoreError}; each is safe to log. */
export interface KeyStoreErrorDetails {
  /** Name of the table. */
  readonly tableName: string
  /** Name of the error that DynamoDB or the SDK gave. */
  readonly serviceCode?: string | undefined
  /** DynamoDB's id of the request, where it answered. */
  readonly requestId?: string | undefined
  /** What the SDK threw. */
  readonly cause?: unknown
}

/** A table of branch keys that did not do what it was asked. */
export class KeyStoreError extends StrongroomError<KeyStoreErrorCode> {
  /** Name of the table. */
  readonly tableName: string
  /** Name of the error that DynamoDB or the SDK gave (`AccessDeniedException`). */
  declare readonly serviceCode?: string
  /** DynamoDB's id of the request, where it answered: what AWS support asks for. */
  declare readonly requestId?: string

  /** Made by key stores. */
  constructor(code: KeyStoreErrorCode, message: string, details: KeyStoreErrorDetails) {
    super(code, message, 'cause' in details ? { cause: details.cause } : {})
    this.tableName = details.tableName
    if (details.serviceCode !== undefined) this.serviceCode = details.serviceCode
    if (details.requestId !== undefined) this.requestId = details.requestId
  }

  override get name(): string {
    return 'KeyStoreError'
  }
}
