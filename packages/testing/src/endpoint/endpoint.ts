import { randomBytes as systemRandomBytes } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { isFunction, type OptionCheck, validateOptions } from '@strongroom/core/options'
import type { Call, CallLog, CallRecorder } from './call-log.ts'
import type { FaultInjector, Faults } from './faults.ts'
import type { Transport } from './transport.ts'

/** What every embedded endpoint can be started with. */
export interface EndpointOptions {
  /** The region in ARNs. Default `us-east-1`. */
  readonly region?: string
  /** The twelve-digit account in ARNs. Default `111122223333`, the account of AWS's own examples. */
  readonly accountId?: string
  /** Milliseconds since the epoch; everything that expires, rotates or is rate limited goes by it. Default `Date.now`. */
  readonly clock?: () => number
  /** The source of keys, IVs and ids. Default the system's CSPRNG. */
  readonly randomBytes?: (length: number) => Uint8Array
  /** Waits out injected latency, in milliseconds. Default a timer that keeps no process alive. */
  readonly sleep?: (milliseconds: number) => Promise<void>
}

/** What an SDK client needs to talk to an embedded endpoint: `new KMSClient(kms.clientConfig)`. */
export interface ClientConfig {
  /** `http://127.0.0.1:port`. */
  readonly endpoint: string
  /** The Region of the endpoint. */
  readonly region: string
  /** Examples, since nothing checks them. */
  readonly credentials: {
    /** Any. */
    readonly accessKeyId: string
    /** Any. */
    readonly secretAccessKey: string
  }
}

/** What every embedded endpoint offers. */
export interface Endpoint<C extends Call> extends AsyncDisposable {
  /** `http://127.0.0.1:port`. */
  readonly endpoint: string
  /** The Region in ARNs. */
  readonly region: string
  /** The twelve-digit account in ARNs. */
  readonly accountId: string
  /** Configuration to spread into an SDK client. Signatures are not checked, so the credentials are examples. */
  readonly clientConfig: ClientConfig
  /** The calls received. */
  readonly calls: CallLog<C>
  /** Latency, throttling, outages and errors to inject. */
  readonly faults: Faults<C>
  /** Stops listening and cuts every connection. What the endpoint held is gone. Closing twice is allowed. */
  close(): Promise<void>
}

/** {@link EndpointOptions} with the defaults filled in. */
export interface Environment {
  readonly region: string
  readonly accountId: string
  readonly clock: () => number
  readonly randomBytes: (length: number) => Uint8Array
  readonly sleep: (milliseconds: number) => Promise<void>
}

/** What the names of AWS's Regions look like. */
export const REGION: RegExp = /^[a-z]{2}(-[a-z]+)+-\d$/

const CHECKS: Readonly<Record<keyof EndpointOptions, OptionCheck>> = {
  region: matches(REGION, 'look like us-east-1'),
  accountId: matches(/^\d{12}$/, 'have twelve digits'),
  clock: isFunction,
  randomBytes: isFunction,
  sleep: isFunction,
}

/** Checks the common options and those that an endpoint adds, and fills in the defaults. */
export function environmentOf(where: string, options: EndpointOptions, own: Readonly<Record<string, OptionCheck>> = {}): Environment {
  validateOptions(where, options, { ...CHECKS, ...own })
  return {
    region: options.region ?? 'us-east-1',
    accountId: options.accountId ?? '111122223333',
    clock: options.clock ?? Date.now,
    randomBytes: options.randomBytes ?? ((length) => Uint8Array.from(systemRandomBytes(length))),
    sleep: options.sleep ?? ((milliseconds) => setTimeout(milliseconds, undefined, { ref: false })),
  }
}

/** What anything may know of the credentials: examples of AWS's documentation. */
export const EXAMPLE_CREDENTIALS = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
} as const

/** The endpoint that listens by a transport. */
export function endpointOn<C extends Call>(
  transport: Transport,
  { region, accountId }: Environment,
  calls: CallRecorder<C>,
  faults: FaultInjector<C>,
): Endpoint<C> {
  const endpoint = `http://127.0.0.1:${transport.port}`
  let closed: Promise<void> | undefined
  const close = (): Promise<void> => {
    faults.clear()
    closed ??= transport.close()
    return closed
  }
  return {
    endpoint,
    region,
    accountId,
    clientConfig: { endpoint, region, credentials: EXAMPLE_CREDENTIALS },
    calls,
    faults,
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** The Region in the scope of a signature; undefined without one, or where the scope names no Region of AWS. */
export function signedRegion(authorization = ''): string | undefined {
  const match = /\bCredential=[^/,\s]+\/\d{8}\/([^/,\s]+)\//.exec(authorization)
  return match?.[1] !== undefined && REGION.test(match[1]) ? match[1] : undefined
}

/** A text of a certain form. */
export function matches(form: RegExp, must: string): OptionCheck {
  return (value) => (typeof value === 'string' && form.test(value) ? undefined : must)
}

/** A version 4 UUID from the environment's random source. */
export function uuid(randomBytes: (length: number) => Uint8Array): string {
  const bytes = Uint8Array.from(randomBytes(16))
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = Buffer.from(bytes).toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
