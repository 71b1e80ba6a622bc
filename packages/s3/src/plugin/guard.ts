import { Readable } from 'node:stream'
import { s3Error } from '../errors.ts'
import type { SentBody } from './call.ts'
import { operationKind } from './operations.ts'
import { endRequestWith } from './stream-failure.ts'

const STATE = Symbol('strongroom s3 call')
const REMEDY = 'Nothing was sent. Look for other middleware on the client, and for a version of the SDK that this package does not know.'

/** What the encrypting middleware tells the guard about one call. */
interface CallState {
  readonly operation: string
  readonly body: SentBody | undefined
  /** The body that is to leave: the encrypted one, or the stream that the SDK laid around it. */
  approved?: unknown
}

/** Where in the stack a request is looked at: as it was serialised, when the SDK has added checksums to it, and before it leaves. */
export type GuardPost = 'serialised' | 'built' | 'sending'

/** The arguments of a middleware with the state of the call. Not kept in the context, which calls share where the SDK caches handlers. */
export function withCallState<A extends object>(args: A, operation: string, body: SentBody | undefined): A {
  return { ...args, [STATE]: { operation, body } satisfies CallState }
}

interface SerialisedRequest {
  readonly method?: unknown
  readonly body?: unknown
  readonly query?: Readonly<Record<string, unknown>>
  readonly headers?: Readonly<Record<string, string>>
}

/**
 * The last check before a request leaves. It looks at what will be sent, not at what was meant: a request that stores an object has to carry the body
 * that was encrypted for this very call, and requests of other operations the little XML that they have.
 *
 * @throws `PLAINTEXT_REFUSED`
 */
export function checkRequest(args: object, post: GuardPost): void {
  const state = (args as { [STATE]?: CallState })[STATE]
  const request = (args as { request?: SerialisedRequest }).request
  if (state === undefined) throw refused('it did not come by the encrypting middleware')
  if (request === undefined) return
  if (storesObject(request)) {
    if (state.body === undefined) throw refused('it stores an object that was not encrypted')
    if (!isSent(request.body, state, post)) throw refused('its body is not the one that was encrypted')
    if (post === 'sending' && state.body instanceof Readable) endRequestWith(state.body, request.body as Readable)
    return
  }
  if (state.body !== undefined) throw refused('what was encrypted for an object goes to another place')
  const kind = operationKind(state.operation)
  if (kind !== 'passes' && kind !== 'adapts' && kind !== 'decrypts') throw refused('its operation is not known')
  // Everything else that S3 is sent is XML, which the SDK makes as a whole.
  if (request.body instanceof Readable || request.body instanceof ReadableStream)
    throw refused('it carries a stream that was not encrypted')
}

/** Whether a request is a PutObject or an UploadPart, whichever command it was made by. Subresources have a name in the query. */
function storesObject({ method, query = {}, headers = {} }: SerialisedRequest): boolean {
  if (method !== 'PUT') return false
  if (Object.keys(headers).some((name) => name.toLowerCase() === 'x-amz-copy-source' || name.toLowerCase() === 'x-amz-rename-source'))
    return false
  if ('partNumber' in query || query['x-id'] === 'PutObject') return true
  // A bucket is made by a PUT without a query as well, but its answer has no x-id and its body is XML or nothing.
  return query['x-id'] === 'UploadPart'
}

/** Whether a body is the encrypted one, or a stream that the SDK has laid around it to add a checksum. */
function isSent(body: unknown, state: CallState, post: GuardPost): boolean {
  const { body: encrypted } = state
  if (body === encrypted) return true
  // Retries may make new arrays of the same bytes.
  if (encrypted instanceof Uint8Array) return body instanceof Uint8Array && Buffer.compare(body, encrypted) === 0
  if (post === 'serialised' || encrypted === undefined) return false
  if (post === 'sending') return body === state.approved
  // What the SDK lays around a stream reads from it; what came in its place does not.
  const isAround = body instanceof Readable && (encrypted.listenerCount('data') > 0 || encrypted.listenerCount('readable') > 0)
  if (isAround) state.approved = body
  return isAround
}

function refused(what: string): Error {
  return s3Error('PLAINTEXT_REFUSED', `A request to S3 was refused: ${what}. ${REMEDY}`)
}
