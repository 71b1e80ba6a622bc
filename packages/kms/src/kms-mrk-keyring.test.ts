import {
  createEncryptionClient,
  type KmsKey,
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
import { kmsMrkKeyring } from './kms-mrk-keyring.ts'

const MRK = 'arn:aws:kms:eu-west-1:111122223333:key/mrk-80bd8ecdcd4342aebd84b7dc9da498a7'
const ARN = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'
const encryptionContext = { purpose: 'orders' }
const plaintext = new TextEncoder().encode('two pairs of boots')
const request: WrapRequest = { suite: suiteById('0478'), context: encryptionContext, aad: serialiseContext(encryptionContext) }
const bytes = (text: string) => new TextEncoder().encode(text)

let kms: EmbeddedKms
let clients: EmbeddedClients
/** A primary in us-east-1 and its replica in eu-west-1. */
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

const encryptWith = async (keyring: ReturnType<typeof kmsKeyring>) =>
  (await createEncryptionClient({ keyring }).encrypt(plaintext, { encryptionContext })).ciphertext

describe('an MRK-aware keyring', () => {
  it.each([
    ['by the replica what the primary wrapped', () => [primary, replica]],
    ['by the primary what a replica wrapped', () => [replica, primary]],
    ['by the key itself', () => [replica, replica]],
  ] as const)('opens %s, in the Region of the key that is named', async (_what, pair) => {
    const [writer, reader] = pair() as [string, string]
    const message = await encryptWith(kmsMrkKeyring({ generatorKeyId: writer, clientFor: clients.clientFor }))
    expect(parseMessage(message).encryptedDataKeys.map(({ providerInfo }) => Buffer.from(providerInfo).toString())).toEqual([writer])
    kms.calls.reset()
    using others = embeddedClients(kms)
    const opened = await createEncryptionClient({ keyring: kmsMrkKeyring({ keyIds: [reader], clientFor: others.clientFor }) }).decrypt(
      message,
      {
        encryptionContext,
      },
    )
    expect(opened).toMatchObject({ plaintext, openedBy: { edk: 0, keyId: reader } })
    expect(kms.calls.all).toMatchObject([{ operation: 'Decrypt', keyArn: reader }])
    expect(others.asked).toEqual([`${reader.split(':')[3]} 111122223333`])
  })

  it('opens what a strict keyring wrote with a replica, which a strict one does not', async () => {
    const message = await encryptWith(kmsKeyring({ generatorKeyId: primary, clientFor: clients.clientFor }))
    const strict = createEncryptionClient({ keyring: kmsKeyring({ keyIds: [replica], clientFor: clients.clientFor }) })
    await expect(strict.decrypt(message, { encryptionContext })).rejects.toMatchObject({ code: 'MESSAGE_INVALID' })
    const aware = createEncryptionClient({ keyring: kmsMrkKeyring({ keyIds: [replica], clientFor: clients.clientFor }) })
    expect((await aware.decrypt(message, { encryptionContext })).plaintext).toEqual(plaintext)
  })

  it('opens with the replica that is left when the other Region is down', async () => {
    const keyring = kmsMrkKeyring({ generatorKeyId: primary, clientFor: clients.clientFor })
    const message = await encryptWith(keyring)
    using _outage = kms.faults.outage('reset', { when: ({ keyArn }) => keyArn === primary })
    await expect(createEncryptionClient({ keyring }).decrypt(message, { encryptionContext })).rejects.toMatchObject({
      code: 'KEY_TRANSIENT',
    })
    const west = createEncryptionClient({ keyring: kmsMrkKeyring({ keyIds: [replica], clientFor: clients.clientFor }) })
    expect((await west.decrypt(message, { encryptionContext })).openedBy.keyId).toBe(replica)
  })

  it('takes single-Region keys beside it, each for itself', async () => {
    const single = kms.createKey()
    const other = kms.createKey(undefined, { multiRegion: true })
    const keyring = kmsMrkKeyring({ generatorKeyId: single, keyIds: [replica, other], clientFor: clients.clientFor })
    const message = await encryptWith(keyring)
    expect(kms.calls.byOperation()).toEqual({ GenerateDataKey: 1, Encrypt: 2 })
    for (const [edk, keyId] of [single, replica, other].entries()) {
      const reader = createEncryptionClient({ keyring: kmsMrkKeyring({ keyIds: [keyId], clientFor: clients.clientFor }) })
      expect((await reader.decrypt(message, { encryptionContext })).openedBy).toEqual({ edk, keyId })
    }
  })

  it('has its wrapping key under the names of all its replicas, where it is exactly one', async () => {
    const keys = kmsMrkKeyring({ generatorKeyId: replica, clientFor: clients.clientFor }).wrappingKeys
    const key = (await keys?.current()) as KmsKey
    expect(key).toMatchObject({ kind: 'kms', keyId: replica })
    expect([await keys?.named(replica), await keys?.named(primary)]).toEqual([key, key])
    expect([await keys?.named(ARN), await keys?.named(MRK), await keys?.named('mrk-1')]).toEqual([undefined, undefined, undefined])
  })

  it('owns the encrypted data keys of its replicas', async () => {
    const [recipient] = await kmsMrkKeyring({ generatorKeyId: replica, clientFor: clients.clientFor }).recipients(request)
    const owns = (info: string, providerId = 'aws-kms') =>
      recipient?.owns({ providerId, providerInfo: bytes(info), ciphertext: new Uint8Array(1) })
    expect([owns(replica), owns(primary), owns(primary.replace('us-east-1', 'ap-south-1'))]).toEqual([true, true, true])
    expect([owns(ARN), owns(MRK), owns(replica, 'aws-kms-rsa'), owns(`${replica}0`), owns('')]).toEqual([false, false, false, false, false])
  })
})

describe('what an MRK-aware keyring takes for the same key', () => {
  const attemptsOf = async (keyId: string, ...infos: readonly string[]) => {
    const { client, sent } = cannedClient({ status: 400, json: { __type: 'InvalidCiphertextException' } })
    const edks = infos.map((info) => ({ providerId: 'aws-kms', providerInfo: bytes(info), ciphertext: Uint8Array.of(1) }))
    const { attempts } = (await kmsMrkKeyring({ keyIds: [keyId], client }).unwrap(edks, request)) as UnwrapFailure
    expect(sent.map(({ body }) => body.KeyId)).toEqual(attempts.filter(({ cause }) => cause !== undefined).map(() => keyId))
    return attempts.map(({ outcome, keyId: named, cause }) => (cause === undefined ? outcome : named))
  }

  it('differs in the Region alone, and is asked for by the ARN that is named', async () => {
    const same = ['eu-west-1', 'us-east-1', 'ap-southeast-2'].map((region) => MRK.replace('eu-west-1', region))
    expect(await attemptsOf(MRK, ...same)).toEqual([MRK, MRK, MRK])
    const others = [
      MRK.replace('arn:aws:', 'arn:aws-cn:'),
      MRK.replace('111122223333', '444455556666'),
      MRK.replace('98a7', '98a8'),
      MRK.replace('mrk-', ''),
      MRK.replace('mrk-', 'MRK-'),
      `${MRK}0`,
      ARN,
    ]
    expect(await attemptsOf(MRK, ...others)).toEqual(others.map(() => 'not-mine'))
  })

  it('is in its own Region for a key that is not multi-Region', async () => {
    expect(await attemptsOf(ARN, ARN, ARN.replace('eu-west-1', 'us-east-1'))).toEqual([ARN, 'not-mine'])
  })

  it('is never an alias, whatever its name', async () => {
    const alias = MRK.replace('key/', 'alias/')
    expect(await attemptsOf(MRK, alias, 'mrk-80bd8ecdcd4342aebd84b7dc9da498a7')).toEqual(['rejected', 'rejected'])
    expect(() => kmsMrkKeyring({ keyIds: [alias] })).toThrow(/is an alias/)
  })

  it('is opened only where KMS answers for the key that is named', async () => {
    const elsewhere = MRK.replace('eu-west-1', 'us-east-1')
    const { client } = cannedClient({ json: { KeyId: elsewhere, Plaintext: Buffer.alloc(32, 7).toString('base64') } })
    const edk = { providerId: 'aws-kms', providerInfo: bytes(elsewhere), ciphertext: Uint8Array.of(1) }
    expect(await kmsMrkKeyring({ keyIds: [MRK], client }).unwrap([edk], request)).toMatchObject({
      attempts: [{ keyId: MRK, outcome: 'operational' }],
    })
  })
})

describe('the options of an MRK-aware keyring', () => {
  const elsewhere = MRK.replace('eu-west-1', 'us-east-1')
  it.each([
    ['no key', {}, /kmsMrkKeyring needs generatorKeyId/],
    ['a key twice', { generatorKeyId: MRK, keyIds: [MRK] }, /a key is named twice/],
    [
      'a replica beside its primary',
      { generatorKeyId: MRK, keyIds: [ARN, elsewhere] },
      new RegExp(`several Regions.*${MRK}, ${elsewhere}`),
    ],
    ['replicas among further keys', { keyIds: [elsewhere, MRK] }, /several Regions/],
    ['a bare multi-Region id', { generatorKeyId: 'mrk-80bd8ecdcd4342aebd84b7dc9da498a7' }, /takes the ARN/],
    ['a Region', { generatorKeyId: MRK, region: 'us-east-1' }, /"region"/],
    ['accounts', { generatorKeyId: MRK, accounts: ['111122223333'] }, /"accounts"/],
  ])('are refused: %s', (_what, options, message) => {
    expect(() => kmsMrkKeyring(options as never)).toThrow(
      expect.objectContaining({ code: 'OPTION_INVALID', message: expect.stringMatching(message) }),
    )
  })

  it('may name in a strict keyring what is one key in an MRK-aware one', () => {
    expect(() => kmsKeyring({ keyIds: [elsewhere, MRK] })).not.toThrow()
  })
})
