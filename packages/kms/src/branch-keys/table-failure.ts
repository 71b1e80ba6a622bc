import { type ErrorLike, isTransient, wordOf } from '../failure.ts'
import { KeyStoreError } from './errors.ts'

const remedies: ReadonlyMap<string, string> = new Map([
  ['AccessDeniedException', "the caller's IAM policy has to allow the operation; requiredPolicy tells which"],
  ['CredentialsProviderError', 'no AWS credentials were found; give the client some'],
  ['ExpiredTokenException', "the caller's credentials have expired; renew them"],
  ['ResourceNotFoundException', 'there is no such table in that Region and account; createTable makes it'],
  ['TableNotFoundException', 'there is no such table in that Region and account; createTable makes it'],
  ['UnrecognizedClientException', "the caller's credentials are not valid"],
])

/** Reasons of a cancelled transaction that pass by themselves. */
const passingReasons: ReadonlySet<string> = new Set([
  'TransactionConflict',
  'ThrottlingError',
  'ProvisionedThroughputExceeded',
  'RequestLimitExceeded',
])

/** The codes of a cancelled transaction, those of actions that nothing was wrong with left out; undefined for any other error. */
export function cancellationReasons(error: unknown): readonly string[] | undefined {
  const { name, CancellationReasons: reasons } = (typeof error === 'object' && error !== null ? error : {}) as {
    readonly name?: unknown
    readonly CancellationReasons?: unknown
  }
  if (name !== 'TransactionCanceledException') return undefined
  const codes = (Array.isArray(reasons) ? reasons : []).map((reason: { readonly Code?: unknown } | null) => reason?.Code)
  return codes.filter((code): code is string => typeof code === 'string' && code !== 'None')
}

/** The typed error of a call of DynamoDB that failed. What is not known to pass by itself is `KEY_OPERATIONAL`. */
export function tableFailure(operation: string, tableName: string, error: unknown): KeyStoreError {
  const like = (typeof error === 'object' && error !== null ? error : {}) as ErrorLike
  const reasons = cancellationReasons(error)
  const passing = reasons === undefined ? isTransient(like) : reasons.length > 0 && reasons.every((reason) => passingReasons.has(reason))
  const serviceCode = wordOf(like.name)
  const requestId = wordOf(like.$metadata?.requestId)
  const why = (reasons ?? []).map(wordOf).filter((reason) => reason !== undefined)
  const said = [serviceCode ?? 'unknown error', ...why, ...(requestId === undefined ? [] : [`request ${requestId}`])].join(', ')
  const remedy = passing ? 'the same call may succeed later' : (remedies.get(serviceCode ?? '') ?? 'somebody has to act')
  const message = `DynamoDB ${operation} on the key store's table ${tableName} failed with ${said}: ${remedy}.`
  return new KeyStoreError(passing ? 'KEY_TRANSIENT' : 'KEY_OPERATIONAL', message, { tableName, serviceCode, requestId, cause: error })
}
