import { setTimeout as sleep } from 'node:timers/promises'
import type { CallOptions, RandomSource, SecretBytes } from '@strongroom/core'
import { draw } from '@strongroom/core/keyring-tools'
import { type CkrClass, ckrRow } from '../ckr.ts'
import { HsmError, type HsmErrorCode, type HsmReason } from '../errors.ts'
import { forgetModule } from '../module/module-registry.ts'
import { handleBytes, handleOf } from '../native/handle.ts'
import { CkrFailure, isFailure, type NativeCall } from '../native/hsm-thread.ts'
import { type JobOperation, jobMemory, jobOutput, wipeJob } from '../native/job.ts'
import type { Mechanism } from '../native/mechanism.ts'
import { findCalls, foundHandles, readCalls } from '../native/script.ts'
import type { Template } from '../native/template.ts'
import { CircuitBreaker, type CircuitLimits } from './circuit-breaker.ts'
import type { Done, Work } from './pool-task.ts'
import { plans, Tries } from './recovery.ts'
import { type PoolLimits, SessionPool } from './session-pool.ts'
import { describeSelector } from './slot-selector.ts'
import type { TokenFacts } from './token-facts.ts'
import { type TokenAddress, TokenLink, USER_STATES } from './token-link.ts'

/** After so many rounds of a lost token, the module is initialised anew. */
const ROUNDS_TO_RENEWAL = 3
const USER_NOT_LOGGED_IN = 0x101
const TOKEN_NOT_PRESENT = 0xe0
/** On decryption these two blame the ciphertext. */
const LENGTH_CODES: ReadonlySet<number> = new Set([0x20, 0x21])
/** The key has not the right, or is of another type. */
const UNFIT: ReadonlySet<number> = new Set([0x63, 0x68])
const SIGNED = { encrypt: 'C_Encrypt', decrypt: 'C_Decrypt', sign: 'C_Sign' } as const

/** What a token's owner chose. */
export interface TokenSettings extends PoolLimits {
  readonly backoffMs: number
  readonly circuit: CircuitLimits
  readonly random: RandomSource
}

/** An operation, as often as it has to be tried. */
export interface Operation<T> {
  /** For errors: what it does. */
  readonly name: string
  readonly keyName?: string | undefined
  /** Makes the work of one try. */
  readonly work: () => Work | Promise<Work>
  readonly finish: (done: Done) => T
  /** The key's handle was stale. */
  readonly onStaleHandle?: (() => void) | undefined
  /** Set where the operation decrypts: tells whether the HSM and the key are well, by rejecting where they are not. */
  readonly probe?: ((options: CallOptions) => Promise<void>) | undefined
  /** It is part of another operation. */
  readonly isInner?: boolean | undefined
}

/** One C_Encrypt, C_Decrypt or C_Sign with a handle. */
export interface CryptRequest {
  readonly operation: JobOperation
  readonly mechanism: Mechanism
  readonly key: bigint
  readonly input: Uint8Array | SecretBytes
  /** Room for the output. */
  readonly outputBytes: number
}

/** Everything that is asked of a token goes through here: sessions, retries, and the words of errors. */
export class TokenCore {
  readonly #address: TokenAddress
  readonly #settings: TokenSettings
  readonly #link: TokenLink
  readonly #pool: SessionPool
  readonly #breaker: CircuitBreaker
  #rounds = 0
  #closing: Promise<void> | undefined

  constructor(address: TokenAddress, settings: TokenSettings) {
    this.#address = address
    this.#settings = settings
    this.#link = new TokenLink(address)
    this.#pool = new SessionPool(this.#link, settings)
    this.#breaker = new CircuitBreaker(settings.circuit, settings.now)
    address.module.join(this)
  }

  /** Path of the library. */
  get library(): string {
    return this.#address.module.library
  }

  /** The token in words: its label once it is known, what it is looked for by before. */
  get label(): string {
    return this.#link.facts?.slot.label ?? describeSelector(this.#address.selector)
  }

  /** Handles are good in the generation in which they were found. */
  get generation(): number {
    return this.#link.generation
  }

  /** What is known of the token now, without asking. */
  get facts(): TokenFacts | undefined {
    return this.#link.facts
  }

  /** Whether the token is left alone for a while, since it failed again and again. */
  get isAvoided(): boolean {
    return this.#breaker.isOpen
  }

  /** Sessions that are open now. */
  get sessions(): number {
    return this.#pool.sessions
  }

  /** A monotonic clock. */
  now(): number {
    return this.#settings.now()
  }

  /** Source of IVs. */
  get random(): RandomSource {
    return this.#settings.random
  }

  /** Looks the token up, and opens a session where there is none. */
  async info(options: CallOptions = {}, isInner?: boolean): Promise<TokenFacts> {
    for (;;) {
      const known = this.#link.facts
      if (known !== undefined) return known
      await this.call('looking the token up', () => [], options, { isInner })
      // It was given up since the session was opened.
      if (this.#link.facts === undefined) this.#pool.dropSessions(true)
    }
  }

  /** Makes calls on one session; answers their results. */
  call(
    name: string,
    calls: (session: Uint8Array) => readonly NativeCall[],
    options: CallOptions = {},
    more: Pick<Operation<unknown>, 'keyName' | 'isInner'> & {
      /** Makes what is moved to the thread and overwritten there; made for each try. */
      readonly secrets?: () => readonly ArrayBuffer[]
      readonly discard?: (results: readonly unknown[]) => void
    } = {},
  ): Promise<readonly unknown[]> {
    const { secrets, discard, ...rest } = more
    return this.run(
      { name, work: () => ({ calls, secrets: secrets?.() ?? [], discard }), finish: ({ results }) => results, ...rest },
      options,
    )
  }

  /** Finds objects. An empty answer is one of a session that is logged in. */
  find(template: Template, options: CallOptions = {}, most?: number, isInner: boolean = false): Promise<bigint[]> {
    return this.findMany(
      (session) => findCalls(session, template, most),
      (results) => foundHandles(results, handleOf),
      options,
      isInner,
    )
  }

  /** Makes several searches on one session. */
  findMany<F>(
    calls: (session: Uint8Array) => readonly NativeCall[],
    read: (results: readonly unknown[]) => F[],
    options: CallOptions = {},
    isInner: boolean = true,
  ): Promise<F[]> {
    return this.run(
      {
        name: 'looking for keys',
        isInner,
        work: () => ({
          calls: (session) => [
            ...calls(session),
            { method: 'C_GetSessionInfo', args: [session] },
            { method: 'C_GetTokenInfo', args: [handleBytes(this.#link.facts?.slot.id ?? 0n)], tolerant: true },
          ],
          secrets: [],
        }),
        finish: ({ results }) => {
          const found = read(results.slice(0, -2))
          if (found.length === 0) this.#assertThere(results.at(-2), results.at(-1))
          return found
        },
      },
      options,
    )
  }

  /** Reads one attribute of each of several objects; those that do not tell it are missing. */
  async readEach(objects: readonly bigint[], type: number, options: CallOptions = {}): Promise<Uint8Array[]> {
    const calls = (session: Uint8Array) => objects.flatMap((object) => readCalls(session, object, [type]))
    const results = await this.call('reading attributes', calls, options, { isInner: true })
    return results.flatMap((result) => {
      if (isFailure(result)) return []
      const [attribute] = result as readonly { readonly value?: Uint8Array }[]
      return attribute?.value === undefined ? [] : [attribute.value]
    })
  }

  /** Reads attributes; those that are absent, empty or not to be read are missing in the answer. */
  read(object: bigint, types: readonly number[], options: CallOptions = {}, isInner?: boolean): Promise<Map<number, Uint8Array>> {
    return this.run(
      {
        name: 'reading attributes',
        isInner,
        work: () => ({ calls: (session) => readCalls(session, object, types), secrets: [] }),
        finish: ({ results }) => attributesOf(types, results),
      },
      options,
    )
  }

  /** Encrypts, decrypts or signs with a handle. The output is the caller's to overwrite. */
  crypt(request: CryptRequest, options: CallOptions = {}): Promise<Uint8Array> {
    const { operation, mechanism, key, input, outputBytes } = request
    const fill = (to: Uint8Array) => (input instanceof Uint8Array ? to.set(input) : input.use((bytes) => to.set(bytes)))
    return this.run(
      {
        name: SIGNED[operation],
        work: () => jobMemory({ operation, mechanism, key, inputBytes: input.length, outputBytes, fill }),
        finish: ({ memory }) => {
          const output = Uint8Array.from(jobOutput(memory))
          wipeJob(memory)
          return output
        },
      },
      options,
    )
  }

  /** Runs an operation until it succeeds, fails for good, or its time is over. */
  async run<T>(operation: Operation<T>, options: CallOptions): Promise<T> {
    const { signal } = options
    signal?.throwIfAborted()
    if (operation.isInner !== true) {
      if (this.#breaker.isOpen)
        throw this.#error('KEY_TRANSIENT', 'CIRCUIT_OPEN', operation, 'it failed again and again, and is left alone for a while')
      this.#breaker.begin()
    }
    const until = this.#settings.now() + this.#settings.deadlineMs
    const tries = new Tries()
    for (;;) {
      const { generation } = this.#link
      try {
        const made = operation.work()
        const done = await this.#pool.execute(made instanceof Promise ? await made : made, until, signal)
        const answer = operation.finish(done)
        this.#rounds = 0
        if (operation.isInner !== true) this.#breaker.succeeded()
        return answer
      } catch (error) {
        if (signal?.aborted) {
          if (operation.isInner !== true) this.#breaker.abandoned()
          throw error === signal.reason ? error : signal.reason
        }
        await this.#recover(error, operation, tries, generation, until, options)
      }
    }
  }

  /** The module was initialised anew. */
  reset(): void {
    this.#pool.dropSessions(false)
    this.#link.forget(false)
  }

  /** A PIN that was refused may be tried again. */
  retryPin(): void {
    this.#address.module.forgetRefusals()
  }

  /** Ends everything. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    const { module } = this.#address
    const message = `The token ${this.label} was closed.`
    const last = await this.#pool.close(new HsmError('KEY_OPERATIONAL', 'CLOSED', message, { library: this.library, token: this.label }))
    try {
      if (last !== undefined) await this.#link.close(last.thread)
      if (await module.leave(this, last?.thread)) forgetModule(module)
    } finally {
      last?.thread.terminate()
    }
  }

  /** That nothing was found means something only of a user who is logged in to a token that is there: one that was pulled out looks empty. */
  #assertThere(session: unknown, token: unknown): void {
    const isLoggedIn = USER_STATES.has((session as { readonly state: number }).state) || this.#link.facts?.slot.needsLogin === false
    if (!isLoggedIn) throw new CkrFailure(USER_NOT_LOGGED_IN, 'C_FindObjects')
    if (isFailure(token)) throw new CkrFailure(TOKEN_NOT_PRESENT, 'C_FindObjects')
  }

  /** Does what the failure asks for, and returns where another try may succeed; throws what is to be told where it may not. */
  async #recover<T>(
    error: unknown,
    operation: Operation<T>,
    tries: Tries,
    generation: number,
    until: number,
    options: CallOptions,
  ): Promise<void> {
    if (error instanceof CkrFailure && this.#isAmbiguous(error, operation)) {
      const times = tries.count('ambiguous')
      if (times > 2) throw this.#finally(this.#ciphertext(error, operation), operation)
      if (times === 2) await this.#probe(operation, options)
      return
    }
    const is = classOf(error, operation)
    const plan = is === undefined ? undefined : plans.get(is)
    if (is === undefined || plan === undefined || tries.count(is) > plan.retries)
      throw this.#finally(this.#told(error, operation.name, operation), operation)
    if (is === 'login') this.#pool.dropSessions(true)
    if (is === 'handle') operation.onStaleHandle?.()
    if (is === 'device') await this.#deviceLost(generation)
    if (!plan.waits) return
    const [first = 0, second = 0] = draw(this.#settings.random, 2)
    const wait = tries.nextWait(this.#settings.backoffMs, (first * 256 + second) / 65_536)
    if (this.#settings.now() + wait >= until) throw this.#finally(this.#told(error, operation.name, operation), operation)
    await sleep(wait, undefined, { signal: options.signal }).catch(() => {
      if (operation.isInner !== true) this.#breaker.abandoned()
      throw options.signal?.reason
    })
  }

  async #probe<T>({ probe, ...operation }: Operation<T>, options: CallOptions): Promise<void> {
    try {
      await probe?.(options)
    } catch (error) {
      if (options.signal?.aborted) this.#breaker.abandoned()
      throw this.#finally(error, operation)
    }
  }

  /** The first to notice gives everything up that was opened on the token; after some rounds, the module is initialised anew. */
  async #deviceLost(generation: number): Promise<void> {
    if (generation !== this.#link.generation) return
    this.#link.forget(true)
    this.#pool.dropSessions(true)
    this.#rounds += 1
    if (this.#rounds % ROUNDS_TO_RENEWAL !== 0) return
    await this.#pool.borrow((lane) => this.#address.module.renew(lane.thread)).catch(() => undefined)
  }

  #isAmbiguous<T>({ code, method }: CkrFailure, { probe }: Operation<T>): boolean {
    return probe !== undefined && method === 'run' && this.#link.facts?.quirks.ambiguousOnDecrypt.has(code) === true
  }

  /** What is told of a failure for good; the circuit breaker learns of it. */
  #finally<T>(error: unknown, { isInner }: Operation<T> | Omit<Operation<T>, 'probe'>): unknown {
    if (isInner === true) return error
    const { code, ckrCode } = error as Partial<HsmError>
    // Of an object that was destroyed meanwhile, the token is well.
    if (code === 'KEY_TRANSIENT' && (ckrCode === undefined || ckrRow(ckrCode).is !== 'handle')) this.#breaker.failed()
    else this.#breaker.succeeded()
    return error
  }

  #told<T>(error: unknown, name: string, operation?: Operation<T>): unknown {
    if (!(error instanceof CkrFailure)) return error
    const is = classOf(error, operation)
    if (is === 'ciphertext' && operation !== undefined) return this.#ciphertext(error, operation)
    const { name: ckr, remedy } = ckrRow(error.code)
    // A handle that is stale however often the key is found: sessions come and go faster than calls.
    const isTransient = is !== 'refused' && is !== 'pin'
    const why = `${ckr}${remedy === undefined ? '' : `: ${remedy}`}`
    const about = { name, keyName: operation?.keyName }
    const reason = is === 'pin' ? 'PIN_REJECTED' : UNFIT.has(error.code) ? 'KEY_UNFIT' : isTransient ? 'UNREACHABLE' : 'MODULE_REFUSED'
    return this.#error(isTransient ? 'KEY_TRANSIENT' : 'KEY_OPERATIONAL', reason, about, why, error)
  }

  #ciphertext<T>(failure: CkrFailure, { keyName }: Operation<T>): HsmError {
    const { name: ckr } = ckrRow(failure.code)
    const message = `The encrypted data key does not open under the HSM key ${keyName ?? ''} and this encryption context.`
    return new HsmError('MESSAGE_INVALID', 'CIPHERTEXT', message, {
      library: this.library,
      token: this.label,
      keyName,
      ckr,
      ckrCode: failure.code,
    })
  }

  #error(
    code: HsmErrorCode,
    reason: HsmReason,
    { name, keyName }: { readonly name: string; readonly keyName?: string | undefined },
    why: string,
    failure?: CkrFailure,
  ): HsmError {
    const what = keyName === undefined ? name : `${name} with ${keyName}`
    return new HsmError(code, reason, `The token ${this.label}: ${what} failed, ${why}.`, {
      library: this.library,
      token: this.label,
      keyName,
      ...(failure === undefined ? {} : { method: failure.method, ckr: ckrRow(failure.code).name, ckrCode: failure.code }),
    })
  }
}

/** What was read. A failure that says nothing of the attribute is one of the whole. */
function attributesOf(types: readonly number[], results: readonly unknown[]): Map<number, Uint8Array> {
  const values = new Map<number, Uint8Array>()
  for (const [index, type] of types.entries()) {
    const result = results[index]
    if (isFailure(result)) {
      if (result.code !== undefined && ckrRow(result.code).is !== 'refused') throw new CkrFailure(result.code, 'C_GetAttributeValue')
      continue
    }
    const [attribute] = result as readonly { readonly value?: Uint8Array }[]
    if (attribute?.value !== undefined && attribute.value.length > 0) values.set(type, Uint8Array.from(attribute.value))
  }
  return values
}

function classOf<T>(error: unknown, operation?: Operation<T>): CkrClass | undefined {
  if (error instanceof CkrFailure) {
    const { is } = ckrRow(error.code)
    const isOfDecryption = operation?.probe !== undefined && (error.method === 'run' || error.method === 'init')
    if (isOfDecryption && error.method === 'run' && LENGTH_CODES.has(error.code)) return 'ciphertext'
    // Said of what is no ciphertext, it is the module's defect.
    return is === 'ciphertext' && !isOfDecryption ? 'refused' : is
  }
  // A thread that ended, and a token that is not listed any more.
  return error instanceof HsmError &&
    error.code === 'KEY_TRANSIENT' &&
    (error.reason === 'UNREACHABLE' || error.reason === 'TOKEN_NOT_FOUND')
    ? 'device'
    : undefined
}
