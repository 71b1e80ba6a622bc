import type { AttemptOutcome, Keyring } from '@strongroom/core'

/** What the contract tries. */
export interface KeyringFixture extends Partial<AsyncDisposable> {
  /** The keyring under test. It encrypts and decrypts. */
  readonly keyring: Keyring
  /** One of the same kind, in the same place, that shares no key with it. */
  readonly other: Keyring
  /** Key material that must not show up anywhere, where the test knows it. */
  readonly keyMaterial?: readonly Uint8Array[]
}

/** A way in which the place of the keys fails. */
export interface FailureCase<F extends KeyringFixture> {
  /** The class that `unwrap` has to report, and that the code of what `generate` and `wrap` throw has to tell. */
  readonly outcome: Exclude<AttemptOutcome, 'rejected' | 'not-mine'>
  /** Brings the failure about for all keys of the keyring. What it answers, if anything, takes it away again when it is disposed. */
  readonly inject: (fixture: F) => Disposable | undefined | Promise<Disposable | undefined>
}

/** A backend that has stopped to answer. Disposing lets it go on, and answer what it was asked. */
export interface Hang extends Disposable {
  /** Resolves when that many calls have arrived and wait. */
  readonly reached: (calls: number) => Promise<void>
}

/** What a keyring can do beyond the minimum, and what it cannot. */
export interface KeyringTraits<F extends KeyringFixture> {
  /** Whether an encrypted data key opens under its own encryption context alone. False for raw RSA. Default true. */
  readonly bindsContext?: boolean
  /** Failures to bring about, by the name that the checks show. */
  readonly failures?: Readonly<Record<string, FailureCase<F>>>
  /** Makes the backend stop to answer, so that calls can be aborted while they wait. */
  readonly hang?: (fixture: F) => Hang
}

/** A check before it has a fixture. */
export interface Check<in F extends KeyringFixture> {
  readonly name: string
  readonly run: (fixture: F) => Promise<void>
}
