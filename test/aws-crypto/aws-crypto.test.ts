import { constants, generateKeyPairSync } from 'node:crypto'
import {
  type AlgorithmSuiteIdentifier,
  buildClient,
  CommitmentPolicy,
  getLocalCryptographicMaterialsCache,
  KeyringNode,
  MultiKeyringNode,
  NodeCachingMaterialsManager,
  NodeDefaultCryptographicMaterialsManager,
  RawRsaKeyringNode,
} from '@aws-crypto/client-node'
import {
  createEncryptionClient,
  type EncryptionClientOptions,
  generateAesKey,
  type Keyring,
  multiKeyring,
  parseMessage,
  rawAesKeyring,
  rawEcdhKeyring,
  rawRsaKeyring,
  suiteById,
} from '@strongroom/core'
import { fromAwsCmm, fromAwsKeyring, toAwsKeyring } from '@strongroom/core/aws-crypto'
import { startEmbeddedKms } from '@strongroom/testing'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { kmsClient, officialKms, officialKmsDiscovery, officialRawAes } from './official-keyrings.ts'

const text = Buffer.from('both ways')
const encryptionContext = { purpose: 'orders', Tenant: 'blue', '\u{1f511}': 'astral' }
const suites = ['0014', '0046', '0078', '0114', '0146', '0178', '0214', '0346', '0378', '0478', '0578'] as const
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const pem = {
  publicKey: rsa.publicKey.export({ type: 'spki', format: 'pem' }) as string,
  privateKey: rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
}
const aesKey = generateAesKey()
const ourAes = rawAesKeyring({ namespace: 'ns', name: 'aes', key: aesKey })
const ourRsa = rawRsaKeyring({ namespace: 'ns', name: 'rsa', padding: 'OAEP_SHA256', ...pem })
const theirAes = officialRawAes('ns', 'aes', aesKey)
const theirRsa = new RawRsaKeyringNode({
  keyNamespace: 'ns',
  keyName: 'rsa',
  rsaKey: pem,
  padding: constants.RSA_PKCS1_OAEP_PADDING,
  oaepHash: 'sha256',
})

function ours(options: EncryptionClientOptions, suite: string) {
  const legacy = !suiteById(suite as '0478').commits
  return createEncryptionClient({
    ...options,
    suite: suite as '0478',
    commitmentPolicy: legacy ? 'FORBID_ENCRYPT_ALLOW_DECRYPT' : 'REQUIRE_ENCRYPT_REQUIRE_DECRYPT',
  })
}

function theirs(suite: string) {
  const legacy = !suiteById(suite as '0478').commits
  const { encrypt, decrypt } = buildClient(
    legacy ? CommitmentPolicy.FORBID_ENCRYPT_ALLOW_DECRYPT : CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT,
  )
  const suiteId = Number.parseInt(suite, 16) as AlgorithmSuiteIdentifier
  return {
    encrypt: async (keyring: KeyringNode) => (await encrypt(keyring, text, { suiteId, encryptionContext })).result,
    decrypt: async (keyring: KeyringNode, message: Uint8Array) => (await decrypt(keyring, Buffer.from(message))).plaintext,
  }
}

describe('fromAwsKeyring', () => {
  const keyrings: [string, KeyringNode, Keyring][] = [
    ['raw AES', theirAes, ourAes],
    ['raw RSA', theirRsa, ourRsa],
    [
      'a multi-keyring',
      new MultiKeyringNode({ generator: theirAes, children: [theirRsa] }),
      multiKeyring({ generator: ourAes, children: [ourRsa] }),
    ],
  ]

  it.each(keyrings)('of %s writes what theirs and ours read, and reads what they write, in every suite', async (_name, official, own) => {
    for (const suite of suites) {
      const adapted = ours({ keyring: fromAwsKeyring(official) }, suite)
      const { ciphertext } = await adapted.encrypt(text, { encryptionContext })
      expect(await theirs(suite).decrypt(official, ciphertext)).toEqual(text)
      for (const message of [ciphertext, await theirs(suite).encrypt(official)]) {
        expect((await ours({ keyring: own }, suite).decrypt(message, { encryptionContext })).plaintext).toEqual(new Uint8Array(text))
        expect((await adapted.decrypt(message, { encryptionContext })).openedBy).toEqual({
          edk: 0,
          keyId: _name === 'raw RSA' ? 'rsa' : 'aes',
        })
      }
    }
  })

  it('of a multi-keyring tells which encrypted data key opened, by unwrapping one at a time', async () => {
    const message = await theirs('0478').encrypt(new MultiKeyringNode({ generator: theirAes, children: [theirRsa] }))
    const stranger = officialRawAes('ns', 'stranger', generateAesKey())
    const keyring = fromAwsKeyring(new MultiKeyringNode({ children: [stranger, theirRsa] }))
    expect((await createEncryptionClient({ keyring }).decrypt(message)).openedBy).toEqual({ edk: 1, keyId: 'rsa' })
  })

  it('is one recipient of all its encrypted data keys, and a member of our multi-keyring', async () => {
    const official = fromAwsKeyring(new MultiKeyringNode({ generator: theirAes, children: [theirRsa] }))
    const both = multiKeyring({ generator: ourRsa, children: [official] })
    const { ciphertext } = await createEncryptionClient({ keyring: both, suite: '0478' }).encrypt(text)
    expect(parseMessage(ciphertext).encryptedDataKeys).toHaveLength(3)
    for (const edk of parseMessage(ciphertext).encryptedDataKeys.slice(1)) {
      const [recipient] = await official.recipients({} as never)
      expect(recipient?.owns(edk)).toBe(true)
    }
    expect(await theirs('0478').decrypt(theirRsa, ciphertext)).toEqual(text)
  })

  it('does not tell a padding of PKCS#1 v1.5 that was wrong from a forged message', async () => {
    const padding = constants.RSA_PKCS1_PADDING
    const official = fromAwsKeyring(new RawRsaKeyringNode({ keyNamespace: 'ns', keyName: 'rsa', rsaKey: pem, padding }))
    const client = createEncryptionClient({ keyring: official, suite: '0478' })
    const { ciphertext } = await client.encrypt(text)
    const garbled = Uint8Array.from(ciphertext)
    const at = Buffer.from(garbled).indexOf(Buffer.from(parseMessage(ciphertext).encryptedDataKeys[0]?.ciphertext ?? []))
    garbled[at + 100] = (garbled[at + 100] as number) ^ 1
    const forged = Uint8Array.from(ciphertext)
    forged[forged.length - 1] = (forged.at(-1) as number) ^ 1
    const [first, second] = await Promise.all(
      [garbled, forged].map((message) => client.decrypt(message).catch((error: unknown) => error as Error)),
    )
    expect(first).toMatchObject({ code: 'MESSAGE_INVALID', message: (second as Error).message })
    expect(Object.keys(first as Error)).toEqual(Object.keys(second as Error))
  })

  it('wipes the material that it asked with', async () => {
    const materials: { readonly hasUnencryptedDataKey: boolean }[] = []
    class Watched extends KeyringNode {
      async _onEncrypt(material: Parameters<KeyringNode['_onEncrypt']>[0]) {
        materials.push(material)
        return await theirAes.onEncrypt(material)
      }
      async _onDecrypt(...[material, edks]: Parameters<KeyringNode['_onDecrypt']>) {
        materials.push(material)
        return await theirAes.onDecrypt(material, edks)
      }
    }
    const keyring = multiKeyring({ generator: fromAwsKeyring(new Watched()), children: [fromAwsKeyring(new Watched())] })
    const client = createEncryptionClient({ keyring })
    await client.decrypt((await client.encrypt(text)).ciphertext)
    expect(materials.map(({ hasUnencryptedDataKey }) => hasUnencryptedDataKey)).toEqual([false, false, false])
  })

  it('takes nothing but a KeyringNode, and known options', () => {
    expect(() => fromAwsKeyring({ onEncrypt() {}, onDecrypt() {} } as never)).toThrow(expect.objectContaining({ code: 'INPUT_INVALID' }))
    expect(() => fromAwsKeyring(theirAes, { key: 'x' } as never)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
  })
})

describe('toAwsKeyring', () => {
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-384' })
  const stranger = rawAesKeyring({ namespace: 'ns', name: 'stranger', key: generateAesKey() })
  const keyrings: [string, Keyring][] = [
    ['raw AES', ourAes],
    ['raw RSA', ourRsa],
    ['ECDH', rawEcdhKeyring({ schema: 'static', curve: 'P-384', privateKey: ec.privateKey, recipientPublicKey: ec.publicKey })],
    ['a multi-keyring', multiKeyring({ generator: ourRsa, children: [ourAes] })],
  ]

  it.each(keyrings)('of %s works in the official client in every suite, alone and in its multi-keyring', async (_name, own) => {
    const adapted = toAwsKeyring(own)
    const generator = new MultiKeyringNode({ generator: adapted, children: [officialRawAes('ns', 'other', aesKey)] })
    const child = new MultiKeyringNode({ generator: officialRawAes('ns', 'other', aesKey), children: [toAwsKeyring(stranger), adapted] })
    for (const suite of suites) {
      for (const keyring of [adapted, generator, child]) {
        const message = await theirs(suite).encrypt(keyring)
        expect(await theirs(suite).decrypt(adapted, message)).toEqual(text)
        expect((await ours({ keyring: own }, suite).decrypt(message, { encryptionContext })).plaintext).toEqual(new Uint8Array(text))
      }
    }
  })

  it('is read by the official keyring of the same key, and reads what it wrote', async () => {
    expect(await theirs('0578').decrypt(theirAes, await theirs('0578').encrypt(toAwsKeyring(ourAes)))).toEqual(text)
    expect(await theirs('0578').decrypt(toAwsKeyring(ourAes), await theirs('0578').encrypt(theirAes))).toEqual(text)
  })

  it('leaves what is not its own to others, and throws our error for what is but does not open', async () => {
    const message = await theirs('0478').encrypt(theirAes)
    const impostor = toAwsKeyring(rawAesKeyring({ namespace: 'ns', name: 'aes', key: generateAesKey() }))
    await expect(theirs('0478').decrypt(toAwsKeyring(stranger), message)).rejects.toThrow('unencryptedDataKey has not been set')
    await expect(theirs('0478').decrypt(impostor, message)).rejects.toMatchObject({ code: 'MESSAGE_INVALID' })
    const children = [toAwsKeyring(stranger), impostor, toAwsKeyring(ourAes)]
    expect(await theirs('0478').decrypt(new MultiKeyringNode({ children }), message)).toEqual(text)
  })

  it('takes nothing but a keyring', () => {
    expect(() => toAwsKeyring(theirAes as never)).toThrow(expect.objectContaining({ code: 'INPUT_INVALID' }))
  })
})

describe('fromAwsCmm', async () => {
  const kms = await startEmbeddedKms()
  const client = kmsClient(kms)
  afterEach(() => kms.faults.clear())
  afterAll(async () => {
    client.destroy()
    await kms.close()
  })
  const official = officialKms(kms.createKey(), client, { keyIds: [kms.createKey()] })

  function cachingCmm() {
    return new NodeCachingMaterialsManager({
      backingMaterials: official,
      cache: getLocalCryptographicMaterialsCache(100),
      maxAge: 60_000,
      maxMessagesEncrypted: 3,
    })
  }

  it.each(suites)('of the default manager under a KMS keyring writes and reads suite %s', async (suite) => {
    const adapted = ours({ materials: fromAwsCmm(new NodeDefaultCryptographicMaterialsManager(official)) }, suite)
    const { ciphertext } = await adapted.encrypt(text, { encryptionContext })
    expect(await theirs(suite).decrypt(official, ciphertext)).toEqual(text)
    const opened = await adapted.decrypt(await theirs(suite).encrypt(official), { encryptionContext })
    expect(opened.plaintext).toEqual(new Uint8Array(text))
    expect(opened.openedBy.keyId).toMatch(/^arn:aws:kms:/)
  })

  it('of the caching manager reuses data keys within its limits, both ways', async () => {
    const adapted = createEncryptionClient({ materials: fromAwsCmm(cachingCmm()), suite: '0578' })
    kms.calls.reset()
    const messages: Uint8Array[] = []
    for (let message = 0; message < 4; message += 1) messages.push((await adapted.encrypt(text, { encryptionContext })).ciphertext)
    expect(kms.calls.count('GenerateDataKey')).toBe(2)
    for (const message of messages) expect((await adapted.decrypt(message, { encryptionContext })).plaintext).toEqual(new Uint8Array(text))
    expect(kms.calls.count('Decrypt')).toBe(2)
  })

  it('keeps required pairs out of the message, which the official managers cannot do', async () => {
    const adapted = createEncryptionClient({ materials: fromAwsCmm(cachingCmm()), suite: '0478', requiredContextKeys: ['Tenant'] })
    const { ciphertext } = await adapted.encrypt(text, { encryptionContext })
    expect(parseMessage(ciphertext).encryptionContext).not.toHaveProperty('Tenant')
    expect((await adapted.decrypt(ciphertext, { encryptionContext: { Tenant: 'blue' } })).plaintext).toEqual(new Uint8Array(text))
    await expect(adapted.decrypt(ciphertext, { encryptionContext: { Tenant: 'red' } })).rejects.toMatchObject({ code: 'MESSAGE_INVALID' })
    await expect(adapted.decrypt(ciphertext)).rejects.toMatchObject({ code: 'CONTEXT_INVALID' })
  })

  it('reports what KMS said as what it is', async () => {
    const adapted = createEncryptionClient({ materials: fromAwsCmm(new NodeDefaultCryptographicMaterialsManager(official)), suite: '0478' })
    const { ciphertext } = await adapted.encrypt(text, { encryptionContext })
    const cases = [
      ['KEY_TRANSIENT', () => kms.faults.throttle()],
      ['KEY_TRANSIENT', () => kms.faults.outage('reset')],
      ['KEY_OPERATIONAL', () => kms.faults.fail({ name: 'AccessDeniedException' })],
      ['KEY_OPERATIONAL', () => kms.faults.fail({ name: 'NeverHeardOfException' })],
    ] as const
    for (const [code, inject] of cases) {
      using _fault = inject()
      await expect(adapted.encrypt(text, { encryptionContext })).rejects.toMatchObject({ code })
      await expect(adapted.decrypt(ciphertext, { encryptionContext })).rejects.toMatchObject({ code })
    }
    // One key down and one denied: what may pass by itself counts.
    kms.faults.fail({ name: 'ThrottlingException' }, { when: ({ keyArn }) => keyArn === official.keyIds[0] })
    const denied = kms.faults.fail({ name: 'AccessDeniedException' }, { when: ({ keyArn }) => keyArn !== official.keyIds[0] })
    await expect(adapted.decrypt(ciphertext, { encryptionContext })).rejects.toMatchObject({ code: 'KEY_TRANSIENT' })
    denied.release()
    expect((await adapted.decrypt(ciphertext, { encryptionContext })).plaintext).toEqual(new Uint8Array(text))
    kms.faults.clear()
    const foreign = await createEncryptionClient({ keyring: ourAes }).encrypt(text)
    await expect(adapted.decrypt(foreign.ciphertext)).rejects.toMatchObject({ code: 'MESSAGE_INVALID' })
    const forged = Uint8Array.from(ciphertext)
    const at = Buffer.from(forged).indexOf(Buffer.from(parseMessage(ciphertext).encryptedDataKeys[0]?.ciphertext ?? []))
    const other = Buffer.from(forged).indexOf(Buffer.from(parseMessage(ciphertext).encryptedDataKeys[1]?.ciphertext ?? []))
    for (const start of [at, other]) forged[start + 100] = (forged[start + 100] as number) ^ 1
    await expect(adapted.decrypt(forged, { encryptionContext })).rejects.toMatchObject({ code: 'MESSAGE_INVALID' })
  })

  it('takes nothing but a materials manager', () => {
    expect(() => fromAwsCmm(official as never)).toThrow(expect.objectContaining({ code: 'INPUT_INVALID' }))
  })

  it('works with a discovery keyring, which only reads', async () => {
    const discovery = createEncryptionClient({ keyring: fromAwsKeyring(officialKmsDiscovery(client)) })
    await expect(discovery.encrypt(text)).rejects.toMatchObject({ code: 'KEYRING_CANNOT_ENCRYPT' })
    const message = await theirs('0578').encrypt(official)
    expect((await discovery.decrypt(message, { encryptionContext })).plaintext).toEqual(new Uint8Array(text))
  })
})
