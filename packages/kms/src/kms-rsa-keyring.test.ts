import { createHash, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { DecryptCommand, DisableKeyCommand, GetPublicKeyCommand, KMSClient } from '@aws-sdk/client-kms'
import {
  createEncryptionClient,
  type EncryptedDataKey,
  multiKeyring,
  parseMessage,
  rawAesKeyring,
  SecretBytes,
  type SuiteId,
  serialiseContext,
  suiteById,
  type UnwrapFailure,
  type WrapRequest,
} from '@strongroom/core'
import { type EmbeddedKms, startEmbeddedKms } from '@strongroom/testing'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { cannedClient } from '../test/canned-client.ts'
import { kmsRsaKeyring } from './kms-rsa-keyring.ts'

const ARN = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'
const encryptionContext = { purpose: 'orders' }
const plaintext = new TextEncoder().encode('two pairs of boots')
const suite: SuiteId = '0478'
const request: WrapRequest = { suite: suiteById(suite), context: encryptionContext, aad: serialiseContext(encryptionContext) }
const pem = (key: KeyObject) => key.export({ type: 'spki', format: 'pem' }) as string

let kms: EmbeddedKms
let client: KMSClient
let keyId: string
let other: string
let publicKey: KeyObject
beforeAll(async () => {
  kms = await startEmbeddedKms()
  client = new KMSClient({ ...kms.clientConfig, maxAttempts: 1 })
  keyId = kms.createKey(undefined, { spec: 'RSA_2048' })
  other = kms.createKey(undefined, { spec: 'RSA_2048' })
  publicKey = await publicHalfOf(keyId)
})
beforeEach(() => kms.calls.reset())
afterEach(() => kms.faults.clear())
afterAll(async () => {
  client.destroy()
  await kms.close()
})

async function publicHalfOf(KeyId: string): Promise<KeyObject> {
  const { PublicKey } = await client.send(new GetPublicKeyCommand({ KeyId }))
  return createPublicKey({ key: Buffer.from(PublicKey ?? []), format: 'der', type: 'spki' })
}

const encrypt = (keyring: ReturnType<typeof kmsRsaKeyring>) =>
  createEncryptionClient({ keyring }).encrypt(plaintext, { encryptionContext, suite })

const decrypt = (keyring: ReturnType<typeof kmsRsaKeyring>, ciphertext: Uint8Array) =>
  createEncryptionClient({ keyring }).decrypt(ciphertext, { encryptionContext })

async function wrapped(keyring = kmsRsaKeyring({ keyId, publicKey, client })): Promise<{ secret: SecretBytes; edk: EncryptedDataKey }> {
  const [recipient] = await keyring.recipients(request)
  const secret = SecretBytes.random(32)
  const [edk] = (await recipient?.wrap(secret, request)) ?? []
  return { secret, edk: edk as EncryptedDataKey }
}

describe('what a KMS RSA keyring writes', () => {
  it.each(['OAEP_SHA1', 'OAEP_SHA256'] as const)(
    'is the digest of the context and the data key under the public half, with %s',
    async (padding) => {
      const { secret, edk } = await wrapped(kmsRsaKeyring({ keyId, publicKey, padding, client }))
      expect([edk.providerId, Buffer.from(edk.providerInfo).toString()]).toEqual(['aws-kms-rsa', keyId])
      const EncryptionAlgorithm = padding === 'OAEP_SHA1' ? 'RSAES_OAEP_SHA_1' : 'RSAES_OAEP_SHA_256'
      const { Plaintext } = await client.send(new DecryptCommand({ KeyId: keyId, CiphertextBlob: edk.ciphertext, EncryptionAlgorithm }))
      const serialised = Buffer.concat([Buffer.of(0, 1, 0, 7), Buffer.from('purpose'), Buffer.of(0, 6), Buffer.from('orders')])
      const digest = createHash('sha384').update(serialised).digest()
      expect(Buffer.from(Plaintext ?? [])).toEqual(Buffer.concat([digest, secret.use((bytes) => Buffer.from(bytes))]))
    },
  )

  it('is written without a call where the public half is given, as PEM, DER, JWK or KeyObject', async () => {
    const halves = [
      pem(publicKey),
      Uint8Array.from(publicKey.export({ type: 'spki', format: 'der' })),
      publicKey.export({ format: 'jwk' }),
      publicKey,
    ]
    for (const half of halves) {
      const { ciphertext } = await encrypt(kmsRsaKeyring({ keyId, publicKey: half, client }))
      expect(kms.calls.all).toEqual([])
      expect((await decrypt(kmsRsaKeyring({ keyId, client }), ciphertext)).plaintext).toEqual(plaintext)
      expect(kms.calls.byOperation()).toEqual({ Decrypt: 1 })
      kms.calls.reset()
    }
  })

  it('asks for the public half once, however many write at a time, and again after a failure', async () => {
    const keyring = kmsRsaKeyring({ keyId, client })
    const failure = kms.faults.fail({ name: 'AccessDeniedException' })
    await expect(encrypt(keyring)).rejects.toMatchObject({ code: 'KEY_OPERATIONAL', kmsCode: 'AccessDeniedException', keyId })
    failure[Symbol.dispose]()
    kms.calls.reset()
    await Promise.all(Array.from({ length: 8 }, () => encrypt(keyring)))
    await encrypt(keyring)
    expect(kms.calls.byOperation()).toEqual({ GetPublicKey: 1 })
  })

  it('waits for the public half no longer than its caller does, who fails nobody else', async () => {
    const keyring = kmsRsaKeyring({ keyId, client })
    const [recipient] = await keyring.recipients(request)
    const outage = kms.faults.outage('silent')
    const controller = new AbortController()
    using secret = SecretBytes.random(32)
    const leaving = recipient?.wrap(secret, { ...request, signal: controller.signal })
    const staying = recipient?.wrap(secret, request)
    const reason = new Error('gave up')
    controller.abort(reason)
    await expect(leaving).rejects.toBe(reason)
    outage.release()
    expect(await staying).toHaveLength(1)
    expect(kms.calls.byOperation()).toEqual({ GetPublicKey: 1 })
  })

  it.each([
    ['a symmetric key', undefined, 'UnsupportedOperationException'],
    ['an HMAC key', 'HMAC_256', 'UnsupportedOperationException'],
    ['a key for agreement', 'ECC_NIST_P256', undefined],
  ] as const)('is not written under %s', async (_what, spec, kmsCode) => {
    const wrong = kms.createKey(undefined, spec === undefined ? {} : { spec })
    const error = { code: 'KEY_OPERATIONAL', keyId: wrong, ...(kmsCode === undefined ? {} : { kmsCode }) }
    await expect(encrypt(kmsRsaKeyring({ keyId: wrong, client }))).rejects.toMatchObject(error)
  })

  it.each([
    [
      'for signatures',
      { KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' },
      /RSA_2048 for SIGN_VERIFY; an RSA key for ENCRYPT_DECRYPT is needed/,
    ],
    ['of another key', { KeyId: ARN.replace('1234abcd', 'ffffffff') }, /gave the answer of another key/],
    ['that are none', { PublicKey: 'AQID' }, /gave no public key/],
    ['that are absent', { PublicKey: undefined }, /gave no public key/],
    [
      'of another kind than is said',
      { PublicKey: spkiOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey) },
      /gave no public key/,
    ],
  ])('is not written under public halves %s', async (_what, members, message) => {
    const json = { KeyId: ARN, KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT_DECRYPT', PublicKey: spkiOf(publicKey), ...members }
    const keyring = kmsRsaKeyring({ keyId: ARN, client: cannedClient({ json }).client })
    await expect(encrypt(keyring)).rejects.toMatchObject({ code: 'KEY_OPERATIONAL', message: expect.stringMatching(message) })
  })

  it('is never a message of a suite that signs', async () => {
    const keyring = kmsRsaKeyring({ keyId, publicKey, client })
    const signing = createEncryptionClient({ keyring }).encrypt(plaintext, { encryptionContext })
    await expect(signing).rejects.toMatchObject({ code: 'SUITE_FORBIDDEN', message: expect.stringContaining("suite: '0478'") })
  })

  it('wraps the data key of another keyring, too', async () => {
    const local = rawAesKeyring({ namespace: 'local', name: 'kek', key: new Uint8Array(32).fill(7) })
    const keyring = kmsRsaKeyring({ keyId, publicKey, client })
    const { ciphertext } = await encrypt(multiKeyring({ generator: local, children: [keyring] }))
    expect(parseMessage(ciphertext).encryptedDataKeys.map(({ providerId }) => providerId)).toEqual(['local', 'aws-kms-rsa'])
    expect((await decrypt(keyring, ciphertext)).openedBy).toEqual({ edk: 1, keyId })
  })
})

describe('what a KMS RSA keyring opens', () => {
  const unwrap = (keyring: ReturnType<typeof kmsRsaKeyring>, edks: readonly EncryptedDataKey[], asked = request) =>
    keyring.unwrap(edks, asked) as Promise<UnwrapFailure>

  it('is asked of KMS by key, with the padding and the grant tokens, and no context', async () => {
    const { client: canned, sent } = cannedClient({ status: 400, json: { __type: 'InvalidCiphertextException' } })
    const keyring = kmsRsaKeyring({ keyId: ARN, client: canned, grantTokens: ['token-1'] })
    const edk = { providerId: 'aws-kms-rsa', providerInfo: new TextEncoder().encode(ARN), ciphertext: Uint8Array.of(1, 2, 3) }
    const { attempts } = await unwrap(keyring, [edk])
    expect(attempts).toMatchObject([{ edk: 0, keyId: ARN, outcome: 'rejected', reason: 'InvalidCiphertextException' }])
    expect(sent.map(({ body }) => body)).toEqual([
      { KeyId: ARN, CiphertextBlob: 'AQID', EncryptionAlgorithm: 'RSAES_OAEP_SHA_256', GrantTokens: ['token-1'] },
    ])
  })

  it('is what names its key: others are left alone', async () => {
    const { edk } = await wrapped()
    const named = (providerInfo: string, providerId = 'aws-kms-rsa') => ({
      ...edk,
      providerId,
      providerInfo: new TextEncoder().encode(providerInfo),
    })
    const { attempts } = await unwrap(kmsRsaKeyring({ keyId: other, client }), [
      edk,
      named(other, 'aws-kms'),
      named(other.replace('us-east-1', 'eu-west-1')),
      named('alias/orders'),
    ])
    expect(attempts).toEqual([
      { edk: 0, keyId, outcome: 'not-mine' },
      { edk: 1, outcome: 'not-mine' },
      { edk: 2, keyId: other.replace('us-east-1', 'eu-west-1'), outcome: 'not-mine' },
      { edk: 3, outcome: 'rejected' },
    ])
    expect(kms.calls.all).toEqual([])
  })

  it('is not what somebody moved from another context, though KMS decrypts it', async () => {
    const { secret, edk } = await wrapped()
    const context = { purpose: 'invoices' }
    const { attempts } = await unwrap(kmsRsaKeyring({ keyId, client }), [edk], { ...request, context, aad: serialiseContext(context) })
    expect(attempts).toMatchObject([{ outcome: 'rejected', cause: { code: 'MESSAGE_INVALID' } }])
    expect(kms.calls.byOperation()).toEqual({ Decrypt: 1 })
    const answer = await kmsRsaKeyring({ keyId, client }).unwrap([edk], request)
    expect('secret' in answer && answer.secret.equals(secret)).toBe(true)
  })

  it.each([0, 1, 47, 48])('is not a payload of %i bytes', async (length) => {
    const digest = createHash('sha384').update(request.aad).digest()
    const json = { KeyId: ARN, Plaintext: digest.subarray(0, length).toString('base64'), EncryptionAlgorithm: 'RSAES_OAEP_SHA_256' }
    const keyring = kmsRsaKeyring({ keyId: ARN, client: cannedClient({ json }).client })
    const edk = { providerId: 'aws-kms-rsa', providerInfo: new TextEncoder().encode(ARN), ciphertext: Uint8Array.of(1) }
    const { attempts } = await unwrap(keyring, [edk])
    expect(attempts).toMatchObject([{ outcome: length === 0 ? 'operational' : 'rejected' }])
  })

  it('does not come from another key than was asked', async () => {
    const payload = Buffer.concat([createHash('sha384').update(request.aad).digest(), Buffer.alloc(32, 7)])
    const json = { KeyId: ARN.replace('1234abcd', 'ffffffff'), Plaintext: payload.toString('base64') }
    const keyring = kmsRsaKeyring({ keyId: ARN, client: cannedClient({ json }).client })
    const edk = { providerId: 'aws-kms-rsa', providerInfo: new TextEncoder().encode(ARN), ciphertext: Uint8Array.of(1) }
    const { attempts } = await unwrap(keyring, [edk])
    expect(attempts).toMatchObject([{ outcome: 'operational', cause: { message: expect.stringContaining('the answer of another key') } }])
  })

  it('does not open with the other padding', async () => {
    const { edk } = await wrapped()
    const { attempts } = await unwrap(kmsRsaKeyring({ keyId, padding: 'OAEP_SHA1', client }), [edk])
    expect(attempts).toMatchObject([{ outcome: 'rejected', reason: 'InvalidCiphertextException' }])
  })

  it('is not of a suite that signs, and nothing is called for it', async () => {
    const { edk } = await wrapped()
    const { attempts } = await unwrap(kmsRsaKeyring({ keyId, client }), [edk], { ...request, suite: suiteById('0578') })
    expect(attempts).toEqual([{ edk: 0, keyId, outcome: 'not-mine', reason: 'signing-suite' }])
    expect(kms.calls.all).toEqual([])
  })

  it('names a replica, for a multi-Region key', async () => {
    const primary = kms.createKey(undefined, { spec: 'RSA_2048', multiRegion: true })
    const replica = kms.replicateKey(primary, 'eu-west-1')
    const { ciphertext } = await encrypt(kmsRsaKeyring({ keyId: primary, client }))
    const west = new KMSClient({ ...kms.clientConfig, region: 'eu-west-1' })
    expect((await decrypt(kmsRsaKeyring({ keyId: replica, client: west }), ciphertext)).openedBy.keyId).toBe(replica)
    west.destroy()
  })

  it('is out of reach while its key is disabled, which is not its fault', async () => {
    const disabled = kms.createKey(undefined, { spec: 'RSA_2048' })
    const keyring = kmsRsaKeyring({ keyId: disabled, client })
    const { ciphertext } = await encrypt(keyring)
    await client.send(new DisableKeyCommand({ KeyId: disabled }))
    await expect(decrypt(keyring, ciphertext)).rejects.toMatchObject({
      code: 'KEY_OPERATIONAL',
      attempts: [{ keyId: disabled, reason: 'DisabledException' }],
    })
  })

  it('is given up with its caller', async () => {
    const { edk } = await wrapped()
    const outage = kms.faults.outage('silent')
    const controller = new AbortController()
    const reason = new Error('gave up')
    const pending = kmsRsaKeyring({ keyId, client }).unwrap([edk], { ...request, signal: controller.signal })
    controller.abort(reason)
    await expect(pending).rejects.toBe(reason)
    outage.release()
  })
})

describe('the options of a KMS RSA keyring', () => {
  it.each([
    ['an alias', { keyId: ARN.replace('key/', 'alias/') }, 'OPTION_INVALID'],
    ['no key', {}, 'OPTION_INVALID'],
    ['a padding that KMS has not', { keyId: ARN, padding: 'OAEP_SHA512' }, 'OPTION_INVALID'],
    ['the padding PKCS #1 v1.5', { keyId: ARN, padding: 'PKCS1' }, 'OPTION_INVALID'],
    ['an unknown option', { keyId: ARN, publickey: 'x' }, 'OPTION_INVALID'],
    ['a public half that is none', { keyId: ARN, publicKey: 'x' }, 'KEY_INVALID'],
    ['a public half on a curve', { keyId: ARN, publicKey: generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey }, 'KEY_INVALID'],
  ])('are not %s', (_what, options, code) => {
    expect(() => kmsRsaKeyring(options as never)).toThrow(expect.objectContaining({ code }))
  })

  it('are no public half that is too short to encrypt', async () => {
    const short = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey
    await expect(encrypt(kmsRsaKeyring({ keyId, publicKey: short, client }))).rejects.toMatchObject({ code: 'KEY_INVALID' })
  })
})

function spkiOf(key: KeyObject | undefined): string {
  return (key ?? generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey).export({ type: 'spki', format: 'der' }).toString('base64')
}
