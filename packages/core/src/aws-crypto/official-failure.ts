import { isStrongroomError, StrongroomError } from '../errors.ts'
import type { AttemptOutcome } from '../keyring.ts'
import { attemptOf } from '../keyrings/attempt.ts'

/** Names of errors by which AWS KMS says that a blob is not one of this key and context. */
const rejections = /^(InvalidCiphertextException|IncorrectKeyException)$/
const transients =
  /^(DependencyTimeoutException|Internal(Failure|ServerError)|KMSInternalException|KeyUnavailableException|(Request)?LimitExceeded(Exception)?|RequestTimeout(Exception)?|ServiceUnavailable(Exception)?|SlowDown|Thrott(ling|led)(Exception)?|TimeoutError|TooManyRequestsException|E(AI_AGAIN|CONN\w+|HOST\w+|NET\w+|NOTFOUND|PIPE|TIMEDOUT))$/
/** What the official classes say of an encrypted data key that is not what it should be. */
const malformed =
  /Key length does not agree|does not match the requested key id|Malformed arn|isolated buffer|Malformed providerInfo|Value at 'ciphertextBlob'/

/**
 * How an official keyring failed. Several failures come as one error whose text holds the stack of each, so their names are read from there.
 * The worst counts; what nobody foresaw is `operational`, since no message may be taken for forged because of it.
 */
export function officialOutcome(error: unknown): AttemptOutcome {
  // A keyring of ours that was made an official one says it by its code.
  if (isStrongroomError(error)) return attemptOf(0, '', error).outcome
  const failures = causesOf(error)
  if (failures.some((failure) => transients.test(failure))) return 'transient'
  return failures.every((failure) => rejections.test(failure)) ? 'rejected' : 'operational'
}

/** The typed error of an official keyring or materials manager that failed, but for a message at fault. */
export function officialError(what: string, cause: unknown): StrongroomError {
  if (isStrongroomError(cause)) return cause
  const [code, advice] =
    officialOutcome(cause) === 'transient'
      ? (['KEY_TRANSIENT', 'the same call may succeed later'] as const)
      : (['KEY_OPERATIONAL', 'somebody has to act'] as const)
  const names = [...new Set(causesOf(cause))].join(', ')
  return new StrongroomError(code, `${what} failed with ${names}: ${advice}.`, { cause })
}

/** Names or system codes of the errors within an error. */
function causesOf(error: unknown): readonly string[] {
  const { name, message, code } = error as { name?: unknown; message?: unknown; code?: unknown }
  const text = typeof message === 'string' ? message : ''
  const nested = [...text.matchAll(/ Error #\d+ \n (.+)/g)].map(([, line]) => line as string)
  if (nested.length === 0)
    return [malformed.test(text) ? 'InvalidCiphertextException' : typeof code === 'string' ? code : nameIn(`${String(name)}: ${text}`)]
  return nested.filter((line) => !/^Error: Unable to decrypt data key/.test(line)).map(nameIn)
}

/** The name of an error at the start of its stack, or the system code behind a plain one. */
function nameIn(line: string): string {
  if (malformed.test(line)) return 'InvalidCiphertextException'
  const [, name = 'Error'] = /^(\w+)/.exec(line) ?? []
  const [, code] = /^(?:Aggregate)?Error(?: \[|: (?:connect |read |write |getaddrinfo )?)(E[A-Z_]+)\b/.exec(line) ?? []
  return code ?? name
}
