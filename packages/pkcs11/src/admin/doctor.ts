import { randomBytes } from 'node:crypto'
import type { CallOptions } from '@strongroom/core'
import { isFunction, isInteger, validateOptions } from '@strongroom/core/options'
import { HsmError } from '../errors.ts'
import { isAlias } from '../keys/key-name.ts'
import type { HsmToken } from '../token/hsm-token.ts'
import type { TokenCore } from '../token/token-core.ts'
import { type AdminCallOptions, adminCore, signalCheck } from './admin-options.ts'
import { destroy } from './generate.ts'
import { verifyHsmKey } from './keys.ts'
import { type SeenIv, seal, seeIv, temporaryKey, tryOpen, tryWrap, worked } from './probes.ts'
import { hsmRandom } from './random.ts'

/** Options of {@link hsmDoctor}. */
export interface HsmDoctorOptions extends AdminCallOptions {
  /** Also looks this key over. Default: no key of the token is touched. */
  readonly alias?: string
  /** Wraps and unwraps that the latency is measured with, 10 to 10,000. Default 50. */
  readonly samples?: number
  /** Milliseconds on a clock that never goes back. Default `performance.now`. */
  readonly now?: () => number
}

/** What the doctor looks at, in this order; each needs those before it. */
export type HsmDoctorStepName =
  /** The library loads, the token is there and the user can log in. */
  | 'login'
  /** The HSM makes random bytes. */
  | 'random'
  /** It makes a key, for this session only. */
  | 'generate'
  /** Who makes the IV of AES-GCM, and whether the preset says the same. */
  | 'iv'
  /** What was wrapped unwraps to the same. */
  | 'round-trip'
  /** A wrong encryption context is refused. */
  | 'aad'
  /** A changed ciphertext is refused. */
  | 'tampering'
  /** 4,096 bytes and a context of 4,096 bytes fit in one call. */
  | 'size'
  /** A key that may not leave cannot be wrapped. */
  | 'extraction'
  /** The key of `alias` is sound. */
  | 'key'
  /** How long a wrap and an unwrap take. */
  | 'latency'

/** What came of a step. */
export interface HsmDoctorStep {
  /** Which. */
  readonly step: HsmDoctorStepName
  /** `warning`: it works, and somebody should know. `skipped`: a step before it failed, or nobody asked. */
  readonly outcome: 'ok' | 'warning' | 'failed' | 'skipped'
  /** What was seen; of what is not `ok`, also what that means and what to do. */
  readonly message: string
}

/** Times of one operation, in milliseconds. */
export interface HsmLatency {
  /** Half of the calls were faster. */
  readonly p50: number
  /** One in a hundred was slower. */
  readonly p99: number
}

/** What {@link hsmDoctor} found. */
export interface HsmDoctorReport {
  /** Whether no step failed. */
  readonly healthy: boolean
  /** Every step. */
  readonly steps: readonly HsmDoctorStep[]
  /** Times of a wrap, where it came to that. */
  readonly wrap: HsmLatency | undefined
  /** Times of an unwrap, where it came to that. */
  readonly unwrap: HsmLatency | undefined
}

const STEPS: readonly HsmDoctorStepName[] = [
  ...(['login', 'random', 'generate', 'iv', 'round-trip', 'aad', 'tampering', 'size', 'extraction', 'key', 'latency'] as const),
]
const SIZE = 4096

/**
 * Tries out whether an HSM does what this package needs, with a key of its own that it destroys; nothing stays in the token. It never rejects for what
 * it finds: the report says what each failed step means and what to do.
 *
 * @throws `OPTION_INVALID`, or the reason of an aborted signal.
 * @example
 * ```ts
 * const { healthy, steps, wrap } = await hsmDoctor(token, { alias: 'orders' })
 * for (const { step, outcome, message } of steps) console.log(step, outcome, message)
 * ```
 */
export async function hsmDoctor(token: HsmToken, options: HsmDoctorOptions = {}): Promise<HsmDoctorReport> {
  validateOptions('hsmDoctor', options, { alias: isAlias, samples: isInteger(10, 10_000), now: isFunction, ...signalCheck })
  const visit = new Visit(token, options)
  try {
    await visit.run()
  } finally {
    await visit.clean()
  }
  return visit.report()
}

/** One visit to one token. */
class Visit {
  readonly #token: HsmToken
  readonly #core: TokenCore
  readonly #options: HsmDoctorOptions
  readonly #call: CallOptions
  readonly #steps = new Map<HsmDoctorStepName, HsmDoctorStep>()
  readonly #made: { readonly handle: bigint; readonly generation: number }[] = []
  #wrap: HsmLatency | undefined
  #unwrap: HsmLatency | undefined

  constructor(token: HsmToken, options: HsmDoctorOptions) {
    this.#token = token
    this.#core = adminCore(token)
    this.#options = options
    this.#call = { signal: options.signal }
  }

  report(): HsmDoctorReport {
    const skipped = 'A step before it failed.'
    const steps = STEPS.map((step) => this.#steps.get(step) ?? { step, outcome: 'skipped' as const, message: skipped })
    return { healthy: steps.every(({ outcome }) => outcome !== 'failed'), steps, wrap: this.#wrap, unwrap: this.#unwrap }
  }

  async run(): Promise<void> {
    const facts = await this.#try('login', 'Nothing works without it.', async () => {
      const info = await this.#core.info(this.#call)
      await this.#core.call('C_GetSessionInfo', (session) => [{ method: 'C_GetSessionInfo', args: [session] }], this.#call)
      this.#say(
        'login',
        'ok',
        `${info.module.description} ${info.module.version}, token ${info.slot.label} (serial ${info.slot.serial}), preset ${info.quirks.name}.`,
      )
      return info
    })
    if (facts === undefined) return
    await this.#try('random', 'Keys of this HSM may be weak. Ask its vendor before you use it.', () => this.#random())
    const key = await this.#try(
      'generate',
      'The user may not make keys, or the token is full. Look at the rights of the user.',
      async () => {
        const { generation } = this.#core
        const made = await temporaryKey(this.#core, ['encrypt', 'decrypt'], this.#call)
        this.#made.push({ handle: made, generation })
        this.#say('generate', 'ok', 'An AES-256 key that never leaves the HSM.')
        return made
      },
    )
    if (key === undefined) return
    const { alias } = this.#options
    if (alias === undefined) this.#say('key', 'skipped', 'No alias was given.')
    else await this.#try('key', 'Writers and readers will not find it. listHsmKeys shows what this user sees.', () => this.#key(alias))
    await this.#try('extraction', 'It is not known whether keys can be taken.', () => this.#extraction(key, facts.quirks.keyWrap))
    const iv = await this.#try('iv', 'Keys of the kind aes cannot be used here; those of the kind rsa can.', () =>
      this.#iv(key, facts.quirks.gcmIv),
    )
    if (iv === undefined) return
    const sealed = await this.#try('round-trip', 'Data would be lost. Do not use this HSM.', () => this.#roundTrip(key, iv))
    if (sealed === undefined) return
    await this.#refuses('aad', key, sealed.iv, sealed.bytes, randomBytes(20))
    await this.#refuses('tampering', key, sealed.iv, flipped(sealed.bytes), undefined)
    await this.#try('size', 'Data keys fit; long encryption contexts may not. Keep them short.', () => this.#size(key, iv))
    await this.#try('latency', 'It works once, and not over and over.', () => this.#latency(key, iv))
  }

  /** Destroys what was made. Where that fails the keys end with their session. */
  async clean(): Promise<void> {
    for (const key of this.#made) await destroy(this.#core, key, {}).catch(() => undefined)
  }

  #say(step: HsmDoctorStepName, outcome: HsmDoctorStep['outcome'], message: string): void {
    this.#steps.set(step, { step, outcome, message })
  }

  /** Runs a step; what it throws is what it found. */
  async #try<T>(step: HsmDoctorStepName, meaning: string, run: () => Promise<T>): Promise<T | undefined> {
    this.#options.signal?.throwIfAborted()
    try {
      return await run()
    } catch (error) {
      this.#options.signal?.throwIfAborted()
      if (!(error instanceof HsmError)) throw error
      this.#say(step, 'failed', `${error.message} ${meaning}`)
      return undefined
    }
  }

  async #random(): Promise<void> {
    using one = await hsmRandom(this.#token, { length: 32, ...this.#call })
    using other = await hsmRandom(this.#token, { length: 32, ...this.#call })
    const repeats = one.equals(other) || one.use((bytes) => bytes.every((byte) => byte === 0))
    if (repeats) this.#say('random', 'failed', 'It answered the same bytes twice. Its keys are worth nothing. Do not use this HSM.')
    else this.#say('random', 'ok', '32 bytes, twice, and other ones.')
  }

  async #key(alias: string): Promise<void> {
    const { sound, key, findings } = await verifyHsmKey(this.#token, { alias, ...this.#call })
    const bad = findings.filter(({ holds }) => holds === false).map(({ check, message }) => `${check}: ${message}`)
    this.#say(
      'key',
      sound ? 'ok' : 'warning',
      sound ? `${key.name}, check value ${key.checkValue ?? 'not told'}.` : `${key.name}. ${bad.join(' ')}`,
    )
  }

  async #extraction(key: bigint, mechanism: number | undefined): Promise<void> {
    const { generation } = this.#core
    const by = mechanism === undefined ? undefined : await temporaryKey(this.#core, ['wrap', 'unwrap'], this.#call)
    if (by === undefined || mechanism === undefined) return this.#say('extraction', 'ok', 'The module wraps no keys at all.')
    this.#made.push({ handle: by, generation })
    const wrapped = await tryWrap(this.#core, mechanism, by, key, this.#call)
    if (!worked(wrapped)) return this.#say('extraction', 'ok', `Refused, as it must be: ${wrapped.refusal}.`)
    const what =
      'The module wrapped a key that says that it may not leave. Whoever has the PIN can take every key: this token protects as a file with a password does.'
    return this.#say('extraction', 'warning', what)
  }

  async #iv(key: bigint, preset: SeenIv): Promise<SeenIv | undefined> {
    const { iv, refusals } = await seeIv(this.#core, key, this.#call)
    if (iv === undefined) {
      this.#say(
        'iv',
        'failed',
        `AES-GCM does not work in any of the ways that are known. ${refusals.join('; ')}. See whether the token has CKM_AES_GCM.`,
      )
    } else if (iv !== preset) {
      const what = `The IV is made in the way ${iv}, and the preset says ${preset}. Open the token with quirks: { gcmIv: '${iv}' }, and tell the maintainers which module it is.`
      this.#say('iv', 'failed', what)
    } else this.#say('iv', 'ok', `As the preset says: ${iv}.`)
    return iv === preset ? iv : undefined
  }

  async #roundTrip(key: bigint, iv: SeenIv): Promise<{ readonly iv: Uint8Array; readonly bytes: Uint8Array } | undefined> {
    const plain = randomBytes(32)
    const made = await seal(this.#core, key, iv, plain, this.#call)
    const opened = await tryOpen(this.#core, key, made.iv, made.sealed, this.#call)
    if (worked(opened) && Buffer.from(opened.output).equals(plain)) {
      this.#say('round-trip', 'ok', '32 bytes and a context.')
      return { iv: made.iv, bytes: made.sealed }
    }
    const seen = worked(opened) ? 'something else came out' : opened.refusal
    this.#say('round-trip', 'failed', `What was wrapped does not unwrap: ${seen}. Data would be lost. Do not use this HSM.`)
    return undefined
  }

  async #refuses(step: 'aad' | 'tampering', key: bigint, iv: Uint8Array, sealed: Uint8Array, aad: Uint8Array | undefined): Promise<void> {
    const what = step === 'aad' ? 'a wrong encryption context' : 'a changed ciphertext'
    await this.#try(step, 'It is not known whether it authenticates.', async () => {
      const opened = await tryOpen(this.#core, key, iv, sealed, this.#call, aad)
      if (worked(opened)) this.#say(step, 'failed', `It opened ${what}: it authenticates nothing. Do not use this HSM.`)
      else this.#say(step, 'ok', `It refused ${what}: ${opened.refusal}.`)
    })
  }

  async #size(key: bigint, iv: SeenIv): Promise<void> {
    await seal(this.#core, key, iv, new Uint8Array(SIZE), this.#call, new Uint8Array(SIZE))
    this.#say('size', 'ok', `${SIZE} bytes, and a context of ${SIZE}.`)
  }

  async #latency(key: bigint, iv: SeenIv): Promise<void> {
    const { samples = 50, now = () => performance.now() } = this.#options
    const wraps: number[] = []
    const unwraps: number[] = []
    const plain = randomBytes(32)
    for (let sample = 0; sample < samples; sample++) {
      const start = now()
      const made = await seal(this.#core, key, iv, plain, this.#call)
      const middle = now()
      await tryOpen(this.#core, key, made.iv, made.sealed, this.#call)
      wraps.push(middle - start)
      unwraps.push(now() - middle)
    }
    const [wrap, unwrap] = [percentiles(wraps), percentiles(unwraps)]
    this.#wrap = wrap
    this.#unwrap = unwrap
    const told = ({ p50, p99 }: HsmLatency): string => `p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms`
    this.#say('latency', 'ok', `Of ${samples}, one after the other: wrap ${told(wrap)}; unwrap ${told(unwrap)}.`)
  }
}

function flipped(bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes)
  copy[0] = (copy[0] ?? 0) ^ 1
  return copy
}

function percentiles(times: readonly number[]): HsmLatency {
  const sorted = times.toSorted((one, other) => one - other)
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
  return { p50: at(0.5), p99: at(0.99) }
}
