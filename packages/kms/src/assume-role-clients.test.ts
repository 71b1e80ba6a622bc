import type { KMSClient } from '@aws-sdk/client-kms'
import { createEncryptionClient } from '@strongroom/core'
import { type EmbeddedKms, startEmbeddedKms } from '@strongroom/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type AssumeRoleOptions, type AssumeRoleRequest, assumeRoleClients } from './assume-role-clients.ts'
import { kmsDiscoveryKeyring } from './kms-discovery-keyring.ts'
import { kmsKeyring } from './kms-keyring.ts'

const ROLE = 'arn:aws:iam::111122223333:role/read-orders'
const encryptionContext = { purpose: 'orders' }
const plaintext = new TextEncoder().encode('two pairs of boots')

/** A provider that answers credentials whose key id tells the role, and keeps what it was asked for. */
function recorder(): {
  readonly asked: AssumeRoleRequest[]
  readonly fromTemporaryCredentials: AssumeRoleOptions['fromTemporaryCredentials']
} {
  const asked: AssumeRoleRequest[] = []
  return {
    asked,
    fromTemporaryCredentials: (request) => {
      asked.push(request)
      return async () => ({ accessKeyId: `ASIA${request.params.RoleArn.replace(/\W/g, '')}`, secretAccessKey: 'x', sessionToken: 'x' })
    },
  }
}

describe('assumeRoleClients', () => {
  it('asks for a role with all that was given, in the Region of the key', async () => {
    const { asked, fromTemporaryCredentials } = recorder()
    const clients = assumeRoleClients({
      fromTemporaryCredentials,
      roleArn: ROLE,
      sessionName: 'orders-reader',
      externalId: 'tenant/7',
      durationSeconds: 900,
      clientConfig: { maxAttempts: 7 },
    })
    const client = clients('eu-west-1', '111122223333') as KMSClient
    expect(asked).toEqual([
      {
        params: { RoleArn: ROLE, RoleSessionName: 'orders-reader', ExternalId: 'tenant/7', DurationSeconds: 900 },
        clientConfig: { region: 'eu-west-1' },
      },
    ])
    expect([await client.config.region(), await client.config.maxAttempts()]).toEqual(['eu-west-1', 7])
    expect(await client.config.credentials()).toMatchObject({ accessKeyId: 'ASIAarnawsiam111122223333rolereadorders' })
  })

  it('leaves out what was not given', () => {
    const { asked, fromTemporaryCredentials } = recorder()
    assumeRoleClients({ fromTemporaryCredentials, roleArn: ROLE, sessionName: 'x1' })('eu-west-1', '111122223333')
    expect(asked.map(({ params }) => params)).toEqual([{ RoleArn: ROLE, RoleSessionName: 'x1' }])
  })

  it('makes one client a role and Region, whatever the account', () => {
    const { asked, fromTemporaryCredentials } = recorder()
    const clients = assumeRoleClients({ fromTemporaryCredentials, roleArn: ROLE, sessionName: 'x1' })
    const first = clients('eu-west-1', '111122223333')
    expect(clients('eu-west-1', '444455556666')).toBe(first)
    expect(clients('us-east-1', '111122223333')).not.toBe(first)
    expect(asked).toHaveLength(2)
  })

  it('takes the role from the Region and account, and answers no client where there is no role', () => {
    const { asked, fromTemporaryCredentials } = recorder()
    const clients = assumeRoleClients({
      fromTemporaryCredentials,
      roleArn: (region, account) => (account === '111122223333' ? `arn:aws:iam::${account}:role/kms/${region}` : undefined),
      sessionName: 'x1',
    })
    expect(clients('eu-west-1', '444455556666')).toBeUndefined()
    expect(clients('eu-west-1', '111122223333')).toBeDefined()
    expect(asked.map(({ params }) => params.RoleArn)).toEqual(['arn:aws:iam::111122223333:role/kms/eu-west-1'])
  })

  it('shares no client between the roles of two accounts', async () => {
    const { asked, fromTemporaryCredentials } = recorder()
    const roleArn = (_region: string, account: string) => `arn:aws:iam::${account}:role/read-orders`
    const clients = assumeRoleClients({ fromTemporaryCredentials, roleArn, sessionName: 'x1' })
    const keyIds = ['111122223333', '444455556666'].map((account) => (clients('eu-west-1', account) as KMSClient).config.credentials())
    expect((await Promise.all(keyIds)).map(({ accessKeyId }) => accessKeyId)).toEqual([
      'ASIAarnawsiam111122223333rolereadorders',
      'ASIAarnawsiam444455556666rolereadorders',
    ])
    expect(asked).toHaveLength(2)
  })

  it.each([
    ['no provider', { fromTemporaryCredentials: undefined }, /fromTemporaryCredentials/],
    ['a provider that is no function', { fromTemporaryCredentials: {} }, /fromTemporaryCredentials must be a function/],
    ['no role', { roleArn: undefined }, /roleArn/],
    ['a role name', { roleArn: 'read-orders' }, /"read-orders" is not/],
    ['a user', { roleArn: 'arn:aws:iam::111122223333:user/me' }, /arn:aws:iam::ACCOUNT:role\/NAME/],
    ['no session name', { sessionName: undefined }, /sessionName/],
    ['a session name with spaces', { sessionName: 'orders reader' }, /sessionName must have/],
    ['an empty external id', { externalId: '' }, /externalId must have/],
    ['a short duration', { durationSeconds: 60 }, /durationSeconds must be a whole number from 900/],
    ['credentials in the configuration', { clientConfig: { credentials: {} } }, /takes no credentials/],
    ['a Region in the configuration', { clientConfig: { region: 'eu-west-1' } }, /without region/],
    ['a misspelt option', { externalID: 'x1' }, /"externalID"/],
  ])('refuses %s', (_what, options, message) => {
    const all = { ...recorder(), roleArn: ROLE, sessionName: 'x1', ...options } as Record<string, unknown>
    delete all.asked
    expect(() => assumeRoleClients(all as never)).toThrow(
      expect.objectContaining({ code: 'OPTION_INVALID', message: expect.stringMatching(message) }),
    )
  })

  it.each(['read-orders', '', null, 7])('refuses %j as the role that a function answers', (role) => {
    const { asked, fromTemporaryCredentials } = recorder()
    const clients = assumeRoleClients({ fromTemporaryCredentials, roleArn: () => role as never, sessionName: 'x1' })
    expect(() => clients('eu-west-1', '111122223333')).toThrow(expect.objectContaining({ code: 'OPTION_INVALID', option: 'roleArn' }))
    expect(asked).toEqual([])
  })
})

describe('keyrings over assumed roles', () => {
  let kms: EmbeddedKms
  let ciphertext: Uint8Array
  beforeAll(async () => {
    kms = await startEmbeddedKms()
    const keyring = kmsKeyring({ generatorKeyId: kms.createKey(), clientFor: (region) => clientOf(region) })
    ciphertext = (await createEncryptionClient({ keyring }).encrypt(plaintext, { encryptionContext })).ciphertext
  })
  afterAll(() => kms.close())

  function clientOf(region: string): KMSClient {
    const { fromTemporaryCredentials } = recorder()
    const clientConfig = { endpoint: kms.endpoint, maxAttempts: 1 }
    return assumeRoleClients({ fromTemporaryCredentials, roleArn: ROLE, sessionName: 'x1', clientConfig })(
      region,
      kms.accountId,
    ) as KMSClient
  }

  const decryptWith = (fromTemporaryCredentials: AssumeRoleOptions['fromTemporaryCredentials']) =>
    createEncryptionClient({
      keyring: kmsDiscoveryKeyring({
        accounts: [kms.accountId],
        clientFor: assumeRoleClients({
          fromTemporaryCredentials,
          roleArn: (_region, account) => `arn:aws:iam::${account}:role/read-orders`,
          sessionName: 'x1',
          clientConfig: { endpoint: kms.endpoint, maxAttempts: 1 },
        }),
      }),
    }).decrypt(ciphertext, { encryptionContext })

  it('open with the role of the account that the message names', async () => {
    const { asked, fromTemporaryCredentials } = recorder()
    expect((await decryptWith(fromTemporaryCredentials)).plaintext).toEqual(plaintext)
    expect(asked.map(({ params }) => params.RoleArn)).toEqual([ROLE])
  })

  it.each([
    ['AccessDenied', 'KEY_OPERATIONAL'],
    ['ExpiredToken', 'KEY_OPERATIONAL'],
    ['Throttling', 'KEY_TRANSIENT'],
  ])('report a role that cannot be assumed with the code of STS: %s', async (name, code) => {
    const refused = decryptWith(() => () => Promise.reject(Object.assign(new Error('not for the log'), { name })))
    const error = await refused.catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code, attempts: [{ reason: name }], message: expect.stringContaining(name) })
    expect((error as Error).message).not.toContain('not for the log')
  })
})
