import { generateKeyPairSync } from 'node:crypto'
import { GetPublicKeyCommand } from '@aws-sdk/client-kms'
import { createEncryptionClient, createKeyringRegistry, type KeyringRegistry, keyringFromUri, parseMessage } from '@strongroom/core'
import { type EmbeddedKms, startEmbeddedKms } from '@strongroom/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cannedClient } from '../test/canned-client.ts'
import { type EmbeddedClients, embeddedClients } from '../test/embedded-clients.ts'
import { kmsSchemes } from './keyring-schemes.ts'

const ARN = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'
const encryptionContext = { purpose: 'orders' }
const plaintext = new TextEncoder().encode('two pairs of boots')

const files = new Map<string, Uint8Array>()
let kms: EmbeddedKms
let clients: EmbeddedClients
let registry: KeyringRegistry
beforeAll(async () => {
  kms = await startEmbeddedKms()
  clients = embeddedClients(kms)
  registry = createKeyringRegistry({
    schemes: kmsSchemes({ clientFor: clients.clientFor }),
    readFile: async (path) => Uint8Array.from(files.get(path) ?? []),
  })
})
afterAll(async () => {
  clients[Symbol.dispose]()
  await kms.close()
})

async function encrypt(...uris: readonly string[]): Promise<Uint8Array> {
  const client = createEncryptionClient({ keyring: await registry.keyringFromUri(uris) })
  return (await client.encrypt(plaintext, { encryptionContext })).ciphertext
}

async function encryptUnsigned(uri: string): Promise<Uint8Array> {
  const client = createEncryptionClient({ keyring: await registry.keyringFromUri(uri) })
  return (await client.encrypt(plaintext, { encryptionContext, suite: '0478' })).ciphertext
}

async function openedBy(message: Uint8Array, uri: string): Promise<string> {
  const client = createEncryptionClient({ keyring: await registry.keyringFromUri(uri) })
  const opened = await client.decrypt(message, { encryptionContext })
  expect(opened.plaintext).toEqual(plaintext)
  return opened.openedBy.keyId
}

describe('kmsSchemes', () => {
  it('makes keyrings of keys by their ARN', async () => {
    const [a, b] = [kms.createKey(), kms.createKey(undefined, { region: 'eu-west-1' })]
    const message = await encrypt(`aws-kms://${a}`, `aws-kms://${b}`)
    expect(parseMessage(message).encryptedDataKeys.map(({ providerInfo }) => Buffer.from(providerInfo).toString())).toEqual([a, b])
    for (const arn of [a, b]) expect(await openedBy(message, `aws-kms://${arn}`)).toBe(arn)
  })

  it('makes keyrings of multi-Region keys, which open with replicas', async () => {
    const primary = kms.createKey(undefined, { multiRegion: true })
    const replica = kms.replicateKey(primary, 'eu-west-1')
    const message = await encrypt(`aws-kms://${primary}`)
    expect(await openedBy(message, `aws-kms-mrk://${replica}`)).toBe(replica)
    expect(await openedBy(message, 'aws-kms-mrk-discovery://eu-west-1/111122223333')).toBe(replica)
    await expect(openedBy(message, `aws-kms://${replica}`)).rejects.toMatchObject({ code: 'MESSAGE_INVALID' })
  })

  it('makes discovery keyrings with their filter', async () => {
    const arn = kms.createKey()
    const message = await encrypt(`aws-kms://${arn}`)
    for (const uri of [
      'aws-kms-discovery://any',
      'aws-kms-discovery://444455556666,111122223333',
      'aws-kms-discovery://111122223333?regions=eu-west-1,us-east-1&partition=aws',
    ]) {
      expect(await openedBy(message, uri)).toBe(arn)
    }
    for (const [uri, reason] of [
      ['aws-kms-discovery://444455556666', 'account-not-allowed'],
      ['aws-kms-discovery://111122223333?regions=eu-west-1', 'region-not-allowed'],
      ['aws-kms-discovery://any?partition=aws-cn', 'partition-not-allowed'],
      ['aws-kms-mrk-discovery://eu-west-1/111122223333', 'region-not-allowed'],
      ['aws-kms-mrk-discovery://us-east-1/444455556666', 'account-not-allowed'],
      ['aws-kms-mrk-discovery://us-east-1/any?partition=aws-cn', 'partition-not-allowed'],
    ] as const) {
      await expect(openedBy(message, uri), uri).rejects.toMatchObject({ code: 'MESSAGE_INVALID', attempts: [{ reason }] })
    }
  })

  it('makes keyrings of RSA keys, which write without KMS where their public half is in a file', async () => {
    const arn = kms.createKey(undefined, { spec: 'RSA_2048' })
    const { PublicKey } = await clients.clientFor('us-east-1', '111122223333').send(new GetPublicKeyCommand({ KeyId: arn }))
    files.set('rsa.der', Uint8Array.from(PublicKey ?? []))
    kms.calls.reset()
    const message = await encryptUnsigned(`aws-kms-rsa://${arn}?public-key-file=rsa.der&padding=OAEP_SHA1`)
    expect(kms.calls.all).toEqual([])
    expect(await openedBy(message, `aws-kms-rsa://${arn}?padding=OAEP_SHA1`)).toBe(arn)
    await expect(openedBy(message, `aws-kms-rsa://${arn}`)).rejects.toMatchObject({ code: 'MESSAGE_INVALID' })
    expect(await openedBy(await encryptUnsigned(`aws-kms-rsa://${arn}`), `aws-kms-rsa://${arn}`)).toBe(arn)
  })

  it('makes keyrings of keys for agreement, with a partner or by discovery', async () => {
    const arn = kms.createKey(undefined, { spec: 'ECC_NIST_P384' })
    const { PublicKey } = await clients.clientFor('us-east-1', '111122223333').send(new GetPublicKeyCommand({ KeyId: arn }))
    const partner = generateKeyPairSync('ec', { namedCurve: 'P-384' })
    files.set('partner.pem', new TextEncoder().encode(partner.publicKey.export({ type: 'spki', format: 'pem' }) as string))
    files.set('partner-private.pem', new TextEncoder().encode(partner.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string))
    files.set('own.der', Uint8Array.from(PublicKey ?? []))
    const ours = `aws-kms-ecdh://${arn}?curve=P-384&recipient-file=partner.pem&public-key-file=own.der`
    const theirs = 'raw-ecdh://P-384/static?private-key-file=partner-private.pem&recipient-file=own.der'
    await openedBy(await encrypt(ours), theirs)
    for (const reader of [ours, `aws-kms-ecdh-discovery://${arn}?curve=P-384`]) await openedBy(await encrypt(theirs), reader)
  })

  it('sends the grant tokens that it was given', async () => {
    const client = clients.clientFor('us-east-1', '111122223333')
    const granted = createKeyringRegistry({ schemes: kmsSchemes({ client, grantTokens: ['never-given-out'] }) })
    const writer = createEncryptionClient({ keyring: await granted.keyringFromUri(`aws-kms://${kms.createKey()}`) })
    await expect(writer.encrypt(plaintext, { encryptionContext })).rejects.toMatchObject({ kmsCode: 'InvalidGrantTokenException' })
  })

  it.each([
    ['an alias', 'aws-kms://arn:aws:kms:eu-west-1:111122223333:alias/orders', /aws-kms:\/\/ARN: an alias is not taken/],
    ['a key id', 'aws-kms://1234abcd-12ab-34cd-56ef-1234567890ab', /ARN is that of a KMS key/],
    ['something after the key', `aws-kms://${ARN}/more:x`, /ARN is that of a KMS key/],
    ['an alias of a multi-Region key', 'aws-kms-mrk://arn:aws:kms:eu-west-1:111122223333:alias/mrk-1', /an alias is not taken/],
    ['a parameter that it does not know', `aws-kms://${ARN}?region=eu-west-1`, /does not know the parameter region/],
    ['a misspelt filter', 'aws-kms-discovery://any?region=eu-west-1', /does not know the parameter region.*regions, partition/],
    ['an account that is none', 'aws-kms-discovery://1111', /accounts must be/],
    ['no account between commas', 'aws-kms-discovery://111122223333,', /accounts must be/],
    ['a path after the accounts', 'aws-kms-discovery://111122223333/eu-west-1', /no path follows/],
    ['a Region that is none', 'aws-kms-discovery://any?regions=eu-west', /regions must be/],
    ['a partition that is none', 'aws-kms-discovery://any?partition=cn', /partition must be/],
    ['no accounts', 'aws-kms-mrk-discovery://eu-west-1', /the accounts follow the Region/],
    ['an alias of an RSA key', 'aws-kms-rsa://arn:aws:kms:eu-west-1:111122223333:alias/orders', /an alias is not taken/],
    ['a padding that KMS has not', `aws-kms-rsa://${ARN}?padding=PKCS1`, /padding must be one of OAEP_SHA1, OAEP_SHA256/],
    ['agreement on no curve', `aws-kms-ecdh-discovery://${ARN}`, /the parameter curve is missing/],
    ['agreement on a curve that KMS has not', `aws-kms-ecdh-discovery://${ARN}?curve=P-192`, /curve must be one of/],
    ['agreement with nobody', `aws-kms-ecdh://${ARN}?curve=P-256`, /the parameter recipient-file is missing/],
    [
      'a partner in discovery',
      `aws-kms-ecdh-discovery://${ARN}?curve=P-256&recipient-file=x`,
      /does not know the parameter recipient-file/,
    ],
    ['Region and accounts the wrong way round', 'aws-kms-mrk-discovery://111122223333/eu-west-1', /must be/],
  ])('refuses %s', async (_what, uri, message) => {
    await expect(registry.keyringFromUri(uri)).rejects.toMatchObject({ code: 'OPTION_INVALID', message: expect.stringMatching(message) })
  })

  it('shows nothing of what it refuses', async () => {
    for (const uri of ['aws-kms://c2VjcmV0LWtleQ', 'aws-kms-discovery://c2VjcmV0LWtleQ', 'aws-kms-mrk-discovery://c2VjcmV0LWtleQ/x']) {
      const error: unknown = await registry.keyringFromUri(uri).catch((thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(Error)
      expect((error as Error).message).not.toContain('c2VjcmV0LWtleQ')
    }
  })

  it('is asked for by the core where it is not registered', async () => {
    await expect(keyringFromUri(`aws-kms://${ARN}`)).rejects.toMatchObject({
      message: expect.stringContaining('createKeyringRegistry({ schemes })'),
    })
  })

  it('refuses two sources of clients, and options that it does not know', () => {
    const { client } = cannedClient({})
    expect(() => kmsSchemes({ client, clientFor: () => client })).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
    expect(() => kmsSchemes({ accounts: 'any' } as never)).toThrow(/"accounts"/)
  })
})
