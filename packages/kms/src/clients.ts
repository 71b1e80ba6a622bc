import { KMSClient } from '@aws-sdk/client-kms'
import { StrongroomError } from '@strongroom/core'

/** What a keyring needs of a `KMSClient` of the AWS SDK: give it one. */
export type KmsClient = Pick<KMSClient, 'send'> & { readonly config: Pick<KMSClient['config'], 'region'> }

/** Where clients come from; at most one of the two. */
export interface ClientOptions {
  /** The client to use. It serves the Region it was made for and no other. */
  readonly client?: KmsClient | undefined
  /** Answers the client of a Region; asked once for each. */
  readonly clientFor?: ((region: string) => KmsClient) | undefined
}

/** Answers the client of a Region, always the same. */
export type Clients = (region: string) => Promise<KmsClient>

/** Milliseconds. The SDK's own default waits for an answer for ever. */
const TIMEOUTS = { connectionTimeout: 3_000, requestTimeout: 10_000, throwOnRequestTimeout: true } as const

/**
 * One client a Region, made when it is first needed.
 *
 * @throws `OPTION_INVALID`, from the returned function where a client is for another Region.
 */
export function createClients({ client, clientFor }: ClientOptions): Clients {
  const known = new Map<string, Promise<KmsClient>>()
  return (region) => {
    const found = known.get(region)
    if (found !== undefined) return found
    const made = open(region)
    known.set(region, made)
    // A failure (a Region provider that reads a file, say) is not kept.
    made.catch(() => known.delete(region))
    return made
  }

  async function open(region: string): Promise<KmsClient> {
    if (client !== undefined) return requireRegion(client, region, 'client')
    if (clientFor !== undefined) return requireRegion(clientFor(region), region, 'clientFor')
    return new KMSClient({ region, requestHandler: TIMEOUTS })
  }
}

async function requireRegion(client: KmsClient, region: string, option: string): Promise<KmsClient> {
  const actual = await client.config.region()
  if (actual === region) return client
  const remedy =
    option === 'client'
      ? 'Give one for that Region, or clientFor for keys in several.'
      : 'It has to answer a client of the Region it is asked for.'
  throw new StrongroomError(
    'OPTION_INVALID',
    `The option ${option} gave a KMS client for ${actual}, but the key is in ${region}. ${remedy}`,
    { option },
  )
}
