/** A log filter of the SDK: makes what is logged of an input or output. */
export type LogFilter = (value: unknown) => unknown

const HIDDEN = '***SensitiveInformation***'

/**
 * Takes the body out of what a log filter answers. The SDK's logger runs inside the encrypting middleware and sees ciphertext; this is for a logger that a
 * version of the SDK, or a user, places outside of it.
 */
export function withoutBody(filter: LogFilter | undefined): LogFilter {
  return (value) => {
    const shown = filter === undefined ? value : filter(value)
    if (typeof shown !== 'object' || shown === null || !('Body' in shown)) return shown
    return { ...shown, Body: HIDDEN }
  }
}
