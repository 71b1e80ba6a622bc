import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createEncryptionClient } from '../client.ts'
import { emptyContext } from '../encryption-context.ts'
import type { EncryptedDataKey, Keyring, Recipient, Unwrapped, WrapRequest } from '../keyring.ts'
import { generateAesKey } from '../keys/aes-key.ts'
import type { ObserverEvent } from '../observer.ts'
import { parseMessage } from '../parse-message.ts'
import { SecretBytes } from '../secret-bytes.ts'
import { suiteById } from '../suite.ts'
import { multiKeyring } from './multi-keyring.ts'
import { rawAesKeyring } from './raw-aes-keyring.ts'
import { type RawRsaPadding, type RsaPrivateHalf, type RsaPublicHalf, rawRsaKey } from './raw-rsa-key.ts'
import { rawRsaKeyring } from './raw-rsa-keyring.ts'

const pair = generateKeyPairSync('rsa', { modulusLength: 2048 })
const otherPair = generateKeyPairSync('rsa', { modulusLength: 2048 })
const paddings: RawRsaPadding[] = ['PKCS1', 'OAEP_SHA1', 'OAEP_SHA256', 'OAEP_SHA384', 'OAEP_SHA512']
const request: WrapRequest = { suite: suiteById('0478'), context: emptyContext, aad: new Uint8Array(0) }
const secret = SecretBytes.random(32)

function keyring(padding: RawRsaPadding = 'OAEP_SHA256', keys: RsaPrivateHalf | RsaPublicHalf = pair): Keyring {
  return rawRsaKeyring({ namespace: 'test', name: 'rsa', padding, ...keys })
}

async function wrap(from: Keyring, what: SecretBytes = secret): Promise<EncryptedDataKey> {
  const [recipient] = await from.recipients(request)
  const [edk] = await (recipient as Recipient).wrap(what, request)
  return edk as EncryptedDataKey
}

describe.each(paddings)('under %s', (padding) => {
  it('an encrypted data key is in the format, and opens with the private half', async () => {
    const edk = await wrap(keyring(padding, { publicKey: pair.publicKey }))
    expect([edk.providerId, Buffer.from(edk.providerInfo).toString(), edk.ciphertext.length]).toEqual(['test', 'rsa', 256])
    expect([Buffer.isBuffer(edk.ciphertext), edk.ciphertext.buffer.byteLength]).toEqual([false, 256])
    const opened = (await keyring(padding, { privateKey: pair.privateKey }).unwrap([edk], request)) as Unwrapped
    expect(opened).toMatchObject({ edk: 0, keyId: 'rsa' })
    expect(opened.secret.equals(secret)).toBe(true)
  })

  it('a private key alone brings its public half', async () => {
    const both = keyring(padding, { privateKey: pair.privateKey })
    expect(await both.unwrap([await wrap(both)], request)).toMatchObject({ keyId: 'rsa' })
  })

  it('a public key alone opens nothing, and says that it is not its own to open', async () => {
    const writer = keyring(padding, { publicKey: pair.publicKey })
    expect(await writer.unwrap([await wrap(writer)], request)).toEqual({ attempts: [{ edk: 0, outcome: 'not-mine' }] })
  })

  it('another key does not open it', async () => {
    const edk = await wrap(keyring(padding))
    const answer = await keyring(padding, otherPair).unwrap([edk], request)
    expect(answer).toMatchObject({ attempts: [{ edk: 0, outcome: 'rejected' }] })
  })

  it('a whole message goes round, signed and not', async () => {
    for (const suite of ['0478', '0578'] as const) {
      const client = createEncryptionClient({ keyring: keyring(padding), suite })
      const { ciphertext } = await client.encrypt(Uint8Array.of(1, 2, 3))
      expect((await client.decrypt(ciphertext)).plaintext).toEqual(Uint8Array.of(1, 2, 3))
    }
  })
})

describe('an encrypted data key of another', () => {
  it.each<[string, (edk: EncryptedDataKey) => EncryptedDataKey]>([
    ['namespace', (edk) => ({ ...edk, providerId: 'other' })],
    ['name', (edk) => ({ ...edk, providerInfo: Buffer.from('rsa2') })],
    ['shorter name', (edk) => ({ ...edk, providerInfo: Buffer.from('rs') })],
    ['empty name', (edk) => ({ ...edk, providerInfo: new Uint8Array(0) })],
  ])('%s is not tried', async (_what, change) => {
    const own = keyring()
    const edk = change(await wrap(own))
    expect(await own.unwrap([edk], request)).toEqual({ attempts: [{ edk: 0, outcome: 'not-mine' }] })
    const [recipient] = await own.recipients(request)
    expect(recipient?.owns(edk)).toBe(false)
  })

  it('padding does not open', async () => {
    const edk = await wrap(keyring('OAEP_SHA256'))
    for (const padding of ['OAEP_SHA1', 'OAEP_SHA512'] as const) {
      expect(await keyring(padding).unwrap([edk], request)).toMatchObject({ attempts: [{ outcome: 'rejected' }] })
    }
  })

  it('length does not open, nor hide one that does', async () => {
    const own = keyring()
    const good = await wrap(own)
    for (const ciphertext of [
      new Uint8Array(0),
      good.ciphertext.subarray(1),
      Uint8Array.of(0, ...good.ciphertext),
      new Uint8Array(256).fill(0xff),
    ]) {
      expect(await own.unwrap([{ ...good, ciphertext }], request)).toMatchObject({ attempts: [{ outcome: 'rejected' }] })
      expect(await own.unwrap([{ ...good, ciphertext }, good], request)).toMatchObject({ edk: 1 })
    }
  })
})

describe('keys', () => {
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })

  it('of EC are refused', () => {
    expect(() => keyring('OAEP_SHA256', { publicKey: ec.publicKey })).toThrowError(
      expect.objectContaining({ code: 'KEY_INVALID', option: 'publicKey' }),
    )
    expect(() => keyring('OAEP_SHA256', { privateKey: ec.privateKey })).toThrowError(
      expect.objectContaining({ code: 'KEY_INVALID', option: 'privateKey' }),
    )
  })

  it('of 1024 bits are read but not written to', async () => {
    const small = generateKeyPairSync('rsa', { modulusLength: 1024 })
    const own = keyring('OAEP_SHA1', small)
    await expect(wrap(own)).rejects.toMatchObject({ code: 'KEY_INVALID', message: expect.stringContaining('1024') })
    expect(await own.unwrap([], request)).toEqual({ attempts: [] })
  })

  it('are needed', () => {
    expect(() => keyring('OAEP_SHA256', {} as never)).toThrowError(expect.objectContaining({ code: 'OPTION_INVALID', option: 'publicKey' }))
  })

  it('whose halves do not belong together are refused: what is written could not be read', () => {
    const halves = { publicKey: otherPair.publicKey, privateKey: pair.privateKey }
    expect(() => keyring('OAEP_SHA256', halves)).toThrowError(expect.objectContaining({ code: 'KEY_INVALID', option: 'publicKey' }))
    expect(() => keyring('OAEP_SHA256', pair)).not.toThrow()
  })

  it('may be in any form, the private one encrypted', async () => {
    const passphrase = 'correct horse'
    const pem = pair.privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase })
    const edk = await wrap(keyring('OAEP_SHA256', { publicKey: pair.publicKey.export({ format: 'jwk' }) }))
    expect(await keyring('OAEP_SHA256', { privateKey: pem, passphrase }).unwrap([edk], request)).toMatchObject({ keyId: 'rsa' })
    expect(() => keyring('OAEP_SHA256', { privateKey: pem })).toThrow(/give its passphrase/)
  })
})

describe('options', () => {
  it.each<[string, object]>([
    ['padding', { padding: 'OAEP' }],
    ['padding', { padding: undefined }],
    ['padding', { padding: 'OAEP_SHA256_MGF1_SHA1' }],
    ['namespace', { namespace: 'aws-kms-rsa' }],
    ['name', { name: '' }],
    ['passphrase', { passphrase: '' }],
  ])('%s may not be %j', (option, change) => {
    const options = { namespace: 'test', name: 'rsa', padding: 'OAEP_SHA256', ...pair, ...change }
    expect(() => rawRsaKeyring(options as never)).toThrowError(expect.objectContaining({ code: 'OPTION_INVALID', option }))
  })

  it('a key does not serve a padding it does not know', async () => {
    const key = rawRsaKey({ name: 'rsa', ...pair })
    await expect(key.seal?.(secret, 'OAEP_SHA256_MGF1_SHA1')).rejects.toMatchObject({ code: 'OPTION_INVALID', option: 'padding' })
  })

  it('half a key has half the methods', () => {
    const writer = rawRsaKey({ name: 'rsa', publicKey: pair.publicKey })
    expect([typeof writer.seal, typeof writer.open]).toEqual(['function', 'undefined'])
  })
})

/** Everything that somebody who submits messages and reads errors could tell two failures apart by. */
interface Visible {
  readonly code: unknown
  readonly message: string
  readonly class: unknown
  readonly properties: unknown
  readonly cause: unknown
}

async function visible(reading: Promise<unknown>): Promise<Visible> {
  try {
    await reading
  } catch (error) {
    const thrown = error as Error & { code?: unknown }
    return { code: thrown.code, message: thrown.message, class: thrown.constructor, properties: { ...thrown }, cause: thrown.cause }
  }
  throw new Error('it decrypted')
}

describe('PKCS#1 v1.5: whether the padding was right shows nowhere', () => {
  const rsa = keyring('PKCS1')
  const foreign = rawAesKeyring({ namespace: 'elsewhere', name: 'kek', key: generateAesKey() })
  const aes = rawAesKeyring({ namespace: 'test', name: 'aes', key: generateAesKey() })

  const settings: [string, Keyring, Keyring][] = [
    ['alone', rsa, rsa],
    ['beside an encrypted data key of somebody else', multiKeyring({ generator: rsa, children: [foreign] }), rsa],
    ['after an encrypted data key of somebody else', multiKeyring({ generator: foreign, children: [rsa] }), rsa],
    ['within a multi-keyring', rsa, multiKeyring({ generator: rsa, children: [aes] })],
    ['as the child of a multi-keyring', rsa, multiKeyring({ generator: aes, children: [rsa] })],
  ]

  it.each(settings)('%s', async (_name, writer, reader) => {
    const { ciphertext } = await createEncryptionClient({ keyring: writer, suite: '0478' }).encrypt(Uint8Array.of(1, 2, 3))
    const events: ObserverEvent[] = []
    const client = createEncryptionClient({ keyring: reader, observer: (event) => events.push(event) })
    // The padding is right here: only the tag at the end is wrong.
    const forgedTag = Uint8Array.from(ciphertext)
    forgedTag[forgedTag.length - 1] = (forgedTag.at(-1) as number) ^ 1
    const expected = await visible(client.decrypt(forgedTag))
    expect(expected.code).toBe('MESSAGE_INVALID')
    const edks = parseMessage(ciphertext).encryptedDataKeys
    const edk = edks.find(({ providerInfo }) => Buffer.from(providerInfo).toString() === 'rsa') as EncryptedDataKey
    const at = Buffer.from(ciphertext).indexOf(edk.ciphertext)
    // The padding is wrong in every one of these, or, one time in some hundreds, hides a key of 32 bytes.
    for (let count = 0; count < 12; count += 1) {
      const garbled = Uint8Array.from(ciphertext)
      garbled.set(
        count === 0 ? new Uint8Array(256) : count === 1 ? new Uint8Array(256).fill(0xff) : Uint8Array.of(0, ...randomBytes(255)),
        at,
      )
      expect(await visible(client.decrypt(garbled))).toEqual(expected)
    }
    expect(events.filter(({ type }) => type === 'keyring.failed')).toEqual([])
  })

  it('a key of the wrong length inside a right padding', async () => {
    const { ciphertext } = await createEncryptionClient({ keyring: rsa, suite: '0478' }).encrypt(Uint8Array.of(1, 2, 3))
    const client = createEncryptionClient({ keyring: rsa })
    const forgedTag = Uint8Array.from(ciphertext)
    forgedTag[forgedTag.length - 1] = (forgedTag.at(-1) as number) ^ 1
    const at = Buffer.from(ciphertext).indexOf((parseMessage(ciphertext).encryptedDataKeys[0] as EncryptedDataKey).ciphertext)
    for (const length of [1, 16, 31, 33]) {
      const swapped = Uint8Array.from(ciphertext)
      swapped.set((await wrap(rsa, SecretBytes.random(length))).ciphertext, at)
      expect(await visible(client.decrypt(swapped))).toEqual(await visible(client.decrypt(forgedTag)))
    }
  })

  it('the private key of another pair', async () => {
    const { ciphertext } = await createEncryptionClient({ keyring: rsa, suite: '0478' }).encrypt(Uint8Array.of(1, 2, 3))
    const forgedTag = Uint8Array.from(ciphertext)
    forgedTag[forgedTag.length - 1] = (forgedTag.at(-1) as number) ^ 1
    const other = createEncryptionClient({ keyring: keyring('PKCS1', otherPair) })
    expect(await visible(other.decrypt(ciphertext))).toEqual(await visible(createEncryptionClient({ keyring: rsa }).decrypt(forgedTag)))
  })
})
