/**
 * Secrets of labels under an HMAC key in KMS.
 *
 *     mac    = GenerateMac of "strongroom/prf/1" 00 label, with the algorithm of the key's size
 *     secret = HKDF-SHA512 of the mac, without salt, info "strongroom/prf/1"
 */
import { GenerateMacCommand } from '@aws-sdk/client-kms'
import type { CallOptions, PrfKey, SecretBytes } from '@strongroom/core'
import { isAnything, isFunction, isInteger, isOneOf, validateOptions } from '@strongroom/core/options'
import { type ConnectionOptions, connectionChecks } from '../connection-options.ts'
import { configuredKeyArn } from '../key-id-option.ts'
import { callsOf } from '../kms-calls.ts'
import { connect } from '../kms-connection.ts'
import { MacCache } from './mac-cache.ts'
import { MacLoad } from './mac-load.ts'
import { checkedLabel, expand } from './prf-expansion.ts'

/** The sizes of HMAC keys in KMS. */
export type KmsHmacSpec = 'HMAC_224' | 'HMAC_256' | 'HMAC_384' | 'HMAC_512'

/** How long what KMS answered is used. */
export interface PrfCaching {
  /** Milliseconds until KMS is asked again, which is how long a permission that was taken away still works. Default 300,000. */
  readonly maxAgeMs?: number
  /** Most labels kept; the least recently used goes first. Default 100. */
  readonly maxLabels?: number
}

/** Options of {@link kmsHmacPrfKey}. */
export interface KmsHmacPrfKeyOptions extends ConnectionOptions {
  /** ARN of an HMAC key. */
  readonly keyId: string
  /** The key's spec, which decides the algorithm. Default `HMAC_256`. */
  readonly spec?: KmsHmacSpec
  /** How long what KMS answered is used, in this process alone; `false` asks it each time. */
  readonly cache?: PrfCaching | false
  /** Milliseconds of a clock, for tests. */
  readonly now?: () => number
}

const PREFIX = Buffer.from('strongroom/prf/1', 'latin1')
const specs: readonly KmsHmacSpec[] = ['HMAC_224', 'HMAC_256', 'HMAC_384', 'HMAC_512']

/**
 * An HMAC key in AWS KMS as a source of secrets. KMS is asked once for each label, however long the secrets are; callers that ask together make one
 * call, and one caller's abort does not fail the others. A failure is not kept. Every multi-Region replica makes the same secrets.
 *
 * Rejects with a `KmsKeyError` (`KEY_TRANSIENT`, `KEY_OPERATIONAL`, `ENDPOINT_INSECURE`), or with `INPUT_INVALID`. Who may call `kms:GenerateMac`
 * with the key can make all its secrets.
 *
 * @throws `OPTION_INVALID`
 * @example
 * ```ts
 * const key = kmsHmacPrfKey({ keyId: 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab' })
 * using partitions = await key.prf(new TextEncoder().encode('orders/partition/1'), 32)
 * ```
 */
export function kmsHmacPrfKey(options: KmsHmacPrfKeyOptions): PrfKey {
  const where = 'kmsHmacPrfKey'
  validateOptions(where, options, { ...connectionChecks, keyId: isAnything, spec: isOneOf(specs), cache: isAnything, now: isFunction }, [
    'keyId',
  ])
  const key = configuredKeyArn(where, 'keyId', options.keyId)
  const { spec = 'HMAC_256', now = Date.now } = options
  const cache = cacheOf(where, options.cache ?? {}, now)
  const calls = callsOf(key, connect(where, options, [key]))
  const loads = new Map<string, MacLoad>()

  function generate(label: Uint8Array, call: CallOptions): Promise<SecretBytes> {
    const operation = 'GenerateMac'
    return calls.make(
      {
        operation,
        command: new GenerateMacCommand({
          KeyId: key.arn,
          MacAlgorithm: `HMAC_SHA_${spec.slice(5)}` as 'HMAC_SHA_256',
          Message: Uint8Array.of(...PREFIX, 0, ...label),
          ...calls.tokens,
        }),
        send: (client, command, sending) => client.send(command, sending),
        read: ({ Mac }) => calls.secretOf(operation, 'MAC', Mac, Number(spec.slice(5)) / 8),
        discard: (mac) => mac.dispose(),
      },
      call,
    )
  }

  function macOf(label: Uint8Array, { signal }: CallOptions): Promise<SecretBytes> {
    const name = Buffer.from(label).toString('latin1')
    const kept = cache?.get(name)
    if (kept !== undefined) return Promise.resolve(kept)
    const underWay = loads.get(name)
    if (underWay?.joinable === true) return underWay.lease(signal)
    const askedAt = now()
    const load: MacLoad = new MacLoad(
      (shared) => generate(label, { signal: shared }),
      () => {
        if (loads.get(name) === load) loads.delete(name)
      },
      (mac) => cache?.put(name, mac, askedAt),
    )
    loads.set(name, load)
    return load.lease(signal)
  }

  return {
    async prf(label: Uint8Array, length: number, call: CallOptions = {}): Promise<SecretBytes> {
      call.signal?.throwIfAborted()
      using mac = await macOf(checkedLabel(label, length), call)
      return expand(mac, PREFIX, length)
    },
  }
}

function cacheOf(where: string, caching: PrfCaching | false, now: () => number): MacCache | undefined {
  if (caching === false) return undefined
  const checks = { maxAgeMs: isInteger(1, Number.MAX_SAFE_INTEGER), maxLabels: isInteger(1, 1_000_000) }
  validateOptions(where, caching, checks, [], 'cache.')
  const { maxAgeMs = 300_000, maxLabels = 100 } = caching
  return new MacCache(maxLabels, maxAgeMs, now)
}
