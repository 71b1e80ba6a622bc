/** What happened, for metrics, traces and audit. Never a key, never plaintext; sizes are bytes, durations milliseconds. */
export type ObserverEvent =
  | { readonly type: 'dataKey.generated'; readonly suite: string; readonly keyIds: readonly string[]; readonly durationMs: number }
  | { readonly type: 'dataKey.unwrapped'; readonly suite: string; readonly keyId: string; readonly durationMs: number }
  | { readonly type: 'cache.hit' | 'cache.miss' | 'cache.coalesced'; readonly operation: 'encrypt' | 'decrypt'; readonly suite: string }
  | {
      readonly type: 'message.encrypted' | 'message.decrypted'
      readonly suite: string
      readonly plaintextBytes: number
      readonly ciphertextBytes: number
    }
  | { readonly type: 'message.rejected'; readonly code: string; readonly ciphertextBytes: number }
  /** `error` is the class of what was thrown, `reason` the word of the key service for it (`ThrottlingException`). */
  | {
      readonly type: 'keyring.failed'
      readonly keyId?: string
      readonly outcome: string
      readonly reason?: string
      readonly error?: string
    }
  | { readonly type: 'warning'; readonly code: WarningCode; readonly message: string }

/** Codes of `warning` events. */
export type WarningCode =
  /** The encryption context uses something that an official client refuses to read. */
  | 'context.notPortable'
  /** A raw or HSM AES wrapping key has wrapped 2^31 data keys; rotate it. */
  | 'wrappingKey.usage'

/** Receives events synchronously. What it throws is ignored: watching must not break encrypting. */
export type Observer = (event: ObserverEvent) => void

/** Hands an event to an observer, if there is one. */
export function observe(observer: Observer | undefined, event: ObserverEvent): void {
  if (observer === undefined) return
  try {
    const answer: unknown = observer(event)
    // An asynchronous observer fits the type; its rejection would end the process.
    if (answer instanceof Promise) answer.catch(() => undefined)
  } catch {
    // An observer's failure is its own.
  }
}
