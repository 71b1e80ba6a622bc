import { createSecretKey } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createEncryptionClient } from '../client.ts'
import { type EncryptionContext, serialiseContext, serialiseContextLegacyOrder } from '../encryption-context.ts'
import type { EncryptedDataKey, Keyring, Recipient, Unwrapped, WrapRequest } from '../keyring.ts'
import { generateAesKey } from '../keys/aes-key.ts'
import { parseMessage } from '../parse-message.ts'
import { SecretBytes } from '../secret-bytes.ts'
import { suiteById } from '../suite.ts'
import { unwrapDataKey } from '../unwrap-data-key.ts'
import { type RawAesKeyringOptions, rawAesKey, rawAesKeyring } from './raw-aes-keyring.ts'

const key = generateAesKey()
const context: EncryptionContext = { Zeta: '1', alpha: '2' }

function request(given: EncryptionContext = context): WrapRequest {
  return { suite: suiteById('0478'), context: given, aad: serialiseContext(given) }
}

function keyring(options: Partial<RawAesKeyringOptions> = {}): Keyring {
  return rawAesKeyring({ namespace: 'test', name: 'kek', key, ...options })
}

async function wrap(from: Keyring, secret: SecretBytes, given: WrapRequest = request()): Promise<EncryptedDataKey> {
  const [recipient] = await from.recipients(given)
  const [edk] = await (recipient as Recipient).wrap(secret, given)
  return edk as EncryptedDataKey
}

async function outcomeOf(from: Keyring, edk: EncryptedDataKey, given: WrapRequest = request()): Promise<string> {
  const answer = await from.unwrap([edk], given)
  if ('attempts' in answer) return answer.attempts.map(({ outcome }) => outcome).join()
  answer.secret.dispose()
  return 'opened'
}

const secret = SecretBytes.random(32)

describe('an encrypted data key', () => {
  it.each([16, 24, 32])('is in the format under a key of %i bytes, and opens again', async (length) => {
    const own = keyring({ key: new Uint8Array(length).fill(3) })
    const edk = await wrap(own, secret)
    expect(edk.providerId).toBe('test')
    expect(Buffer.from(edk.providerInfo).subarray(0, -12).toString('hex')).toBe(`${Buffer.from('kek').toString('hex')}000000800000000c`)
    expect(edk.providerInfo).toHaveLength(3 + 20)
    expect(edk.ciphertext).toHaveLength(32 + 16)
    const opened = (await own.unwrap([edk], request())) as Unwrapped
    expect(opened).toMatchObject({ edk: 0, keyId: 'kek' })
    expect(opened.secret.equals(secret)).toBe(true)
  })

  it('has an IV of its own every time', async () => {
    const own = keyring()
    const ivs = new Set<string>()
    for (let count = 0; count < 500; count += 1) ivs.add(Buffer.from((await wrap(own, secret)).providerInfo.subarray(-12)).toString('hex'))
    expect(ivs.size).toBe(500)
  })

  it('does not open with any of its bits changed', async () => {
    const own = keyring()
    const edk = await wrap(own, secret)
    for (const field of ['providerInfo', 'ciphertext'] as const) {
      for (let bit = 0; bit < edk[field].length * 8; bit += 1) {
        const changed = Uint8Array.from(edk[field])
        changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7))
        const inName = field === 'providerInfo' && bit < (3 + 8) * 8
        expect([field, bit, await outcomeOf(own, { ...edk, [field]: changed })]).toEqual([field, bit, inName ? 'not-mine' : 'rejected'])
      }
    }
  })

  it('does not open cut short, with a byte more, or empty', async () => {
    const own = keyring()
    const edk = await wrap(own, secret)
    for (let length = 0; length < edk.ciphertext.length; length += 1) {
      expect(await outcomeOf(own, { ...edk, ciphertext: edk.ciphertext.subarray(0, length) })).toBe('rejected')
    }
    expect(await outcomeOf(own, { ...edk, ciphertext: Uint8Array.of(...edk.ciphertext, 0) })).toBe('rejected')
    for (let length = 0; length < edk.providerInfo.length; length += 1) {
      expect(await outcomeOf(own, { ...edk, providerInfo: edk.providerInfo.subarray(0, length) })).not.toBe('opened')
    }
  })

  it('opens only in its context, namespace, name and key', async () => {
    const edk = await wrap(keyring(), secret)
    expect(await outcomeOf(keyring(), edk)).toBe('opened')
    expect(await outcomeOf(keyring(), edk, request({ ...context, alpha: '3' }))).toBe('rejected')
    expect(await outcomeOf(keyring(), edk, request({}))).toBe('rejected')
    expect(await outcomeOf(keyring({ namespace: 'other' }), edk)).toBe('not-mine')
    expect(await outcomeOf(keyring({ name: 'kek2' }), edk)).toBe('not-mine')
    expect(await outcomeOf(keyring({ name: 'ke' }), edk)).toBe('not-mine')
    expect(await outcomeOf(keyring({ key: generateAesKey() }), edk)).toBe('rejected')
  })

  it('is found among others, and a broken one of ours does not hide it', async () => {
    const own = keyring()
    const good = await wrap(own, secret)
    const broken = { ...good, ciphertext: new Uint8Array(48) }
    const opened = await own.unwrap([{ ...good, providerId: 'other' }, broken, good], request())
    expect(opened).toMatchObject({ edk: 2, keyId: 'kek' })
  })
})

describe('a key name', () => {
  it.each(['kek', 'ключ', '\u{1f511}', 'with space', 'x'.repeat(1000), 'ends with \u0000\u0000\u0000\u0080\u0000\u0000\u0000\u000c'])(
    'may be %j',
    async (name) => {
      const own = keyring({ name })
      expect(await outcomeOf(own, await wrap(own, secret))).toBe('opened')
    },
  )

  it('that is no UTF-8 on the wire is nobody’s', async () => {
    const own = keyring({ name: '\ufffd' })
    const edk = await wrap(own, secret)
    expect(await outcomeOf(own, edk)).toBe('opened')
    const info = Buffer.concat([Buffer.of(0xff), edk.providerInfo.subarray(3)])
    expect(await outcomeOf(own, { ...edk, providerInfo: info })).toBe('not-mine')
  })
})

describe('what the official JavaScript keyring wrote in its default order', () => {
  it('opens, unless that is switched off', async () => {
    const legacy: WrapRequest = { ...request(), aad: serialiseContextLegacyOrder(context) }
    const edk = await wrap(keyring(), secret, legacy)
    expect(await outcomeOf(keyring(), edk)).toBe('opened')
    expect(await outcomeOf(keyring({ legacyContextOrder: false }), edk)).toBe('rejected')
  })

  it('is not what is written', async () => {
    const edk = await wrap(keyring(), secret)
    expect(await outcomeOf(keyring({ legacyContextOrder: false }), edk)).toBe('opened')
  })
})

describe('options', () => {
  it.each<[string, object]>([
    ['namespace', { namespace: 'aws-kms' }],
    ['namespace', { namespace: 'aws-kms-hierarchy' }],
    ['namespace', { namespace: '' }],
    ['namespace', { namespace: undefined }],
    ['name', { name: '' }],
    ['name', { name: 7 }],
    ['name', { name: '\ud800' }],
    ['legacyContextOrder', { legacyContextOrder: 'no' }],
    ['random', { random: 7 }],
    ['key', { key: undefined }],
  ])('%s may not be %j', (option, change) => {
    expect(() => keyring(change)).toThrowError(expect.objectContaining({ code: 'OPTION_INVALID', option }))
  })

  it('a key of 15 bytes is refused when the keyring is made', () => {
    expect(() => keyring({ key: new Uint8Array(15) })).toThrowError(expect.objectContaining({ code: 'KEY_INVALID' }))
  })

  it('a key may be wiped once the keyring is made', async () => {
    const bytes = generateAesKey()
    const edk = await wrap(keyring({ key: Uint8Array.from(bytes) }), secret)
    const own = keyring({ key: bytes })
    bytes.fill(0)
    expect(await outcomeOf(own, edk)).toBe('opened')
  })

  it('all forms of one key are one key', async () => {
    const edk = await wrap(keyring(), secret)
    for (const form of [createSecretKey(key), { kty: 'oct', k: Buffer.from(key).toString('base64url') }]) {
      expect(await outcomeOf(keyring({ key: form }), edk)).toBe('opened')
    }
  })
})

it('one wrapping key is told as such', async () => {
  const set = keyring().wrappingKeys
  expect((await set?.current())?.kind).toBe('aead')
  expect((await set?.named('kek'))?.kind).toBe('aead')
  expect(await set?.named('other')).toBeUndefined()
})

it('a key opens nothing where no tag can be', async () => {
  const raw = rawAesKey({ name: 'kek', key })
  for (const length of [0, 15, 16]) {
    await expect(raw.open(new Uint8Array(12), new Uint8Array(length), new Uint8Array(0))).rejects.toMatchObject({ code: 'MESSAGE_INVALID' })
  }
})

it('a data key of the wrong length for the suite is not used, though it opens', async () => {
  const suite = suiteById('0478')
  const made = await createEncryptionClient({ keyring: keyring(), suite: '0478' }).encrypt(new Uint8Array(3))
  const short = await wrap(keyring(), SecretBytes.random(16), { suite, context: {}, aad: new Uint8Array(0) })
  const { encryptedDataKeys } = parseMessage(made.ciphertext)
  const first = encryptedDataKeys[0] as EncryptedDataKey
  expect(short.ciphertext.length).toBe(first.ciphertext.length - 16)
  const opened = await unwrapDataKey(keyring(), [short, first], 32, { suite, context: {}, aad: new Uint8Array(0) })
  expect(opened.edk).toBe(1)
})
