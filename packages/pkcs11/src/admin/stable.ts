import type { CallOptions } from '@strongroom/core'
import { ckrRow } from '../ckr.ts'
import { CKA, CKO } from '../constants.ts'
import { HsmError } from '../errors.ts'
import type { NativeCall } from '../native/hsm-thread.ts'
import type { TokenCore } from '../token/token-core.ts'

const TRIES = 4
const NOBODYS_LABEL = 'strongroom: no key has this label'

/** Tells that a handle led nowhere. */
export type Gone = () => void

/** What an object tells, or undefined where its handle leads nowhere: another process destroyed it, or the handles are stale. */
export async function ifThere<T>(reading: Promise<T>, gone: Gone): Promise<T | undefined> {
  try {
    return await reading
  } catch (error) {
    if (!isStale(error)) throw error
    gone()
    return undefined
  }
}

/**
 * Runs something that finds objects and reads them, again where their handles went stale under it: some modules answer of a handle after a lost login
 * just what they answer of an object that was destroyed. Which of the two it is, a search tells: it notices a lost login.
 */
export async function stable<T>(core: TokenCore, options: CallOptions, run: (gone: Gone) => Promise<T>): Promise<T> {
  for (let left = TRIES; ; left--) {
    const { generation } = core
    let isSuspect = false
    let failure: unknown
    let answer: T | undefined
    try {
      answer = await run(() => {
        isSuspect = true
      })
    } catch (error) {
      if (!isStale(error)) throw error
      isSuspect = true
      failure = error
    }
    if (isSuspect) {
      await core.find(
        [
          [CKA.CLASS, CKO.SECRET_KEY],
          [CKA.LABEL, NOBODYS_LABEL],
        ],
        options,
      )
    }
    if (core.generation === generation || left === 0) {
      if (failure !== undefined) throw failure
      return answer as T
    }
  }
}

/**
 * Calls that use handles, made only as long as these are good: after the module was initialised anew, a handle may be that of another object.
 *
 * @throws `KEY_TRANSIENT` (`TIMED_OUT`) where they are not.
 */
export function whileGood(core: TokenCore, generation: number, calls: (session: Uint8Array) => readonly NativeCall[]) {
  return (session: Uint8Array): readonly NativeCall[] => {
    if (core.generation === generation) return calls(session)
    const message = `The token ${core.label} was lost and found again meanwhile; nothing was changed. Try again.`
    throw new HsmError('KEY_TRANSIENT', 'TIMED_OUT', message, { library: core.library, token: core.label })
  }
}

/** Whether a handle led nowhere. */
export function isStale(error: unknown): boolean {
  return error instanceof HsmError && error.ckrCode !== undefined && ckrRow(error.ckrCode).is === 'handle'
}
