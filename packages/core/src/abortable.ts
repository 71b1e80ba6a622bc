/**
 * Waits for work that cannot be aborted, or may not notice at once. An aborted wait rejects with the signal's reason; what arrives afterwards
 * goes to `discard`.
 */
export function abortable<T>(work: Promise<T>, signal: AbortSignal | undefined, discard?: (late: T) => void): Promise<T> {
  if (signal === undefined) return work
  return new Promise<T>((resolve, reject) => {
    const abort = () => reject(signal.reason)
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
    work
      .then((value) => (signal.aborted ? discard?.(value) : resolve(value)), reject)
      .finally(() => signal.removeEventListener('abort', abort))
  })
}
