import { KMSClient } from '@aws-sdk/client-kms'
import type { EmbeddedKms } from '@strongroom/testing'

/** Clients of every Region of embedded KMS endpoints, one endpoint an account. */
export interface EmbeddedClients extends Disposable {
  readonly clientFor: (region: string, account: string) => KMSClient
  /** The pairs of Region and account that were asked for. */
  readonly asked: string[]
}

/** One attempt a call: what is tried is the keyring, not the SDK's patience. An account that none of the endpoints has is served by the first. */
export function embeddedClients(...endpoints: readonly [EmbeddedKms, ...EmbeddedKms[]]): EmbeddedClients {
  const made: KMSClient[] = []
  const asked: string[] = []
  return {
    asked,
    clientFor(region, account) {
      asked.push(`${region} ${account}`)
      const { clientConfig } = endpoints.find(({ accountId }) => accountId === account) ?? endpoints[0]
      const client = new KMSClient({ ...clientConfig, region, maxAttempts: 1 })
      made.push(client)
      return client
    },
    [Symbol.dispose]() {
      for (const client of made) client.destroy()
    },
  }
}
