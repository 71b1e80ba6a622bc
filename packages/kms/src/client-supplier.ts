import { KMSClient, type KMSClientConfig } from '@aws-sdk/client-kms'
import { StrongroomError } from '@strongroom/core'
import { hasMethods, type OptionCheck } from '@strongroom/core/options'
import { isAwsRegion } from './aws-names.ts'
import { RecentMap } from './recent-map.ts'

/** What a keyring needs of a `KMSClient` of the AWS SDK: give it one. */
export type KmsClient = Pick<KMSClient, 'send'> & {
  /** The client's configuration, of which the Region is looked at. */
  readonly config: Pick<KMSClient['config'], 'region'>
}

/**
 * Answers the client for the keys of an account in a Region, or undefined where there is none: such keys are left alone. A client that does not
 * depend on the account need not look at it. In a discovery keyring both come out of messages, once its filter has let them through.
 */
export type ClientSupplier = (region: string, account: string) => KmsClient | undefined

/** What a supplier of clients sets on each of them; the Region is not a matter of configuration. */
export type KmsClientConfig = Omit<KMSClientConfig, 'region'>

const isSender = hasMethods('send')

/** A client of the SDK, of any installed copy. */
export const isClient: OptionCheck = (value) =>
  isSender(value) === undefined && typeof (value as { config?: { region?: unknown } }).config?.region === 'function'
    ? undefined
    : 'be a KMSClient of the AWS SDK'

/** Milliseconds. The SDK's own default waits for an answer for ever. */
const TIMEOUTS = { connectionTimeout: 3_000, requestTimeout: 10_000, throwOnRequestTimeout: true } as const

/** More than AWS has Regions; with a role in each of some accounts, the ones used last. */
export const MOST_CLIENTS = 128

/**
 * Clients of the SDK, one a Region, with the given configuration: 3 seconds to connect and 10 for an answer unless it says otherwise. It is what
 * keyrings use where nothing is given; make one to share its clients among several keyrings.
 *
 * @throws `OPTION_INVALID`
 * @example
 * ```ts
 * const clientFor = regionClients({ maxAttempts: 5 })
 * const writing = kmsKeyring({ generatorKeyId: 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab', clientFor })
 * const reading = kmsDiscoveryKeyring({ accounts: ['111122223333'], clientFor })
 * ```
 */
export function regionClients(config: KmsClientConfig = {}): ClientSupplier {
  const fixed = { ...checkedConfig('regionClients', config) }
  const known = new RecentMap<KmsClient>(MOST_CLIENTS)
  return (region) => remembered(known, region, () => newClient(region, fixed))
}

/**
 * Answers clients of the named Regions only.
 *
 * @throws `OPTION_INVALID`
 */
export function limitRegions(regions: readonly string[], supplier: ClientSupplier): ClientSupplier {
  const allowed = regionSet('limitRegions', regions, supplier)
  return (region, account) => (allowed.has(region) ? supplier(region, account) : undefined)
}

/**
 * Answers no clients of the named Regions.
 *
 * @throws `OPTION_INVALID`
 */
export function excludeRegions(regions: readonly string[], supplier: ClientSupplier): ClientSupplier {
  const excluded = regionSet('excludeRegions', regions, supplier)
  return (region, account) => (excluded.has(region) ? undefined : supplier(region, account))
}

/**
 * Asks a supplier once for each pair of Region and account, and answers the same client from then on, to all keyrings that share the result. One
 * keyring does so by itself. It keeps the 128 used last; that there is no client is not kept.
 *
 * @throws `OPTION_INVALID`
 */
export function cacheClients(supplier: ClientSupplier): ClientSupplier {
  requireSupplier('cacheClients', supplier)
  const known = new RecentMap<KmsClient>(MOST_CLIENTS)
  return (region, account) => remembered(known, `${region} ${account}`, () => supplier(region, account))
}

/** A client of a Region with our time-outs, where the configuration has no handler of its own. */
export function newClient(region: string, config: KMSClientConfig): KMSClient {
  return new KMSClient({ requestHandler: TIMEOUTS, ...config, region })
}

/** What is known by a name, or is made and known from then on. */
export function remembered(known: RecentMap<KmsClient>, name: string, make: () => KmsClient | undefined): KmsClient | undefined {
  const found = known.get(name)
  if (found !== undefined) return found
  const made = make()
  if (made !== undefined) known.set(name, made)
  return made
}

/** Refuses what is no configuration, or one for a Region of its own. */
export function checkedConfig(where: string, config: KmsClientConfig): KmsClientConfig {
  if (typeof config !== 'object' || config === null || Array.isArray(config) || 'region' in config) {
    throw new StrongroomError('OPTION_INVALID', `${where} takes the configuration of KMS clients without region, which is the key's.`, {
      option: 'region',
    })
  }
  return config
}

function regionSet(where: string, regions: readonly string[], supplier: ClientSupplier): ReadonlySet<string> {
  requireSupplier(where, supplier)
  if (Array.isArray(regions) && regions.length > 0 && regions.every(isAwsRegion)) return new Set(regions)
  // An empty list, or a misspelt Region, is a limit that does not do what it says.
  throw new StrongroomError('OPTION_INVALID', `${where} takes at least one AWS Region, as in ['eu-west-1'].`, { option: 'regions' })
}

function requireSupplier(where: string, supplier: ClientSupplier): void {
  if (typeof supplier === 'function') return
  throw new StrongroomError('OPTION_INVALID', `${where} takes a function that answers clients, such as regionClients().`, {
    option: 'supplier',
  })
}
