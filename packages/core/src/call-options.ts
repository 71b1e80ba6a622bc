import type { EncryptionContext } from './encryption-context.ts'
import { isAnything, isInteger, isOneOf, type OptionCheck } from './options.ts'
import { type SuiteId, suites } from './suite.ts'

const MAX_FRAME_LENGTH = 2 ** 32 - 1

/** Options of one `encrypt`. */
export interface EncryptOptions {
  /** Non-secret pairs that are authenticated and stored with the message. Few, short, and of low cardinality where data keys are cached. */
  readonly encryptionContext?: EncryptionContext
  /** Suite of this message. Default the client's. */
  readonly suite?: SuiteId
  /** Plaintext bytes of a frame, 1 to 2^32 - 1. Default the client's. */
  readonly frameLength?: number
  /** Aborts the call, which then rejects with the signal's reason. */
  readonly signal?: AbortSignal
}

/** Options of one `decrypt`. */
export interface DecryptOptions {
  /** Pairs that the message must carry. It may carry more. */
  readonly encryptionContext?: EncryptionContext
  /** Aborts the call, which then rejects with the signal's reason. */
  readonly signal?: AbortSignal
}

/** A suite's identifier. */
export const isSuiteId: OptionCheck = isOneOf(suites.map((suite) => suite.id))
/** Plaintext bytes of a frame. */
export const isFrameLength: OptionCheck = isInteger(1, MAX_FRAME_LENGTH)

/** An AbortSignal. */
export const isSignal: OptionCheck = (value) => (value instanceof AbortSignal ? undefined : 'be an AbortSignal')

/** A check for every option of `encrypt`. */
export const encryptChecks: { readonly [K in keyof Required<EncryptOptions>]: OptionCheck } = {
  encryptionContext: isAnything,
  suite: isSuiteId,
  frameLength: isFrameLength,
  signal: isSignal,
}
/** A check for every option of `decrypt`. */
export const decryptChecks: { readonly [K in keyof Required<DecryptOptions>]: OptionCheck } = {
  encryptionContext: isAnything,
  signal: isSignal,
}
