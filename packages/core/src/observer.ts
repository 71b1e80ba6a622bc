/** What happened, for metrics, traces and audit. Never a key, never plaintext; sizes are bytes, durations milliseconds. */
export type ObserverEvent =
  | {
      /** A data key was made and wrapped for every recipient. */
      readonly type: 'dataKey.generated'
      /** The suite that it is for. */
      readonly suite: string
      /** Names or ARNs of the keys that wrapped it, the one that made it first. */
      readonly keyIds: readonly string[]
      /** From asking for it to having it. */
      readonly durationMs: number
    }
  | {
      /** An encrypted data key was opened. */
      readonly type: 'dataKey.unwrapped'
      /** The suite of the message. */
      readonly suite: string
      /** Name or ARN of the key that opened it. */
      readonly keyId: string
      /** From asking for it to having it, failed attempts included. */
      readonly durationMs: number
    }
  | {
      /** A cache had the data key, asks for it, or joins a call that is under way. */
      readonly type: 'cache.hit' | 'cache.miss' | 'cache.coalesced'
      /** What the data key is for. */
      readonly operation: 'encrypt' | 'decrypt'
      /** The suite of the message. */
      readonly suite: string
    }
  | {
      /**
       * A cache of branch keys had the branch key, asks the key store for it, or joins a call that is under way; brought it up to date ahead of
       * its expiry; or, the key store being out of reach, gave out for reading what had expired, within its grace.
       */
      readonly type: 'branchKey.hit' | 'branchKey.miss' | 'branchKey.coalesced' | 'branchKey.refreshed' | 'branchKey.stale'
      /** Id of the branch key. */
      readonly keyId: string
    }
  | {
      /** A branch key could not be brought up to date in the background. What is cached serves on until it expires. */
      readonly type: 'branchKey.refreshFailed'
      /** Id of the branch key. */
      readonly keyId: string
      /** Code of the error, where it has one. */
      readonly code?: string
    }
  | {
      /** A message is done. */
      readonly type: 'message.encrypted' | 'message.decrypted'
      /** The suite of the message. */
      readonly suite: string
      /** Length of the plaintext. */
      readonly plaintextBytes: number
      /** Length of the whole message. */
      readonly ciphertextBytes: number
    }
  | {
      /** A message was not decrypted. */
      readonly type: 'message.rejected'
      /** Code of the error. */
      readonly code: string
      /** Length of what was given, as far as it had come. */
      readonly ciphertextBytes: number
    }
  | {
      /** A key did not do what it was asked; another one may still. */
      readonly type: 'keyring.failed'
      /** Name or ARN of the key, where it is known. */
      readonly keyId?: string
      /** The class of the failure, as in `AttemptOutcome`. */
      readonly outcome: string
      /** The key service's word for it (`ThrottlingException`). */
      readonly reason?: string
      /** Class of what was thrown. */
      readonly error?: string
    }
  | {
      /** Somebody should look, though nothing failed. */
      readonly type: 'warning'
      /** What about. */
      readonly code: WarningCode
      /** The same in a sentence, safe to log. */
      readonly message: string
    }

/** Codes of `warning` events. */
export type WarningCode =
  /** The encryption context uses something that an official client refuses to read. */
  | 'context.notPortable'
  /** A raw or HSM AES wrapping key has wrapped 2^31 data keys; rotate it. */
  | 'wrappingKey.usage'

/** Receives events synchronously. What it throws is ignored: watching must not break encrypting. */
export type Observer = (event: ObserverEvent) => void

/** Hands an event to an observer, if there is one; for packages that build on the core. Nothing that the observer does reaches the caller. */
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
