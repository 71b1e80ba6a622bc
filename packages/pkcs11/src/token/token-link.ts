import { CKR, ckrRow } from '../ckr.ts'
import { CKF } from '../constants.ts'
import { HsmError } from '../errors.ts'
import type { HsmModule } from '../module/hsm-module.ts'
import { handleBytes } from '../native/handle.ts'
import { CkrFailure, type HsmThread } from '../native/hsm-thread.ts'
import { loginCall } from '../native/script.ts'
import type { QuirksOption } from '../quirks.ts'
import type { PinReader } from './pin.ts'
import type { SlotSelector } from './slot-selector.ts'
import { findToken, type TokenFacts } from './token-facts.ts'

/** States of a session in which the user is logged in (CK_SESSION_INFO). */
export const USER_STATES: ReadonlySet<number> = new Set([1, 3])

/** The way to one token. */
export interface TokenAddress {
  readonly module: HsmModule
  readonly selector: SlotSelector
  readonly pin: PinReader
  readonly quirks: QuirksOption | undefined
}

/**
 * Finds the token, opens sessions on it, and keeps the user logged in. One session is held and never used, so that neither the login nor the handles
 * go with the others. Its methods are called one at a time; the session pool sees to it.
 */
export class TokenLink {
  readonly address: TokenAddress
  #facts: TokenFacts | undefined
  #wasThere = false
  #kept: Uint8Array | undefined
  /** The held session may be gone. */
  #mustLookAgain = false
  #generation = 0
  /** How often the token was given up. */
  #round = 0

  constructor(address: TokenAddress) {
    this.address = address
  }

  /** What is known of the token, once it was found. */
  get facts(): TokenFacts | undefined {
    return this.#facts
  }

  /** Changes with each login: handles of keys are good in the generation in which they were found. */
  get generation(): number {
    return this.#generation
  }

  /** Opens a session in which the user is logged in. */
  async open(thread: HsmThread): Promise<Uint8Array> {
    for (;;) {
      await this.address.module.initialise(thread)
      const round = this.#round
      const facts = this.#facts ?? (await findToken(thread, this.address.selector, this.address.quirks, this.#wasThere))
      this.#wasThere = true
      const session = await this.#openSession(thread, facts)
      try {
        await this.#logIn(thread, session, facts)
      } catch (error) {
        await this.#closeSession(thread, session)
        throw error
      }
      if (round === this.#round) {
        this.#facts = facts
        return session
      }
      // Meanwhile somebody found the token gone: what was opened before says nothing of what there is now.
      await this.#closeSession(thread, session)
    }
  }

  /** Nothing that was known of the token is taken for granted any more. `isThere`: the held session still has to be closed. */
  forget(isThere: boolean): void {
    this.#facts = undefined
    this.#mustLookAgain = true
    if (!isThere) this.#kept = undefined
    this.#generation += 1
    this.#round += 1
  }

  /** Gives the held session back. */
  async close(thread: HsmThread): Promise<void> {
    const kept = this.#kept
    this.#kept = undefined
    if (kept !== undefined) await this.#closeSession(thread, kept)
  }

  async #closeSession(thread: HsmThread, session: Uint8Array): Promise<void> {
    await thread.call([{ method: 'C_CloseSession', args: [session], tolerant: true }])
  }

  async #openSession(thread: HsmThread, { slot, quirks }: TokenFacts): Promise<Uint8Array> {
    const flags = CKF.SERIAL_SESSION | (quirks.readWriteSessions ? CKF.RW_SESSION : 0)
    const [session] = await thread.call([{ method: 'C_OpenSession', args: [handleBytes(slot.id), flags] }])
    return session as Uint8Array
  }

  async #logIn(thread: HsmThread, session: Uint8Array, facts: TokenFacts): Promise<void> {
    const [info] = await thread.call([{ method: 'C_GetSessionInfo', args: [session] }])
    const isLoggedIn = USER_STATES.has((info as { readonly state: number }).state) || !facts.slot.needsLogin
    if (isLoggedIn && this.#kept !== undefined && !this.#mustLookAgain) return
    const round = this.#round
    await this.close(thread)
    const kept = await this.#openSession(thread, facts)
    try {
      if (!isLoggedIn) await this.#giveThePin(thread, kept, facts)
    } catch (error) {
      await this.#closeSession(thread, kept)
      throw error
    }
    this.#kept = kept
    if (round === this.#round) this.#mustLookAgain = false
  }

  async #giveThePin(thread: HsmThread, session: Uint8Array, { slot }: TokenFacts): Promise<void> {
    const { module } = this.address
    const pin = await this.address.pin()
    try {
      await module.inTurn(slot.id, async () => {
        if (module.isRefused(slot.id, pin)) throw this.#refused(slot.label, 'was refused before')
        const moved = Uint8Array.from(pin)
        await thread.call([loginCall(session, moved)], [moved.buffer]).catch((error: unknown) => {
          if (error instanceof CkrFailure && ckrRow(error.code).is === 'pin') module.refuse(slot.id, pin)
          throw error
        })
      })
    } catch (error) {
      if (!(error instanceof CkrFailure)) throw error
      if (error.code !== CKR.USER_ALREADY_LOGGED_IN) {
        const { is, name, remedy } = ckrRow(error.code)
        if (is !== 'pin') throw error
        throw this.#refused(slot.label, `was refused (${name}${remedy === undefined ? '' : `: ${remedy}`})`, error.code, name)
      }
    } finally {
      pin.fill(0)
    }
    this.#generation += 1
  }

  #refused(token: string, what: string, ckrCode?: number, ckr?: string): HsmError {
    const message = `The PIN of the token ${token} ${what}. It is not tried again, since tokens lock themselves; mend it, then call retryPin().`
    return new HsmError('KEY_OPERATIONAL', 'PIN_REJECTED', message, {
      library: this.address.module.library,
      token,
      method: 'C_Login',
      ckr,
      ckrCode,
    })
  }
}
