import { createHmac, randomBytes } from 'node:crypto'
import { CKR } from '../ckr.ts'
import { CKF } from '../constants.ts'
import { CkrFailure, HsmThread, isFailure } from '../native/hsm-thread.ts'
import { ThreadPresence } from './thread-presence.ts'

/** How long calls that are under way may take before a new initialisation is put off. */
const DRAIN_MS = 2_000

/** What uses a module. */
export interface ModuleUser {
  /** The module was initialised anew: all sessions and handles are gone. */
  reset(): void
}

/**
 * A PKCS#11 library in this thread. The library itself is one for the whole process: C_Initialize is called by whoever comes first, C_Finalize by
 * the same, and only when nobody else is known to use it.
 */
export class HsmModule {
  readonly library: string
  readonly libraryParameters: string | undefined
  readonly #presence: ThreadPresence
  readonly #users = new Set<ModuleUser>()
  readonly #salt = randomBytes(32)
  readonly #refusedPins = new Set<string>()
  readonly #logins = new Map<bigint, Promise<void>>()
  #isOwner = false
  #ready: Promise<void> | undefined
  #renewal: Promise<boolean> | undefined
  #inFlight = 0
  #drained: (() => void) | undefined

  constructor(library: string, libraryParameters: string | undefined) {
    this.library = library
    this.libraryParameters = libraryParameters
    this.#presence = new ThreadPresence(library)
  }

  /** Registers a user; it leaves by `leave`. */
  join(user: ModuleUser): void {
    this.#users.add(user)
  }

  /** The last user to leave finalises the module, on a thread of its own that then ends. Answers whether it was the last. */
  async leave(user: ModuleUser, thread: HsmThread | undefined): Promise<boolean> {
    if (!this.#users.delete(user) || this.#users.size > 0) return false
    const finalise = thread !== undefined && this.#isOwner && this.#presence.isAlone && this.#inFlight === 0
    this.#presence.close()
    if (finalise) await thread.call([{ method: 'C_Finalize', args: [], tolerant: true }])
    return true
  }

  /** A new thread over the library. */
  newThread(): HsmThread {
    return new HsmThread(this.library)
  }

  /** Initialises the library, once. */
  async initialise(thread: HsmThread): Promise<void> {
    this.#ready ??= this.#initialise(thread)
    const ready = this.#ready
    try {
      await ready
    } catch (error) {
      if (this.#ready === ready) this.#ready = undefined
      throw error
    }
  }

  /** Set while the module is initialised anew: nothing may call it until then. */
  get renewal(): Promise<boolean> | undefined {
    return this.#renewal
  }

  /** A call of the library begins. */
  enter(): void {
    this.#inFlight += 1
  }

  /** A call of the library has ended. */
  exit(): void {
    this.#inFlight -= 1
    if (this.#inFlight === 0) this.#drained?.()
  }

  /**
   * Finalises the library and initialises it anew, once nothing is inside it: some notice only so that a token came back. Where it is not this
   * thread's to finalise, or a call is stuck in it, it is left as it is. Answers whether it was done. Callers that come together make one.
   */
  renew(thread: HsmThread): Promise<boolean> {
    this.#renewal ??= this.#renew(thread).finally(() => {
      this.#renewal = undefined
    })
    return this.#renewal
  }

  /** Runs one login of a slot after the other: who comes second knows whether the PIN of the first was refused. */
  async inTurn<T>(slot: bigint, login: () => Promise<T>): Promise<T> {
    const before = this.#logins.get(slot)
    const mine = Promise.resolve(before).then(login)
    const settled = mine.then(
      () => undefined,
      () => undefined,
    )
    this.#logins.set(slot, settled)
    try {
      return await mine
    } finally {
      if (this.#logins.get(slot) === settled) this.#logins.delete(slot)
    }
  }

  /** Whether a PIN of a slot was refused, so that it must not be tried again. PINs are kept as salted digests. */
  isRefused(slot: bigint, pin: Uint8Array): boolean {
    return this.#refusedPins.has(this.#digest(slot, pin))
  }

  /** Notes that a PIN was refused. */
  refuse(slot: bigint, pin: Uint8Array): void {
    this.#refusedPins.add(this.#digest(slot, pin))
  }

  /** Forgets which PINs were refused. */
  forgetRefusals(): void {
    this.#refusedPins.clear()
  }

  #digest(slot: bigint, pin: Uint8Array): string {
    return createHmac('sha256', this.#salt).update(`${slot}:`).update(pin).digest('base64')
  }

  async #initialise(thread: HsmThread): Promise<void> {
    const parameters = this.libraryParameters === undefined ? {} : { libraryParameters: lastCharacterKept(this.libraryParameters) }
    const [answer] = await thread.call([{ method: 'C_Initialize', args: [{ flags: CKF.OS_LOCKING_OK, ...parameters }], tolerant: true }])
    if (!isFailure(answer)) this.#isOwner = true
    else if (answer.code !== CKR.CRYPTOKI_ALREADY_INITIALIZED) throw new CkrFailure(answer.code ?? 0x5, 'C_Initialize')
  }

  async #renew(thread: HsmThread): Promise<boolean> {
    if (!(await this.#drain())) return false
    if (this.#isOwner && this.#presence.isAlone) {
      await thread.call([{ method: 'C_Finalize', args: [], tolerant: true }])
      this.#isOwner = false
    }
    this.#ready = undefined
    try {
      await this.initialise(thread)
    } finally {
      for (const user of this.#users) user.reset()
    }
    return true
  }

  #drain(): Promise<boolean> {
    if (this.#inFlight === 0) return Promise.resolve(true)
    return new Promise((resolve) => {
      const timer = setTimeout(() => settle(false), DRAIN_MS)
      const settle = (drained: boolean) => {
        clearTimeout(timer)
        this.#drained = undefined
        resolve(drained)
      }
      this.#drained = () => settle(true)
    })
  }
}

/** The binding loses the last character. */
function lastCharacterKept(parameters: string): string {
  return `${parameters} `
}
