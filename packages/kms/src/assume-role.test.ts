import { fromTemporaryCredentials } from '@aws-sdk/credential-providers'
import { createEncryptionClient } from '@strongroom/core'
import { type EmbeddedKms, startEmbeddedKms } from '@strongroom/testing'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { embeddedClients } from '../test/embedded-clients.ts'
import { type SmallSts, startSmallSts } from '../test/small-sts.ts'
import { assumeRoleClients } from './assume-role-clients.ts'
import { kmsDiscoveryKeyring } from './kms-discovery-keyring.ts'
import { kmsKeyring } from './kms-keyring.ts'

const encryptionContext = { purpose: 'orders' }
const plaintext = new TextEncoder().encode('two pairs of boots')

let kms: EmbeddedKms
let messages: Uint8Array[]
beforeAll(async () => {
  kms = await startEmbeddedKms()
  using clients = embeddedClients(kms)
  messages = []
  for (const region of ['us-east-1', 'us-east-1', 'eu-west-1']) {
    const keyring = kmsKeyring({ generatorKeyId: kms.createKey(undefined, { region }), clientFor: clients.clientFor })
    messages.push((await createEncryptionClient({ keyring }).encrypt(plaintext, { encryptionContext })).ciphertext)
  }
})
afterEach(() => {
  vi.unstubAllEnvs()
})
afterAll(() => kms.close())

function reader(sts: SmallSts) {
  vi.stubEnv('AWS_ENDPOINT_URL_STS', sts.endpoint)
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIACALLER')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret')
  return createEncryptionClient({
    keyring: kmsDiscoveryKeyring({
      accounts: [kms.accountId],
      clientFor: assumeRoleClients({
        fromTemporaryCredentials,
        roleArn: (_region, account) => `arn:aws:iam::${account}:role/read-orders`,
        sessionName: 'orders-reader',
        externalId: 'tenant-7',
        durationSeconds: 900,
        clientConfig: { endpoint: kms.endpoint, maxAttempts: 1 },
      }),
    }),
  })
}

describe('clients of assumed roles, with the provider of the SDK', () => {
  it('assume the role of the account once a Region, in that Region', async () => {
    await using sts = await startSmallSts()
    const client = reader(sts)
    for (const message of messages) expect((await client.decrypt(message, { encryptionContext })).plaintext).toEqual(plaintext)
    const asked = {
      Action: 'AssumeRole',
      RoleArn: `arn:aws:iam::${kms.accountId}:role/read-orders`,
      RoleSessionName: 'orders-reader',
      ExternalId: 'tenant-7',
      DurationSeconds: '900',
    }
    expect(sts.calls).toMatchObject([
      { ...asked, region: 'us-east-1' },
      { ...asked, region: 'eu-west-1' },
    ])
  })

  it.each([
    ['AccessDenied', 403, 'KEY_OPERATIONAL'],
    ['RegionDisabledException', 403, 'KEY_OPERATIONAL'],
  ])('report %s of STS as the key’s', async (code, status, expected) => {
    await using sts = await startSmallSts({ code, status })
    kms.calls.reset()
    await expect(reader(sts).decrypt(messages[0] as Uint8Array, { encryptionContext })).rejects.toMatchObject({
      code: expected,
      attempts: [{ outcome: 'operational', reason: code, cause: { kmsCode: code } }],
    })
    expect(kms.calls.count()).toBe(0)
  })
})
