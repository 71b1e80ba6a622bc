import {
  createEncryptionClient,
  multiKeyring,
  parseMessage,
  serialiseContext,
  suiteById,
  type UnwrapFailure,
  type WrapRequest,
} from '@strongroom/core'
import { type EmbeddedKms, startEmbeddedKms } from '@strongroom/testing'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { cannedClient } from '../test/canned-client.ts'
import { type EmbeddedClients, embeddedClients } from '../test/embedded-clients.ts'
import { kmsKeyring } from './kms-keyring.ts'
import { kmsMrkDiscoveryKeyring } from './kms-mrk-discovery-keyring.ts'

const OURS = '111122223333'
const MRK = 'arn:aws:kms:eu-west-1:111122223333:key/mrk-80bd8ecdcd4342aebd84b7dc9da498a7'
const ARN = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'
const encryptionContext = { purpose: 'orders' }
const plaintext = new TextEncoder().encode('two pairs of boots')
const request: WrapRequest = { suite: suiteById('0478'), context: encryptionContext, aad: serialiseContext(encryptionContext) }

let kms: EmbeddedKms
let clients: EmbeddedClients
let primary: string
let replica: string
beforeAll(async () => {
  kms = await startEmbeddedKms()
  primary = kms.createKey(undefined, { multiRegion: true })
  replica = kms.replicateKey(primary, 'eu-west-1')
})
beforeEach(() => {
  clients = embeddedClients(kms)
  kms.calls.reset()
})
afterEach(() => {
  clients[Symbol.dispose]()
  kms.faults.clear()
})
afterAll(() => kms.close())

async function written(...keyIds: readonly [string, ...string[]]): Promise<Uint8Array> {
  using writers = embeddedClients(kms)
  const keyring = kmsKeyring({ generatorKeyId: keyIds[0], keyIds: keyIds.slice(1), clientFor: writers.clientFor })
  const { ciphertext } = await createEncryptionClient({ keyring }).encrypt(plaintext, { encryptionContext })
  kms.calls.reset()
  return ciphertext
}

const inRegion = (region: string) => kmsMrkDiscoveryKeyring({ region, accounts: [OURS], clientFor: clients.clientFor })

describe('an MRK-aware discovery keyring', () => {
  it('opens in its Region what a multi-Region key wrapped in another, by the replica', async () => {
    for (const [writer, region, keyId] of [
      [primary, 'eu-west-1', replica],
      [replica, 'us-east-1', primary],
      [replica, 'eu-west-1', replica],
    ] as const) {
      const message = await written(writer)
      const reader = createEncryptionClient({ keyring: inRegion(region) })
      expect(await reader.decrypt(message, { encryptionContext })).toMatchObject({ plaintext, openedBy: { edk: 0, keyId } })
      expect(kms.calls.all).toMatchObject([{ operation: 'Decrypt', keyArn: keyId }])
    }
    expect(new Set(clients.asked)).toEqual(new Set([`eu-west-1 ${OURS}`, `us-east-1 ${OURS}`]))
  })

  it('leaves other keys of other Regions alone, and makes no call for them', async () => {
    const [east, west] = [kms.createKey(), kms.createKey(undefined, { region: 'eu-west-1' })]
    const { encryptedDataKeys, encryptionContext: context } = parseMessage(await written(east, west))
    expect(await inRegion('eu-west-1').unwrap(encryptedDataKeys, { ...request, context })).toMatchObject({ edk: 1, keyId: west })
    expect(kms.calls.all).toMatchObject([{ operation: 'Decrypt', keyArn: west }])
    kms.calls.reset()
    expect(await inRegion('ap-south-1').unwrap(encryptedDataKeys, { ...request, context })).toEqual({
      attempts: [east, west].map((keyId, edk) => ({ edk, keyId, outcome: 'not-mine', reason: 'region-not-allowed' })),
    })
    expect(kms.calls.count()).toBe(0)
  })

  it('calls a missing replica somebody’s to mend, and opens by the next Region of several', async () => {
    const message = await written(primary)
    const alone = createEncryptionClient({ keyring: inRegion('ap-south-1') })
    await expect(alone.decrypt(message, { encryptionContext })).rejects.toMatchObject({
      code: 'KEY_OPERATIONAL',
      attempts: [{ outcome: 'operational', keyId: primary.replace('us-east-1', 'ap-south-1'), reason: 'NotFoundException' }],
    })
    const several = createEncryptionClient({ keyring: multiKeyring({ children: [inRegion('ap-south-1'), inRegion('eu-west-1')] }) })
    expect((await several.decrypt(message, { encryptionContext })).openedBy.keyId).toBe(replica)
  })

  it('needs a client of its Region', async () => {
    const { encryptedDataKeys } = parseMessage(await written(primary))
    for (const options of [{ client: clients.clientFor('us-east-1', OURS) }, { clientFor: () => undefined }]) {
      const keyring = kmsMrkDiscoveryKeyring({ region: 'eu-west-1', accounts: [OURS], ...options })
      expect(await keyring.unwrap(encryptedDataKeys, request)).toMatchObject({
        attempts: [{ keyId: replica, outcome: 'operational', cause: { code: 'OPTION_INVALID' } }],
      })
    }
    expect(kms.calls.count()).toBe(0)
  })

  it('refuses to encrypt', async () => {
    const writer = createEncryptionClient({ keyring: inRegion('us-east-1') })
    await expect(writer.encrypt(plaintext, { encryptionContext })).rejects.toMatchObject({
      code: 'KEYRING_CANNOT_ENCRYPT',
      message: expect.stringContaining('kmsMrkDiscoveryKeyring only decrypts'),
    })
  })
})

describe('the filter of an MRK-aware discovery keyring', () => {
  const attemptsOf = async (options: object, ...infos: readonly string[]) => {
    const { client, sent } = cannedClient({ status: 400, json: { __type: 'InvalidCiphertextException' } }, { region: 'us-east-1' })
    const keyring = kmsMrkDiscoveryKeyring({ region: 'us-east-1', accounts: [OURS], client, ...options })
    const edks = infos.map((info) => ({
      providerId: 'aws-kms',
      providerInfo: new TextEncoder().encode(info),
      ciphertext: Uint8Array.of(1),
    }))
    const { attempts } = (await keyring.unwrap(edks, request)) as UnwrapFailure
    return {
      said: attempts.map(({ outcome, reason }) => (outcome === 'not-mine' ? reason : outcome)),
      asked: sent.map(({ body }) => body.KeyId),
    }
  }
  const inUs = MRK.replace('eu-west-1', 'us-east-1')

  it('lets through what it names, by the ARN of the Region', async () => {
    expect(await attemptsOf({}, MRK, MRK.replace(OURS, '444455556666'), MRK.replace('arn:aws:', 'arn:aws-cn:'), ARN)).toEqual({
      said: ['rejected', 'account-not-allowed', 'partition-not-allowed', 'region-not-allowed'],
      asked: [inUs],
    })
    expect((await attemptsOf({ partition: 'aws-cn' }, MRK, MRK.replace('arn:aws:', 'arn:aws-cn:'))).said).toEqual([
      'partition-not-allowed',
      'rejected',
    ])
    expect((await attemptsOf({ accounts: 'any' }, MRK, MRK.replace(OURS, '444455556666'))).said).toEqual(['rejected', 'rejected'])
  })

  it('lets no alias through for a multi-Region key', async () => {
    expect(await attemptsOf({ accounts: 'any' }, MRK.replace('key/', 'alias/'), 'mrk-80bd8ecdcd4342aebd84b7dc9da498a7')).toEqual({
      said: ['rejected', 'rejected'],
      asked: [],
    })
  })

  it('takes an answer of a related key for no answer', async () => {
    const { client } = cannedClient({ json: { KeyId: MRK, Plaintext: Buffer.alloc(32, 7).toString('base64') } }, { region: 'us-east-1' })
    const keyring = kmsMrkDiscoveryKeyring({ region: 'us-east-1', accounts: [OURS], client })
    const edk = { providerId: 'aws-kms', providerInfo: new TextEncoder().encode(MRK), ciphertext: Uint8Array.of(1) }
    expect(await keyring.unwrap([edk], request)).toMatchObject({ attempts: [{ keyId: inUs, outcome: 'operational' }] })
  })
})

describe('the options of an MRK-aware discovery keyring', () => {
  const given = { region: 'eu-west-1', accounts: [OURS] }
  it.each([
    ['no Region', { accounts: [OURS] }, /needs the option region/],
    ['a misspelt Region', { ...given, region: 'eu-west' }, /region must be an AWS Region/],
    ['several Regions', { ...given, regions: ['eu-west-1'] }, /"regions"/],
    ['no accounts', { region: 'eu-west-1' }, /needs the option accounts.*accounts: 'any'/],
    ['an empty list', { ...given, accounts: [] }, /accounts must be a list/],
    ['an unknown partition', { ...given, partition: 'eu' }, /partition must be/],
    ['the filter of the official client', { ...given, discoveryFilter: { accountIDs: [OURS], partition: 'aws' } }, /"discoveryFilter"/],
    ['two sources of clients', { ...given, client: cannedClient({}).client, clientFor: () => undefined }, /not both/],
    ['too many grant tokens', { ...given, grantTokens: Array(11).fill('x') }, /at most 10/],
    ['a permission that is no boolean', { ...given, allowInsecureEndpoint: 'no' }, /true or false/],
  ])('are refused: %s', (_what, options, message) => {
    expect(() => kmsMrkDiscoveryKeyring(options as never)).toThrow(
      expect.objectContaining({ code: 'OPTION_INVALID', message: expect.stringMatching(message) }),
    )
  })
})
