import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { DisableKeyCommand, GetPublicKeyCommand, KMSClient } from '@aws-sdk/client-kms'
import {
  createEncryptionClient,
  type EncryptedDataKey,
  type Keyring,
  parseMessage,
  rawEcdhKeyring,
  SecretBytes,
  serialiseContext,
  suiteById,
  type UnwrapFailure,
  type WrapRequest,
} from '@strongroom/core'
import { type EmbeddedKms, startEmbeddedKms } from '@strongroom/testing'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { cannedClient } from '../test/canned-client.ts'
import { kmsEcdhKeyring } from './kms-ecdh-keyring.ts'

const ARN = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'
const encryptionContext = { purpose: 'orders' }
const plaintext = new TextEncoder().encode('two pairs of boots')
const request: WrapRequest = { suite: suiteById('0478'), context: encryptionContext, aad: serialiseContext(encryptionContext) }
const curves = [
  ['P-256', 'ECC_NIST_P256'],
  ['P-384', 'ECC_NIST_P384'],
  ['P-521', 'ECC_NIST_P521'],
] as const
const pair = (namedCurve: string = 'P-256') => generateKeyPairSync('ec', { namedCurve })
const spkiOf = (key: KeyObject) => key.export({ type: 'spki', format: 'der' }).toString('base64')

let kms: EmbeddedKms
let client: KMSClient
beforeAll(async () => {
  kms = await startEmbeddedKms()
  client = new KMSClient({ ...kms.clientConfig, maxAttempts: 1 })
})
beforeEach(() => kms.calls.reset())
afterEach(() => kms.faults.clear())
afterAll(async () => {
  client.destroy()
  await kms.close()
})

const newKey = (spec: (typeof curves)[number][1] = 'ECC_NIST_P256') => kms.createKey(undefined, { spec })

async function publicHalfOf(KeyId: string): Promise<KeyObject> {
  const { PublicKey } = await client.send(new GetPublicKeyCommand({ KeyId }))
  return createPublicKey({ key: Buffer.from(PublicKey ?? []), format: 'der', type: 'spki' })
}

const encrypt = (keyring: Keyring) => createEncryptionClient({ keyring }).encrypt(plaintext, { encryptionContext })
const decrypt = (keyring: Keyring, ciphertext: Uint8Array) => createEncryptionClient({ keyring }).decrypt(ciphertext, { encryptionContext })

async function wrapped(keyring: Keyring): Promise<EncryptedDataKey> {
  const [recipient] = await keyring.recipients(request)
  const [edk] = (await recipient?.wrap(SecretBytes.random(32), request)) ?? []
  return edk as EncryptedDataKey
}

describe.each(curves)('KMS ECDH keyrings on %s', (curve, spec) => {
  it('open what each wrote to the other, in the layout of raw keyrings under their own provider id', async () => {
    const [a, b] = [newKey(spec), newKey(spec)]
    const [publicA, publicB] = [await publicHalfOf(a), await publicHalfOf(b)]
    const ofA = kmsEcdhKeyring({ schema: 'static', curve, keyId: a, recipientPublicKey: publicB, client })
    const ofB = kmsEcdhKeyring({ schema: 'static', curve, keyId: b, recipientPublicKey: publicA, client })
    const { ciphertext } = await encrypt(ofA)
    const [edk] = parseMessage(ciphertext).encryptedDataKeys
    expect(edk?.providerId).toBe('aws-kms-ecdh')
    expect(edk?.providerInfo).toHaveLength({ 'P-256': 75, 'P-384': 107, 'P-521': 143 }[curve])
    for (const reader of [ofA, ofB, kmsEcdhKeyring({ schema: 'discovery', curve, keyId: b, client })])
      expect((await decrypt(reader, ciphertext)).plaintext).toEqual(plaintext)
    await expect(decrypt(kmsEcdhKeyring({ schema: 'discovery', curve, keyId: a, client }), ciphertext)).rejects.toMatchObject({
      code: 'MESSAGE_INVALID',
    })
  })

  it('open what raw keyrings wrote, and raw keyrings what they wrote', async () => {
    const keyId = newKey(spec)
    const own = await publicHalfOf(keyId)
    const partner = pair(curve)
    const theirs = rawEcdhKeyring({ schema: 'static', curve, privateKey: partner.privateKey, recipientPublicKey: own })
    const ours = kmsEcdhKeyring({ schema: 'static', curve, keyId, recipientPublicKey: partner.publicKey, client })
    expect((await decrypt(ours, (await encrypt(theirs)).ciphertext)).plaintext).toEqual(plaintext)
    const { ciphertext } = await encrypt(ours)
    for (const reader of [theirs, rawEcdhKeyring({ schema: 'discovery', curve, privateKey: partner.privateKey })])
      expect((await decrypt(reader, ciphertext)).plaintext).toEqual(plaintext)
    const ephemeral = rawEcdhKeyring({ schema: 'ephemeral', curve, recipientPublicKey: own })
    const reader = kmsEcdhKeyring({ schema: 'discovery', curve, keyId, client })
    expect((await decrypt(reader, (await encrypt(ephemeral)).ciphertext)).plaintext).toEqual(plaintext)
  })
})

describe('a KMS ECDH keyring', () => {
  it('calls KMS once for each data key, and once ever for its public half', async () => {
    const keyId = newKey()
    const keyring = kmsEcdhKeyring({ schema: 'static', curve: 'P-256', keyId, recipientPublicKey: pair().publicKey, client })
    const messages = await Promise.all([1, 2, 3].map(() => encrypt(keyring)))
    for (const { ciphertext } of messages) await decrypt(keyring, ciphertext)
    expect(kms.calls.byOperation()).toEqual({ GetPublicKey: 1, DeriveSharedSecret: 6 })
    kms.calls.reset()
    const knowing = kmsEcdhKeyring({ schema: 'discovery', curve: 'P-256', keyId, publicKey: await publicHalfOf(keyId), client })
    const writer = rawEcdhKeyring({ schema: 'ephemeral', curve: 'P-256', recipientPublicKey: await publicHalfOf(keyId) })
    kms.calls.reset()
    await decrypt(knowing, (await encrypt(writer)).ciphertext)
    expect(kms.calls.byOperation()).toEqual({ DeriveSharedSecret: 1 })
  })

  it('sends KMS the key, the algorithm, the grant tokens, and the other public key uncompressed', async () => {
    const partner = pair()
    const { client: canned, sent } = cannedClient({ json: { KeyId: ARN, SharedSecret: Buffer.alloc(32, 7).toString('base64') } })
    const publicKey = pair().publicKey
    const recipientPublicKey = partner.publicKey
    const options = { schema: 'static', curve: 'P-256', keyId: ARN, publicKey, recipientPublicKey, client: canned } as const
    await encrypt(kmsEcdhKeyring({ ...options, grantTokens: ['token-1'] }))
    expect(sent.map(({ body }) => body)).toEqual([
      { KeyId: ARN, KeyAgreementAlgorithm: 'ECDH', PublicKey: spkiOf(partner.publicKey), GrantTokens: ['token-1'] },
    ])
  })

  it('asks nothing of KMS about a message with a point that is none of the curve', async () => {
    const keyId = newKey()
    const own = await publicHalfOf(keyId)
    const edk = await wrapped(rawEcdhKeyring({ schema: 'ephemeral', curve: 'P-256', recipientPublicKey: own }))
    const reader = kmsEcdhKeyring({ schema: 'discovery', curve: 'P-256', keyId, publicKey: own, client })
    const forged = { ...edk, providerInfo: Uint8Array.from(edk.providerInfo) }
    // An x coordinate of all ones is larger than the field.
    forged.providerInfo.fill(255, -32)
    kms.calls.reset()
    const { attempts } = (await reader.unwrap([forged], request)) as UnwrapFailure
    expect(attempts).toMatchObject([{ edk: 0, outcome: 'rejected', cause: { code: 'KEY_INVALID' } }])
    expect(kms.calls.all).toEqual([])
  })

  it.each([
    ['throttled', 'ThrottlingException', 'transient', 'KEY_TRANSIENT'],
    ['denied', 'AccessDeniedException', 'operational', 'KEY_OPERATIONAL'],
    ['told that its request is invalid', 'ValidationException', 'operational', 'KEY_OPERATIONAL'],
    ['told that a blob is invalid, which it sent none of', 'InvalidCiphertextException', 'operational', 'KEY_OPERATIONAL'],
  ])('that is %s says so, and takes no message for forged', async (_what, name, outcome, code) => {
    const keyId = newKey()
    const keyring = kmsEcdhKeyring({ schema: 'static', curve: 'P-256', keyId, recipientPublicKey: pair().publicKey, client })
    const edk = await wrapped(keyring)
    using _fault = kms.faults.fail({ name })
    const { attempts } = (await keyring.unwrap([edk], request)) as UnwrapFailure
    expect(attempts).toMatchObject([{ outcome, reason: name, cause: { code, keyId } }])
    await expect(encrypt(keyring)).rejects.toMatchObject({ code, kmsCode: name, keyId })
  })

  it('takes a client of another Region for an error of configuration, when reading, too', async () => {
    const keyId = newKey()
    const own = await publicHalfOf(keyId)
    const west = new KMSClient({ ...kms.clientConfig, region: 'eu-west-1' })
    const edk = await wrapped(rawEcdhKeyring({ schema: 'ephemeral', curve: 'P-256', recipientPublicKey: own }))
    const reader = kmsEcdhKeyring({ schema: 'discovery', curve: 'P-256', keyId, publicKey: own, client: west })
    const { attempts } = (await reader.unwrap([edk], request)) as UnwrapFailure
    expect(attempts).toMatchObject([{ outcome: 'operational', cause: { code: 'OPTION_INVALID' } }])
    west.destroy()
  })

  it('does not use a key that is disabled, on another curve or for something else', async () => {
    const recipientPublicKey = pair().publicKey
    const of = (keyId: string) => encrypt(kmsEcdhKeyring({ schema: 'static', curve: 'P-256', keyId, recipientPublicKey, client }))
    const disabled = newKey()
    await client.send(new DisableKeyCommand({ KeyId: disabled }))
    await expect(of(disabled)).rejects.toMatchObject({ code: 'KEY_OPERATIONAL', kmsCode: 'DisabledException' })
    await expect(of(newKey('ECC_NIST_P384'))).rejects.toMatchObject({
      code: 'KEY_OPERATIONAL',
      message: expect.stringMatching(/ECC_NIST_P384 for KEY_AGREEMENT; a key on P-256 for KEY_AGREEMENT is needed/),
    })
    await expect(of(kms.createKey())).rejects.toMatchObject({ code: 'KEY_OPERATIONAL', kmsCode: 'UnsupportedOperationException' })
  })

  it.each([
    ['of another key', { KeyId: ARN.replace('1234abcd', 'ffffffff') }, /the answer of another key/],
    ['of another length', { SharedSecret: Buffer.alloc(31, 7).toString('base64') }, /31 bytes where 32/],
    ['that is none', { SharedSecret: undefined }, /no shared secret/],
  ])('uses no secret %s', async (_what, members, message) => {
    const json = { KeyId: ARN, SharedSecret: Buffer.alloc(32, 7).toString('base64'), ...members }
    const { client: canned } = cannedClient({ json })
    const [publicKey, recipientPublicKey] = [pair().publicKey, pair().publicKey]
    const keyring = kmsEcdhKeyring({ schema: 'static', curve: 'P-256', keyId: ARN, publicKey, recipientPublicKey, client: canned })
    await expect(encrypt(keyring)).rejects.toMatchObject({ code: 'KEY_OPERATIONAL', message: expect.stringMatching(message) })
  })

  it('only reads with the schema discovery', async () => {
    const keyring = kmsEcdhKeyring({ schema: 'discovery', curve: 'P-256', keyId: newKey(), client })
    await expect(encrypt(keyring)).rejects.toMatchObject({ code: 'KEYRING_CANNOT_ENCRYPT' })
  })

  it.each([
    ['an alias', { schema: 'discovery', curve: 'P-256', keyId: ARN.replace('key/', 'alias/') }, 'OPTION_INVALID'],
    ['no curve', { schema: 'discovery', keyId: ARN }, 'OPTION_INVALID'],
    ['the schema of raw keyrings that have no key', { schema: 'ephemeral', curve: 'P-256', keyId: ARN }, 'OPTION_INVALID'],
    [
      'a partner with discovery',
      { schema: 'discovery', curve: 'P-256', keyId: ARN, recipientPublicKey: pair().publicKey },
      'OPTION_INVALID',
    ],
    ['no partner without', { schema: 'static', curve: 'P-256', keyId: ARN }, 'OPTION_INVALID'],
    [
      'a partner on another curve',
      { schema: 'static', curve: 'P-256', keyId: ARN, recipientPublicKey: pair('P-384').publicKey },
      'KEY_INVALID',
    ],
    [
      'an own public half on another curve',
      { schema: 'discovery', curve: 'P-256', keyId: ARN, publicKey: pair('P-521').publicKey },
      'KEY_INVALID',
    ],
    ['an unknown option', { schema: 'discovery', curve: 'P-256', keyId: ARN, privateKey: 'x' }, 'OPTION_INVALID'],
  ])('does not take %s', (_what, options, code) => {
    expect(() => kmsEcdhKeyring(options as never)).toThrow(expect.objectContaining({ code }))
  })
})
