/**
 * Waits for work that may not notice an abort at once (credentials, a retry's pause). An aborted wait rejects with the signal's reason; what
 * arrives afterwards goes to `discard`.
 */
export function abortable<T>(work: Promise<T>, signal: AbortSignal | undefined, discard: (late: T) => void): Promise<T> {
  if (signal === undefined) return work
  return new Promise<T>((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason)
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
    work
      .then(
        (value) => (signal.aborted ? discard(value) : resolve(value)),
        (error: unknown) => reject(signal.aborted ? signal.reason : error),
      )
      .finally(() => signal.removeEventListener('abort', onAbort))
  })
}
