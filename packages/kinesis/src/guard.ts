import type { StrongroomError } from '@strongroom/core'
import { callState } from './call-state.ts'
import { kinesisError } from './errors.ts'
import type { StreamIdentifiers, StreamMap } from './stream-map.ts'

const REMEDY = 'Nothing was sent. Look for other middleware on the client, and for a version of the SDK that this package does not know.'

/**
 * Makes the last check before a request leaves: every `Data` in the serialised body of a request to a configured stream is a message that was
 * made for this very call and stream. It looks at what will be sent, not at what was meant, so it also meets commands and middleware that
 * nobody knew of.
 */
export function requestGuard(streams: StreamMap, otherStreams: 'refuse' | 'pass'): (args: object) => void {
  return (args) => {
    const state = callState(args)
    const serialised = bodyOf(args)
    if (state?.approved !== undefined && sameBody(state.approved, serialised)) return
    const body = parse(serialised)
    if (body === undefined) throw refused('the body of the request is not AWS JSON, so it cannot be checked')
    const data = collectData(body, [])
    if (data.length === 0) return
    const target = streams.resolve(body)
    if (target?.kind === 'other' && otherStreams === 'pass') return
    if (state === undefined || target?.kind !== 'configured') throw refused('the request carries record data that was not encrypted')
    if (state.stream !== target.stream) throw refused('the request goes to another stream than the one that its records were encrypted for')
    if (!data.every((value) => typeof value === 'string' && state.messages.has(value)))
      throw refused('the request carries record data that was not encrypted by this call')
    // A copy, since bytes can change in place.
    state.approved = serialised instanceof Uint8Array ? new Uint8Array(serialised) : serialised
  }
}

function refused(what: string): StrongroomError {
  return kinesisError('PLAINTEXT_REFUSED', `A Kinesis request was refused: ${what}. ${REMEDY}`)
}

function bodyOf(args: object): unknown {
  const { request } = args as { request?: unknown }
  return typeof request === 'object' && request !== null && 'body' in request ? request.body : undefined
}

function sameBody(approved: unknown, body: unknown): boolean {
  if (approved instanceof Uint8Array && body instanceof Uint8Array) return Buffer.compare(approved, body) === 0
  return approved === body
}

function parse(body: unknown): StreamIdentifiers | undefined {
  if (typeof body !== 'string' && !(body instanceof Uint8Array)) return undefined
  try {
    const parsed: unknown = JSON.parse(typeof body === 'string' ? body : new TextDecoder('utf-8', { fatal: true }).decode(body))
    return typeof parsed === 'object' && parsed !== null ? parsed : undefined
  } catch {
    return undefined
  }
}

/** Everything that stands under the name `Data`, at any depth. */
function collectData(value: unknown, found: unknown[]): unknown[] {
  if (typeof value !== 'object' || value === null) return found
  for (const [key, member] of Object.entries(value)) {
    if (key === 'Data' && !Array.isArray(value)) found.push(member)
    else collectData(member, found)
  }
  return found
}
