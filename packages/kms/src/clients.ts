import { StrongroomError } from '@strongroom/core'
import { type ClientSupplier, isClient, type KmsClient, MOST_CLIENTS, regionClients } from './client-supplier.ts'
import type { KeyArn } from './key-arn.ts'
import { RecentMap } from './recent-map.ts'

/** Where clients come from; at most one of the two. */
export interface ClientOptions {
  /** The client to use. It serves the Region it was made for and no other. */
  readonly client?: KmsClient | undefined
  /** Answers the client for the keys of an account in a Region; asked once for each pair. Default `regionClients()`. */
  readonly clientFor?: ClientSupplier | undefined
}

/** Where a key is. */
export type Place = Pick<KeyArn, 'region' | 'account'>

/** The clients of one keyring, each made when it is first needed and kept. */
export interface Clients {
  /**
   * The client for a key, or undefined where there is none.
   *
   * @throws `OPTION_INVALID` where `clientFor` gave a client of another Region.
   */
  find(place: Place): Promise<KmsClient | undefined>
  /**
   * The client for a key.
   *
   * @throws `OPTION_INVALID` where there is none, or only one of another Region.
   */
  get(place: Place): Promise<KmsClient>
}

/** The clients that the options name. */
export function createClients({ client, clientFor = regionClients() }: ClientOptions): Clients {
  return client === undefined ? supplied(clientFor) : single(client)
}

function single(client: KmsClient): Clients {
  const find = async ({ region }: Place): Promise<KmsClient | undefined> => ((await client.config.region()) === region ? client : undefined)
  return {
    find,
    async get(place) {
      const found = await find(place)
      if (found !== undefined) return found
      throw wrongRegion('client', await client.config.region(), place, 'Give one for that Region, or clientFor for keys in several.')
    },
  }
}

function supplied(clientFor: ClientSupplier): Clients {
  const known = new RecentMap<Promise<KmsClient | undefined>>(MOST_CLIENTS)

  async function open(place: Place): Promise<KmsClient | undefined> {
    const client = clientFor(place.region, place.account)
    if (client === undefined) return undefined
    if (isClient(client) !== undefined) {
      throw new StrongroomError('OPTION_INVALID', 'The option clientFor has to answer a KMSClient of the AWS SDK, or undefined for none.', {
        option: 'clientFor',
      })
    }
    const actual = await client.config.region()
    if (actual === place.region) return client
    throw wrongRegion('clientFor', actual, place, 'It has to answer a client of the Region it is asked for.')
  }

  function find(place: Place): Promise<KmsClient | undefined> {
    const name = `${place.region} ${place.account}`
    const found = known.get(name)
    if (found !== undefined) return found
    const made = open(place)
    known.set(name, made)
    // A failure (a Region provider that reads a file, say) is not kept.
    made.catch(() => known.delete(name, made))
    return made
  }

  return {
    find,
    async get(place) {
      const found = await find(place)
      if (found !== undefined) return found
      throw new StrongroomError(
        'OPTION_INVALID',
        `The option clientFor answered no KMS client for account ${place.account} in ${place.region}, where the key is.`,
        { option: 'clientFor' },
      )
    },
  }
}

function wrongRegion(option: string, actual: string, { region }: Place, remedy: string): StrongroomError {
  return new StrongroomError(
    'OPTION_INVALID',
    `The option ${option} gave a KMS client for ${actual}, but the key is in ${region}. ${remedy}`,
    {
      option,
    },
  )
}
