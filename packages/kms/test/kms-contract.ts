import {
  type ContractCheck,
  type EmbeddedKms,
  type FaultError,
  type Hang,
  type KeyringFixture,
  type KeyringTraits,
  keyringContract,
  startEmbeddedKms,
} from '@strongroom/testing'
import type { ClientSupplier } from '../src/client-supplier.ts'
import { embeddedClients } from './embedded-clients.ts'

/** Keyrings over an embedded KMS. */
export interface KmsFixture extends KeyringFixture {
  readonly kms: EmbeddedKms
}

/** Builds the keyrings over two accounts, each with its own KMS; failures are those of the first. */
export type Build = (kms: EmbeddedKms, elsewhere: EmbeddedKms, clientFor: ClientSupplier) => KeyringFixture | Promise<KeyringFixture>

const makeWith = (build: Build) => async (): Promise<KmsFixture> => {
  const [kms, elsewhere] = await Promise.all([startEmbeddedKms(), startEmbeddedKms({ accountId: '444455556666' })])
  const clients = embeddedClients(kms, elsewhere)
  return {
    kms,
    ...(await build(kms, elsewhere, clients.clientFor)),
    async [Symbol.asyncDispose]() {
      clients[Symbol.dispose]()
      await Promise.all([kms.close(), elsewhere.close()])
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

const traits: KeyringTraits<KmsFixture> = {
  hang,
  failures: {
    'connection reset': { outcome: 'transient', inject: ({ kms }) => kms.faults.outage('reset') },
    'answer lost': { outcome: 'transient', inject: ({ kms }) => kms.faults.outage('lost-answer') },
    'HTTP 500': { outcome: 'transient', inject: ({ kms }) => kms.faults.outage('internal-error') },
    throttled: { outcome: 'transient', inject: ({ kms }) => kms.faults.throttle() },
    denied: failing('operational', { name: 'AccessDeniedException' }),
    disabled: failing('operational', { name: 'DisabledException' }),
  },
}

/** The contract on keyrings of KMS; `hangs` is whether each of their calls waits for KMS. */
export function kmsContract(build: Build, { hangs = true } = {}): readonly ContractCheck[] {
  const { hang: _, ...others } = traits
  return keyringContract(makeWith(build), hangs ? traits : others)
}
