import { StrongroomError } from '@strongroom/core'
import { KmsKeyError } from './errors.ts'
import type { KeyArn } from './key-arn.ts'

/** The KMS operations that keyrings and key stores call. */
export type KmsOperation =
  | 'Decrypt'
  | 'DeriveSharedSecret'
  | 'DescribeKey'
  | 'Encrypt'
  | 'GenerateDataKey'
  | 'GenerateDataKeyWithoutPlaintext'
  | 'GenerateMac'
  | 'GetPublicKey'
  | 'ReEncrypt'
  | 'ScheduleKeyDeletion'

/** KMS's word that a blob is not one of this key and context. Only these may let a record be taken for forged. */
const rejections: ReadonlySet<string> = new Set(['InvalidCiphertextException', 'IncorrectKeyException'])

const transients: ReadonlySet<string> = new Set([
  'DependencyTimeoutException',
  'InternalFailure',
  'InternalServerError',
  'KeyUnavailableException',
  'KMSInternalException',
  'LimitExceededException',
  'ProvisionedThroughputExceededException',
  'ReplicatedWriteConflictException',
  'RequestLimitExceeded',
  'RequestTimeout',
  'RequestTimeoutException',
  'ServiceUnavailable',
  'ServiceUnavailableException',
  'SlowDown',
  'Throttling',
  'ThrottledException',
  'ThrottlingException',
  'TimeoutError',
  'TooManyRequestsException',
  'TransactionConflictException',
  'TransactionInProgressException',
  'UnreadableAnswer',
])

/** `code` of errors of Node's network stack that go away by themselves, or with the network. */
const networkCodes: ReadonlySet<string> = new Set([
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ENETDOWN',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ERR_HTTP2_STREAM_ERROR',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ETIMEDOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_SOCKET',
])

const remedies: ReadonlyMap<string, string> = new Map([
  ['AccessDeniedException', "the caller's IAM policy and the key's policy, or a grant, have to allow the operation"],
  ['CredentialsProviderError', 'no AWS credentials were found; give the client some'],
  ['DisabledException', 'the key is disabled; enable it'],
  ['ExpiredTokenException', "the caller's credentials have expired; renew them"],
  ['InvalidGrantTokenException', 'a grant token is not valid, or no longer needed'],
  ['InvalidKeyUsageException', 'the key is not for this operation, or not with this algorithm; DescribeKey tells what it is for'],
  ['KMSInvalidStateException', 'the key is pending deletion or otherwise not ready; DescribeKey tells its state'],
  ['NotFoundException', 'no such key is known in that Region and account'],
  ['UnsupportedOperationException', 'the key is not of a kind that this operation is for; DescribeKey tells its spec'],
  ['UnrecognizedClientException', "the caller's credentials are not valid"],
])

/** What an SDK error may hold, whoever made it. */
export interface ErrorLike {
  readonly name?: unknown
  readonly code?: unknown
  readonly cause?: unknown
  readonly errors?: unknown
  readonly $retryable?: unknown
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: unknown }
}

/**
 * The typed error of a call that failed. What is neither KMS's word on the blob nor known to pass by itself is `KEY_OPERATIONAL`: nobody
 * may take a record for forged because of an error that nobody foresaw.
 *
 * @param largeContext - whether the encryption context is larger than KMS takes, which KMS reports as any other invalid parameter. Everything
 * else in a request is ours and valid.
 */
export function failure(operation: KmsOperation, key: KeyArn, region: string, error: unknown, largeContext: boolean): StrongroomError {
  const like = (typeof error === 'object' && error !== null ? error : {}) as ErrorLike
  const kmsCode = wordOf(like.name)
  const tooLarge = largeContext && kmsCode === 'ValidationException'
  if (tooLarge && operation !== 'Decrypt') {
    const message = 'The encryption context is larger than AWS KMS takes (8,192 bytes as JSON). It is for a few short, non-secret facts.'
    return new StrongroomError('CONTEXT_INVALID', message, { option: 'encryptionContext', cause: error })
  }
  const blamesBlob = operation === 'Decrypt' && (tooLarge || rejections.has(kmsCode ?? ''))
  const code = isTransient(like) ? 'KEY_TRANSIENT' : blamesBlob ? 'MESSAGE_INVALID' : 'KEY_OPERATIONAL'
  const requestId = wordOf(like.$metadata?.requestId)
  const said = `${kmsCode ?? 'unknown error'}${requestId === undefined ? '' : `, request ${requestId}`}`
  const message = `AWS KMS ${operation} with ${key.arn} in ${region} failed with ${said}: ${explanation(code, kmsCode)}`
  return new KmsKeyError(code, message, { keyId: key.arn, region, kmsCode, requestId, cause: error })
}

/** Whether KMS says that a blob is not one of the key and context, of any operation. */
export function isRejection(error: unknown): boolean {
  return error instanceof KmsKeyError && rejections.has(error.kmsCode ?? '')
}

/** A name or id that is safe to log, or nothing. */
export function wordOf(value: unknown): string | undefined {
  return typeof value === 'string' && /^[\w-]{1,128}$/.test(value) ? value : undefined
}

/** Whether an error of the SDK, of any service, passes by itself. */
export function isTransient(error: ErrorLike, depth = 0): boolean {
  const status = error.$metadata?.httpStatusCode
  if (status !== undefined && (status >= 500 || status === 429)) return true
  if (transients.has(String(error.name)) || networkCodes.has(String(error.code)) || error.$retryable !== undefined) return true
  // Node keeps the error of each address that it tried in `errors`.
  const inner = [error.cause, ...(Array.isArray(error.errors) ? error.errors : [])]
  return depth < 4 && inner.some((each) => typeof each === 'object' && each !== null && isTransient(each as ErrorLike, depth + 1))
}

function explanation(code: KmsKeyError['code'], kmsCode: string | undefined): string {
  if (code === 'KEY_TRANSIENT') return 'the same call may succeed later'
  if (code === 'MESSAGE_INVALID') return 'the encrypted data key is not one of this key under this encryption context'
  return remedies.get(kmsCode ?? '') ?? 'somebody has to act'
}
