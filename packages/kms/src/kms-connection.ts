import { type Clients, createClients } from './clients.ts'
import { type ConnectionOptions, checkClientSource } from './connection-options.ts'
import type { KeyArn } from './key-arn.ts'

/** How a key's calls are made. */
export interface KmsConnection {
  readonly clients: Clients
  readonly grantTokens: readonly string[]
  readonly allowInsecureEndpoint: boolean
}

/**
 * The connection to the Regions of some keys.
 *
 * @throws `OPTION_INVALID`
 */
export function connect(where: string, options: ConnectionOptions, keys: readonly KeyArn[]): KmsConnection {
  checkClientSource(where, options, new Set(keys.map(({ region }) => region)))
  const { client, clientFor, grantTokens = [], allowInsecureEndpoint = false } = options
  return { clients: createClients({ client, clientFor }), grantTokens: [...grantTokens], allowInsecureEndpoint }
}
