import { KMSClient } from '@aws-sdk/client-kms'
import { type EmbeddedKms, type FaultError, type Hang, type KeyringFixture, keyringContract, startEmbeddedKms } from '@strongroom/testing'
import { describe, it } from 'vitest'
import { kmsKeyring } from './kms-keyring.ts'

interface KmsFixture extends KeyringFixture {
  readonly kms: EmbeddedKms
}

async function make(): Promise<KmsFixture> {
  const kms = await startEmbeddedKms()
  // One attempt: what is tried is the keyring, not the SDK's patience.
  const client = new KMSClient({ ...kms.clientConfig, maxAttempts: 1 })
  return {
    kms,
    keyring: kmsKeyring({ generatorKeyId: kms.createKey(), keyIds: [kms.createKey()], client }),
    other: kmsKeyring({ generatorKeyId: kms.createKey(), client }),
    async [Symbol.asyncDispose]() {
      client.destroy()
      await kms.close()
    },
  }
}

function hang({ kms }: KmsFixture): Hang {
  let arrived = 0
  const watchers: { calls: number; resolve: () => void }[] = []
  const outage = kms.faults.outage('silent', {
    when: () => {
      arrived += 1
      for (const { calls, resolve } of watchers) if (arrived >= calls) resolve()
      return true
    },
  })
  return {
    reached: (calls) => new Promise((resolve) => (arrived >= calls ? resolve() : watchers.push({ calls, resolve }))),
    [Symbol.dispose]: () => outage.release(),
  }
}

const failing = (outcome: 'transient' | 'operational', error: FaultError) => ({
  outcome,
  inject: ({ kms }: KmsFixture) => kms.faults.fail(error),
})

describe('the keyring contract on a KMS keyring of two keys', () => {
  const checks = keyringContract(make, {
    hang,
    failures: {
      'connection reset': { outcome: 'transient', inject: ({ kms }) => kms.faults.outage('reset') },
      'answer lost': { outcome: 'transient', inject: ({ kms }) => kms.faults.outage('lost-answer') },
      'HTTP 500': { outcome: 'transient', inject: ({ kms }) => kms.faults.outage('internal-error') },
      throttled: { outcome: 'transient', inject: ({ kms }) => kms.faults.throttle() },
      denied: failing('operational', { name: 'AccessDeniedException' }),
      disabled: failing('operational', { name: 'DisabledException' }),
    },
  })
  for (const { name, run } of checks) it(name, run)
})
