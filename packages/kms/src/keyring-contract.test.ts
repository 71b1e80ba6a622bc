import { type EmbeddedKms, type FaultError, type Hang, type KeyringFixture, keyringContract, startEmbeddedKms } from '@strongroom/testing'
import { describe, expect, it } from 'vitest'
import { embeddedClients } from '../test/embedded-clients.ts'
import type { ClientSupplier } from './client-supplier.ts'
import { kmsDiscoveryKeyring } from './kms-discovery-keyring.ts'
import { kmsKeyring } from './kms-keyring.ts'
import { kmsMrkDiscoveryKeyring } from './kms-mrk-discovery-keyring.ts'
import { kmsMrkKeyring } from './kms-mrk-keyring.ts'

interface KmsFixture extends KeyringFixture {
  readonly kms: EmbeddedKms
}

/** Builds the keyrings over two accounts, each with its own KMS; failures are those of the first. */
type Build = (kms: EmbeddedKms, elsewhere: EmbeddedKms, clientFor: ClientSupplier) => KeyringFixture

const makeWith = (build: Build) => async (): Promise<KmsFixture> => {
  const [kms, elsewhere] = await Promise.all([startEmbeddedKms(), startEmbeddedKms({ accountId: '444455556666' })])
  const clients = embeddedClients(kms, elsewhere)
  return {
    kms,
    ...build(kms, elsewhere, clients.clientFor),
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

const checksOf = (build: Build) =>
  keyringContract(makeWith(build), {
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

/**
 * A discovery keyring calls the key that the message names, and an MRK-aware one takes one Region in it for another: the name is not
 * authenticated by itself. What is opened all the same is said in the tests of those keyrings.
 */
const RENAMED = 'opens no encrypted data key whose provider id or info was changed'

describe('the keyring contract on a KMS keyring of two keys', () => {
  const checks = checksOf((kms, _elsewhere, clientFor) => ({
    keyring: kmsKeyring({ generatorKeyId: kms.createKey(), keyIds: [kms.createKey()], clientFor }),
    other: kmsKeyring({ generatorKeyId: kms.createKey(), clientFor }),
  }))
  for (const { name, run } of checks) it(name, run)
  it('has the check that the others leave out', () => {
    expect(checks.filter(({ name }) => name === RENAMED)).toHaveLength(1)
  })
})

describe('the keyring contract on an MRK-aware keyring of a primary and a replica', () => {
  const checks = checksOf((kms, _elsewhere, clientFor) => {
    const multiRegion = () => kms.createKey(undefined, { multiRegion: true })
    return {
      keyring: kmsMrkKeyring({ generatorKeyId: multiRegion(), keyIds: [kms.replicateKey(multiRegion(), 'eu-west-1')], clientFor }),
      other: kmsMrkKeyring({ generatorKeyId: multiRegion(), clientFor }),
    }
  })
  for (const { name, run } of checks.filter((check) => check.name !== RENAMED)) it(name, run)
})

describe('the keyring contract on a discovery keyring that opens what a strict one wrote in two Regions', () => {
  const checks = checksOf((kms, elsewhere, clientFor) => {
    const writer = kmsKeyring({ generatorKeyId: kms.createKey(), keyIds: [kms.createKey(undefined, { region: 'eu-west-1' })], clientFor })
    const { unwrap } = kmsDiscoveryKeyring({ accounts: [kms.accountId], clientFor })
    return { keyring: { recipients: writer.recipients, unwrap }, other: kmsKeyring({ generatorKeyId: elsewhere.createKey(), clientFor }) }
  })
  for (const { name, run } of checks.filter((check) => check.name !== RENAMED)) it(name, run)
})

describe('the keyring contract on an MRK-aware discovery keyring in the Region of what a strict one wrote', () => {
  const checks = checksOf((kms, elsewhere, clientFor) => {
    const writer = kmsKeyring({ generatorKeyId: kms.createKey(undefined, { multiRegion: true }), keyIds: [kms.createKey()], clientFor })
    const { unwrap } = kmsMrkDiscoveryKeyring({ region: 'us-east-1', accounts: [kms.accountId], clientFor })
    return { keyring: { recipients: writer.recipients, unwrap }, other: kmsKeyring({ generatorKeyId: elsewhere.createKey(), clientFor }) }
  })
  for (const { name, run } of checks.filter((check) => check.name !== RENAMED)) it(name, run)
})
