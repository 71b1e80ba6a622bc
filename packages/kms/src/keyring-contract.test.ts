import { describe, expect, it } from 'vitest'
import { kmsContract } from '../test/kms-contract.ts'
import { kmsDiscoveryKeyring } from './kms-discovery-keyring.ts'
import { kmsKeyring } from './kms-keyring.ts'
import { kmsMrkDiscoveryKeyring } from './kms-mrk-discovery-keyring.ts'
import { kmsMrkKeyring } from './kms-mrk-keyring.ts'

/**
 * A discovery keyring calls the key that the message names, and an MRK-aware one takes one Region in it for another: the name is not
 * authenticated by itself. What is opened all the same is said in the tests of those keyrings.
 */
const RENAMED = 'opens no encrypted data key whose provider id or info was changed'

describe('the keyring contract on a KMS keyring of two keys', () => {
  const checks = kmsContract((kms, _elsewhere, clientFor) => ({
    keyring: kmsKeyring({ generatorKeyId: kms.createKey(), keyIds: [kms.createKey()], clientFor }),
    other: kmsKeyring({ generatorKeyId: kms.createKey(), clientFor }),
  }))
  for (const { name, run } of checks) it(name, run)
  it('has the check that the others leave out', () => {
    expect(checks.filter(({ name }) => name === RENAMED)).toHaveLength(1)
  })
})

describe('the keyring contract on an MRK-aware keyring of a primary and a replica', () => {
  const checks = kmsContract((kms, _elsewhere, clientFor) => {
    const multiRegion = () => kms.createKey(undefined, { multiRegion: true })
    return {
      keyring: kmsMrkKeyring({ generatorKeyId: multiRegion(), keyIds: [kms.replicateKey(multiRegion(), 'eu-west-1')], clientFor }),
      other: kmsMrkKeyring({ generatorKeyId: multiRegion(), clientFor }),
    }
  })
  for (const { name, run } of checks.filter((check) => check.name !== RENAMED)) it(name, run)
})

describe('the keyring contract on a discovery keyring that opens what a strict one wrote in two Regions', () => {
  const checks = kmsContract((kms, elsewhere, clientFor) => {
    const writer = kmsKeyring({ generatorKeyId: kms.createKey(), keyIds: [kms.createKey(undefined, { region: 'eu-west-1' })], clientFor })
    const { unwrap } = kmsDiscoveryKeyring({ accounts: [kms.accountId], clientFor })
    return { keyring: { recipients: writer.recipients, unwrap }, other: kmsKeyring({ generatorKeyId: elsewhere.createKey(), clientFor }) }
  })
  for (const { name, run } of checks.filter((check) => check.name !== RENAMED)) it(name, run)
})

describe('the keyring contract on an MRK-aware discovery keyring in the Region of what a strict one wrote', () => {
  const checks = kmsContract((kms, elsewhere, clientFor) => {
    const writer = kmsKeyring({ generatorKeyId: kms.createKey(undefined, { multiRegion: true }), keyIds: [kms.createKey()], clientFor })
    const { unwrap } = kmsMrkDiscoveryKeyring({ region: 'us-east-1', accounts: [kms.accountId], clientFor })
    return { keyring: { recipients: writer.recipients, unwrap }, other: kmsKeyring({ generatorKeyId: elsewhere.createKey(), clientFor }) }
  })
  for (const { name, run } of checks.filter((check) => check.name !== RENAMED)) it(name, run)
})
