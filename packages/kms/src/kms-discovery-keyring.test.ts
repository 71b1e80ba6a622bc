import { KMSClient } from '@aws-sdk/client-kms'
import {
  createEncryptionClient,
  type EncryptedDataKey,
  generateAesKey,
  multiKeyring,
  parseMessage,
  rawAesKeyring,
  serialiseContext,
  suiteById,
  type UnwrapFailure,
  type Unwrapped,
  type WrapRequest,
} from '@strongroom/core'
import { type EmbeddedKms, startEmbeddedKms } from '@strongroom/testing'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { cannedClient } from '../test/canned-client.ts'
import { type EmbeddedClients, embeddedClients } from '../test/embedded-clients.ts'
import { limitRegions } from './client-supplier.ts'
import { type KmsDiscoveryKeyringOptions, kmsDiscoveryKeyring } from './kms-discovery-keyring.ts'
import { kmsKeyring } from './kms-keyring.ts'

const OURS = '111122223333'
const THEIRS = '444455556666'
const encryptionContext = { purpose: 'orders' }
const plaintext = new TextEncoder().encode('two pairs of boots')
const request: WrapRequest = { suite: suiteById('0478'), context: encryptionContext, aad: serialiseContext(encryptionContext) }

let ours: EmbeddedKms
let theirs: EmbeddedKms
let clients: EmbeddedClients
beforeAll(async () => {
  ours = await startEmbeddedKms({ accountId: OURS })
  theirs = await startEmbeddedKms({ accountId: THEIRS })
})
beforeEach(() => {
  clients = embeddedClients(ours, theirs)
  ours.calls.reset()
  theirs.calls.reset()
})
afterEach(() => {
  clients[Symbol.dispose]()
  ours.faults.clear()
  vi.unstubAllEnvs()
})
afterAll(() => Promise.all([ours.close(), theirs.close()]))

/** A message of some keys, in this order. */
async function written(...keyIds: readonly [string, ...string[]]): Promise<Uint8Array> {
  using writers = embeddedClients(ours, theirs)
  const keyring = kmsKeyring({ generatorKeyId: keyIds[0], keyIds: keyIds.slice(1), clientFor: writers.clientFor })
  const { ciphertext } = await createEncryptionClient({ keyring }).encrypt(plaintext, { encryptionContext })
  ours.calls.reset()
  theirs.calls.reset()
  return ciphertext
}

function unwrap(ciphertext: Uint8Array, options: Partial<KmsDiscoveryKeyringOptions>): Promise<Unwrapped | UnwrapFailure> {
  const keyring = kmsDiscoveryKeyring({ accounts: [OURS], clientFor: clients.clientFor, ...options })
  const { encryptedDataKeys, encryptionContext: context } = parseMessage(ciphertext)
  return keyring.unwrap(encryptedDataKeys, { ...request, context, aad: serialiseContext(context) })
}

/** How many calls any KMS got. */
const calls = (): number => ours.calls.count() + theirs.calls.count()

describe('what a discovery keyring opens', () => {
  it('is what any key of the accounts wrapped, in the Region of the key', async () => {
    for (const region of ['us-east-1', 'eu-west-1', 'ap-southeast-2']) {
      const keyId = ours.createKey(undefined, { region })
      const reader = createEncryptionClient({ keyring: kmsDiscoveryKeyring({ accounts: [OURS], clientFor: clients.clientFor }) })
      const opened = await reader.decrypt(await written(keyId), { encryptionContext })
      expect(opened).toMatchObject({ plaintext, openedBy: { edk: 0, keyId } })
      expect(ours.calls.all).toMatchObject([{ operation: 'Decrypt', keyArn: keyId }])
    }
  })

  it('is tried in the order in which the message names the keys, until one opens', async () => {
    const keyIds = ['eu-west-1', 'us-east-1', 'eu-central-1'].map((region) => ours.createKey(undefined, { region })) as [
      string,
      string,
      string,
    ]
    const message = await written(...keyIds)
    const tried = () => ours.calls.all.map(({ keyArn }) => keyArn)
    expect(await unwrap(message, {})).toMatchObject({ edk: 0, keyId: keyIds[0] })
    expect(tried()).toEqual([keyIds[0]])
    ours.calls.reset()
    using _fault = ours.faults.fail({ name: 'AccessDeniedException' }, { when: ({ keyArn }) => keyArn !== keyIds[2] })
    expect(await unwrap(message, {})).toMatchObject({ edk: 2, keyId: keyIds[2] })
    expect(tried()).toEqual(keyIds)
  })

  it('is opened by the key that the message names or not at all, whatever KMS answers', async () => {
    const keyId = ours.createKey()
    const other = ours.createKey()
    const { client, sent } = cannedClient(
      { json: { KeyId: other, Plaintext: Buffer.alloc(32, 7).toString('base64') } },
      { region: 'us-east-1' },
    )
    const message = await written(keyId)
    expect(await unwrap(message, { client, clientFor: undefined })).toMatchObject({ attempts: [{ edk: 0, keyId, outcome: 'operational' }] })
    expect(sent.map(({ body }) => body.KeyId)).toEqual([keyId])
    // Under the name of the other key the blob is not opened.
    const [edk] = parseMessage(message).encryptedDataKeys as [EncryptedDataKey]
    const renamed = { ...edk, providerInfo: new TextEncoder().encode(other) }
    const keyring = kmsDiscoveryKeyring({ accounts: [OURS], clientFor: clients.clientFor })
    expect(await keyring.unwrap([renamed], request)).toMatchObject({
      attempts: [{ edk: 0, keyId: other, outcome: 'rejected', reason: 'IncorrectKeyException' }],
    })
  })

  it('is not opened under another encryption context', async () => {
    const message = await written(ours.createKey())
    const keyring = kmsDiscoveryKeyring({ accounts: [OURS], clientFor: clients.clientFor })
    const { encryptedDataKeys } = parseMessage(message)
    expect(await keyring.unwrap(encryptedDataKeys, request)).toMatchObject({
      attempts: [{ outcome: 'rejected', reason: 'InvalidCiphertextException' }],
    })
  })
})

describe('the filter of a discovery keyring', () => {
  it('leaves the keys of other accounts alone: no client, no call, and the error says why', async () => {
    const message = await written(theirs.createKey())
    const reader = createEncryptionClient({ keyring: kmsDiscoveryKeyring({ accounts: [OURS], clientFor: clients.clientFor }) })
    await expect(reader.decrypt(message, { encryptionContext })).rejects.toMatchObject({
      code: 'MESSAGE_INVALID',
      attempts: [{ edk: 0, outcome: 'not-mine', reason: 'account-not-allowed' }],
      message: expect.stringContaining('account-not-allowed'),
    })
    expect([calls(), clients.asked]).toEqual([0, []])
    expect(await unwrap(message, { accounts: [OURS, THEIRS] })).toMatchObject({ edk: 0 })
    expect([ours.calls.count(), theirs.calls.count()]).toEqual([0, 1])
  })

  it('opens what it may behind what it may not', async () => {
    const [foreign, own] = [theirs.createKey(), ours.createKey()]
    expect(await unwrap(await written(foreign, own), {})).toMatchObject({ edk: 1, keyId: own })
    expect([ours.calls.count(), theirs.calls.count()]).toEqual([1, 0])
  })

  it("opens the keys of every account only where it is told 'any'", async () => {
    for (const [kms, keyId] of [
      [ours, ours.createKey()],
      [theirs, theirs.createKey()],
    ] as const) {
      expect(await unwrap(await written(keyId), { accounts: 'any' })).toMatchObject({ keyId })
      expect(kms.calls.count('Decrypt')).toBe(1)
    }
  })

  it('leaves the keys of other Regions alone: no client, no call', async () => {
    const keyIds = ['us-east-1', 'eu-west-1'].map((region) => ours.createKey(undefined, { region })) as [string, string]
    const message = await written(...keyIds)
    expect(await unwrap(message, { regions: ['eu-west-1'] })).toMatchObject({ edk: 1, keyId: keyIds[1] })
    expect(ours.calls.all).toMatchObject([{ operation: 'Decrypt', keyArn: keyIds[1] }])
    expect(clients.asked).toEqual([`eu-west-1 ${OURS}`])
    expect(await unwrap(message, { regions: ['sa-east-1'] })).toEqual({
      attempts: keyIds.map((keyId, edk) => ({ edk, keyId, outcome: 'not-mine', reason: 'region-not-allowed' })),
    })
    expect(ours.calls.count()).toBe(1)
  })

  const named = (partition: string, region = 'us-east-1', account = OURS): EncryptedDataKey => ({
    providerId: 'aws-kms',
    providerInfo: new TextEncoder().encode(`arn:${partition}:kms:${region}:${account}:key/1234abcd-12ab-34cd-56ef-1234567890ab`),
    ciphertext: Uint8Array.of(1),
  })
  const reasonsOf = async (options: object, ...edks: readonly EncryptedDataKey[]) => {
    const { client, sent } = cannedClient({ status: 400, json: { __type: 'InvalidCiphertextException' } }, { region: 'us-east-1' })
    const keyring = kmsDiscoveryKeyring({ accounts: [OURS], client, ...options })
    const { attempts } = (await keyring.unwrap(edks, request)) as UnwrapFailure
    expect(sent).toHaveLength(attempts.filter(({ outcome }) => outcome === 'rejected').length)
    return attempts.map(({ outcome, reason }) => (outcome === 'not-mine' ? reason : outcome))
  }

  it('takes a list of accounts for accounts of the partition aws, or of the one it is told', async () => {
    const edks = [named('aws'), named('aws-cn'), named('aws-us-gov')]
    expect(await reasonsOf({}, ...edks)).toEqual(['rejected', 'partition-not-allowed', 'partition-not-allowed'])
    expect(await reasonsOf({ partition: 'aws-cn' }, ...edks)).toEqual(['partition-not-allowed', 'rejected', 'partition-not-allowed'])
    expect(await reasonsOf({ accounts: 'any' }, ...edks)).toEqual(['rejected', 'rejected', 'rejected'])
    expect(await reasonsOf({ accounts: 'any', partition: 'aws' }, ...edks)).toEqual([
      'rejected',
      'partition-not-allowed',
      'partition-not-allowed',
    ])
  })

  it('compares whole account ids', async () => {
    const accounts = [OURS.slice(1), `${OURS}0`, OURS.replace('1', '2')]
    const refused = accounts.map((account) => named('aws', 'us-east-1', account))
    expect(await reasonsOf({}, named('aws'), ...refused)).toEqual([
      'rejected',
      'account-not-allowed',
      'account-not-allowed',
      'account-not-allowed',
    ])
  })

  it('lets no host name in where the Region stands', async () => {
    const regions = [
      'evil.example/',
      'us-east-1.evil.example',
      'us-east-1#',
      'us-east-1@evil',
      'localhost',
      '127.0.0.1',
      '-us-east-1',
      'us-east-1-',
    ]
    const reasons = await reasonsOf(
      { accounts: 'any', client: undefined, clientFor: clients.clientFor },
      ...regions.map((region) => named('aws', region)),
    )
    expect(reasons).toEqual(regions.map(() => 'region-not-allowed'))
    // The SDK would make a host name of it.
    expect(clients.asked).toEqual([])
  })

  it("asks KMS of nothing that is no account or partition of AWS, even with 'any'", async () => {
    const reasons = await reasonsOf(
      { accounts: 'any' },
      named('evil'),
      named('aws', 'us-east-1', 'somebody'),
      named('aws', 'us-east-1', '1'),
    )
    expect(reasons).toEqual(['partition-not-allowed', 'account-not-allowed', 'account-not-allowed'])
  })
})

describe('what a discovery keyring leaves alone or rejects without a call', () => {
  it('are aliases, names that are no ARN, and the encrypted data keys of other providers', async () => {
    const { client, sent } = cannedClient({}, { region: 'us-east-1' })
    const keyring = kmsDiscoveryKeyring({ accounts: 'any', client })
    const key = 'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'
    const edks = [
      ['aws-kms', 'arn:aws:kms:us-east-1:111122223333:alias/orders'],
      ['aws-kms', 'alias/orders'],
      ['aws-kms', '1234abcd-12ab-34cd-56ef-1234567890ab'],
      ['aws-kms', ''],
      ['aws-kms', `${key}\n`],
      ['aws-kms-rsa', key],
      ['AWS-KMS', key],
    ] as const
    const answer = await keyring.unwrap(
      edks.map(([providerId, info]) => ({ providerId, providerInfo: new TextEncoder().encode(info), ciphertext: Uint8Array.of(1) })),
      request,
    )
    expect(answer).toEqual({
      attempts: edks.map(([providerId], edk) => ({ edk, outcome: providerId === 'aws-kms' ? 'rejected' : 'not-mine' })),
    })
    expect(sent).toHaveLength(0)
  })
})

describe('the clients of a discovery keyring', () => {
  it('are one for each Region and account', async () => {
    const keyIds = [ours.createKey(), ours.createKey(), theirs.createKey(), ours.createKey(undefined, { region: 'eu-west-1' })] as const
    const keyring = kmsDiscoveryKeyring({ accounts: [OURS, THEIRS], clientFor: clients.clientFor })
    const reader = createEncryptionClient({ keyring })
    for (const keyId of keyIds) await reader.decrypt(await written(keyId), { encryptionContext })
    expect(clients.asked).toEqual([`us-east-1 ${OURS}`, `us-east-1 ${THEIRS}`, `eu-west-1 ${OURS}`])
  })

  it('limit the Regions, where there is none for some', async () => {
    const keyIds = ['us-east-1', 'eu-west-1'].map((region) => ours.createKey(undefined, { region })) as [string, string]
    const message = await written(...keyIds)
    expect(await unwrap(message, { clientFor: limitRegions(['eu-west-1'], clients.clientFor) })).toMatchObject({ edk: 1 })
    expect(await unwrap(message, { clientFor: () => undefined })).toMatchObject({
      attempts: [{ reason: 'region-not-allowed' }, { reason: 'region-not-allowed' }],
    })
    expect(calls()).toBe(1)
  })

  it('limit the Region to that of a single client', async () => {
    const keyIds = ['us-east-1', 'eu-west-1'].map((region) => ours.createKey(undefined, { region })) as [string, string]
    const client = clients.clientFor('eu-west-1', OURS)
    expect(await unwrap(await written(...keyIds), { client, clientFor: undefined })).toMatchObject({ edk: 1, keyId: keyIds[1] })
    expect(calls()).toBe(1)
  })

  it('are somebody’s to mend where they are for another Region', async () => {
    const keyId = ours.createKey()
    const wrong = clients.clientFor('eu-west-1', OURS)
    expect(await unwrap(await written(keyId), { clientFor: () => wrong })).toMatchObject({
      attempts: [{ keyId, outcome: 'operational', cause: { code: 'OPTION_INVALID' } }],
    })
    expect(calls()).toBe(0)
  })

  it('are the SDK’s own where none is given', async () => {
    const message = await written(ours.createKey())
    vi.stubEnv('AWS_ENDPOINT_URL_KMS', ours.endpoint)
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'test')
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test')
    expect(await unwrap(message, { clientFor: undefined })).toMatchObject({ edk: 0 })
  })

  it('do not follow the environment to an endpoint without TLS', async () => {
    const message = await written(ours.createKey())
    vi.stubEnv('AWS_ENDPOINT_URL_KMS', 'http://kms.internal:8080')
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'test')
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test')
    expect(await unwrap(message, { clientFor: undefined })).toMatchObject({
      attempts: [{ outcome: 'operational', cause: { code: 'ENDPOINT_INSECURE' } }],
    })
  })

  it('send the grant tokens', async () => {
    const message = await written(ours.createKey())
    expect(await unwrap(message, { grantTokens: ['never-given-out'] })).toMatchObject({
      attempts: [{ outcome: 'operational', reason: 'InvalidGrantTokenException' }],
    })
  })
})

describe('a discovery keyring and encryption', () => {
  it('refuses to encrypt, alone or for a data key of another keyring', async () => {
    const keyring = kmsDiscoveryKeyring({ accounts: [OURS], clientFor: clients.clientFor })
    const local = rawAesKeyring({ namespace: 'local', name: 'kek', key: generateAesKey() })
    for (const each of [keyring, multiKeyring({ generator: keyring }), multiKeyring({ generator: local, children: [keyring] })]) {
      await expect(createEncryptionClient({ keyring: each }).encrypt(plaintext, { encryptionContext })).rejects.toMatchObject({
        code: 'KEYRING_CANNOT_ENCRYPT',
        message: expect.stringContaining('kmsDiscoveryKeyring only decrypts'),
      })
    }
    expect(calls()).toBe(0)
    expect(keyring.wrappingKeys).toBeUndefined()
  })

  it('opens beside other keyrings', async () => {
    const keyId = ours.createKey()
    const local = rawAesKeyring({ namespace: 'local', name: 'kek', key: generateAesKey() })
    const both = multiKeyring({ children: [local, kmsDiscoveryKeyring({ accounts: [OURS], clientFor: clients.clientFor })] })
    expect((await createEncryptionClient({ keyring: both }).decrypt(await written(keyId), { encryptionContext })).openedBy.keyId).toBe(
      keyId,
    )
  })
})

describe('the options of a discovery keyring', () => {
  it.each([
    ['no account', {}, /needs the option accounts.*accounts: 'any'/],
    ['undefined accounts', { accounts: undefined }, /needs the option accounts/],
    ['an empty list', { accounts: [] }, /accounts must be a list.*at least one/],
    ['a single account', { accounts: OURS }, /accounts must be a list/],
    ['another word', { accounts: 'all' }, /accounts must be a list/],
    ['an ARN', { accounts: [`arn:aws:iam::${OURS}:root`] }, /accounts must be a list/],
    ['a number', { accounts: [111_122_223_333] }, /accounts must be a list/],
    ['any in a list', { accounts: ['any'] }, /accounts must be a list/],
    ['an unknown partition', { accounts: [OURS], partition: 'gov' }, /partition must be/],
    ['an empty list of Regions', { accounts: [OURS], regions: [] }, /regions must be a list/],
    ['a misspelt Region', { accounts: [OURS], regions: ['eu-west'] }, /regions must be a list/],
    ['a single Region', { accounts: [OURS], regions: 'eu-west-1' }, /regions must be a list/],
    [
      'the filter of the official client',
      { accounts: [OURS], discoveryFilter: { accountIDs: [OURS], partition: 'aws' } },
      /"discoveryFilter"/,
    ],
    ['a misspelt filter', { accounts: 'any', region: ['eu-west-1'] }, /"region"/],
    ['keys', { accounts: [OURS], keyIds: ['arn:aws:kms:eu-west-1:111122223333:key/1'] }, /"keyIds"/],
    ['two sources of clients', { accounts: [OURS], client: cannedClient({}).client, clientFor: () => cannedClient({}).client }, /not both/],
    ['no client', { accounts: [OURS], client: {} }, /client must be a KMSClient/],
    ['too many grant tokens', { accounts: [OURS], grantTokens: Array(11).fill('x') }, /at most 10/],
  ])('are refused: %s', (_what, options, message) => {
    expect(() => kmsDiscoveryKeyring(options as never)).toThrow(
      expect.objectContaining({ code: 'OPTION_INVALID', message: expect.stringMatching(message) }),
    )
  })

  it('are read once: changing the lists later changes nothing', async () => {
    const accounts = [OURS]
    const regions = ['us-east-1']
    const keyring = kmsDiscoveryKeyring({ accounts, regions, clientFor: clients.clientFor })
    accounts.push(THEIRS)
    regions.push('eu-west-1')
    const reader = createEncryptionClient({ keyring })
    for (const keyId of [theirs.createKey(), ours.createKey(undefined, { region: 'eu-west-1' })]) {
      await expect(reader.decrypt(await written(keyId), { encryptionContext })).rejects.toMatchObject({ code: 'MESSAGE_INVALID' })
    }
    expect(calls()).toBe(0)
  })
})

describe('a discovery keyring in trouble', () => {
  it('heeds a signal that is aborted, even where there is nothing to try', async () => {
    const keyring = kmsDiscoveryKeyring({ accounts: [OURS], clientFor: clients.clientFor })
    const { encryptedDataKeys } = parseMessage(await written(theirs.createKey()))
    const reason = new Error('gave up')
    await expect(keyring.unwrap(encryptedDataKeys, { ...request, signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  })

  it('does not wait for the Region of a client once it is aborted', async () => {
    const { promise, resolve } = Promise.withResolvers<string>()
    const slow = new KMSClient({ ...ours.clientConfig, region: () => promise })
    const keyring = kmsDiscoveryKeyring({ accounts: [OURS], client: slow })
    const { encryptedDataKeys } = parseMessage(await written(ours.createKey()))
    const controller = new AbortController()
    const reason = new Error('gave up')
    const pending = keyring.unwrap(encryptedDataKeys, { ...request, signal: controller.signal })
    controller.abort(reason)
    await expect(pending).rejects.toBe(reason)
    resolve('us-east-1')
    slow.destroy()
  })

  it('tells the observer what KMS said, by key', async () => {
    const keyId = ours.createKey()
    const message = await written(keyId)
    const events: unknown[] = []
    using _fault = ours.faults.fail({ name: 'AccessDeniedException' })
    const keyring = kmsDiscoveryKeyring({ accounts: [OURS], clientFor: clients.clientFor })
    const reader = createEncryptionClient({ keyring, observer: (event) => events.push(event) })
    await expect(reader.decrypt(message, { encryptionContext })).rejects.toMatchObject({ code: 'KEY_OPERATIONAL' })
    expect(events).toContainEqual({
      type: 'keyring.failed',
      keyId,
      outcome: 'operational',
      reason: 'AccessDeniedException',
      error: 'KmsKeyError',
    })
  })
})
