import { DynamoDBEncryptionError } from '../errors.ts'
import { callState } from './call-state.ts'
import { canonicalJson } from './canonical-json.ts'
import { operationKind } from './operations.ts'

const REMEDY = 'Nothing was sent. Look for other middleware on the client, and for a version of the SDK that this package does not know.'

/**
 * Makes the last check before a request leaves: a request that may carry items or statements is exactly what the encrypting middleware of this very
 * call let go. It looks at what will be sent, not at what was meant, so it also meets commands, copies of the stack and middleware that nobody
 * knew of. Requests that are known to carry no items pass.
 */
export function checkRequest(args: object): void {
  const { body, target } = requestOf(args)
  const operation = target?.split('.').at(-1) ?? ''
  if (operationKind(operation) === 'passes') return
  const state = callState(args)
  if (state === undefined) throw refused(`${operation || 'a request'} did not come through the encryption of this client`)
  if (state.operation !== operation) throw refused(`${operation || 'a request'} was ${state.operation} before`)
  if (state.approved !== undefined && sameBody(state.approved, body)) return
  const parsed = parse(body)
  if (parsed === undefined) throw refused(`the body of ${operation} is not AWS JSON, so it cannot be checked`)
  if (canonicalJson(parsed) !== state.body && canonicalJson(withoutToken(parsed)) !== state.body)
    throw refused(`${operation} is not what was encrypted for it any more`)
  // A copy, since bytes can change in place.
  state.approved = body instanceof Uint8Array ? new Uint8Array(body) : body
}

function refused(what: string): DynamoDBEncryptionError<'PLAINTEXT_REFUSED'> {
  return new DynamoDBEncryptionError('PLAINTEXT_REFUSED', `A DynamoDB request was refused: ${what}. ${REMEDY}`)
}

function requestOf(args: object): { readonly body: unknown; readonly target: string | undefined } {
  const { request } = args as { request?: { readonly body?: unknown; readonly headers?: Readonly<Record<string, unknown>> } }
  const target = Object.entries(request?.headers ?? {}).find(([name]) => name.toLowerCase() === 'x-amz-target')?.[1]
  return { body: request?.body, target: typeof target === 'string' ? target : undefined }
}

function sameBody(approved: unknown, body: unknown): boolean {
  if (approved instanceof Uint8Array && body instanceof Uint8Array) return Buffer.compare(approved, body) === 0
  return approved === body
}

function parse(body: unknown): object | undefined {
  if (typeof body !== 'string' && !(body instanceof Uint8Array)) return undefined
  try {
    const parsed: unknown = JSON.parse(typeof body === 'string' ? body : new TextDecoder('utf-8', { fatal: true }).decode(body))
    return typeof parsed === 'object' && parsed !== null ? parsed : undefined
  } catch {
    return undefined
  }
}

/** The serialiser gives a transaction the token that makes its retries safe, where the caller gave none. */
function withoutToken({ ClientRequestToken: _, ...rest }: { readonly ClientRequestToken?: unknown }): object {
  return rest
}
