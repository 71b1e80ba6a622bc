/**
 * Streams that fail while they are sent. The SDK pipes a body into a request and looks no further: a body that breaks off would leave the request
 * waiting for the rest, and its error without anybody to catch it.
 */
import type { Readable } from 'node:stream'
import type { SentBody } from './call.ts'

/** Waits for a call, or for the failure of the stream that it sends. */
export async function orFailureOf<T>(body: SentBody | undefined, call: Promise<T>): Promise<T> {
  if (body === undefined || body instanceof Uint8Array) return await call
  let failed: ((error: Error) => void) | undefined
  const failure = new Promise<never>((_, reject) => {
    failed = reject
    body.once('error', reject)
  })
  // The call ends by itself, later; what it ends with is no news then.
  call.catch(() => undefined)
  try {
    return await Promise.race([call, failure])
  } finally {
    if (failed !== undefined) body.off('error', failed)
    // It may still fail where it is let go of.
    body.on('error', () => undefined)
  }
}

const tied = new WeakSet<Readable>()

/**
 * Has a request broken off where its body fails.
 *
 * @param sent - the body that is piped into the request: `body`, or what the SDK laid around it.
 */
export function endRequestWith(body: Readable, sent: Readable): void {
  if (tied.has(sent)) return
  tied.add(sent)
  sent.on('error', () => undefined)
  const { pipe } = sent
  sent.pipe = function pipeAndTie<T extends NodeJS.WritableStream>(this: Readable, destination: T, options?: { end?: boolean }): T {
    const request = destination as T & { destroy?: (error: Error) => void }
    body.once('error', (error: Error) => request.destroy?.(error))
    return pipe.call(this, destination, options) as T
  }
}
