import { afterEach, describe, expect, it } from 'vitest'
import { createMaterialsCache } from './cache/materials-cache.ts'
import { cachingMaterials } from './caching-materials.ts'
import { createEncryptionClient } from './client.ts'
import { aeadKeyring } from './keyrings/aead-keyring.ts'
import { multiKeyring } from './keyrings/multi-keyring.ts'
import { rawAesKey, rawAesKeyring } from './keyrings/raw-aes-keyring.ts'
import { rawRsaKey } from './keyrings/raw-rsa-key.ts'
import { rawRsaKeyring } from './keyrings/raw-rsa-keyring.ts'
import { rsaKeyring } from './keyrings/rsa-keyring.ts'
import { singleKey } from './keyrings/single-key.ts'
import { generateAesKey } from './keys/aes-key.ts'
import { generateRsaKeyPair } from './keys/rsa-key.ts'
import { hasMethods, isBoolean, isFunction, isInteger, isOneOf, isText, validateOptions } from './options.ts'
import { parseMessage } from './parse-message.ts'

const key = generateAesKey()
const keyring = rawAesKeyring({ namespace: 'test', name: 'kek', key })
const client = createEncryptionClient({ keyring, suite: '0478' })
const { ciphertext } = await client.encrypt(new Uint8Array(3))
const { publicKey } = await generateRsaKeyPair({ modulusLength: 2048 })
const rsaKey = rawRsaKey({ name: 'rsa', publicKey })

/** Every public function that takes options, called with good ones and some more. */
const takers: [string, (more: object) => unknown][] = [
  ['createEncryptionClient', (more) => createEncryptionClient({ keyring, ...more })],
  ['its cache option', (more) => createEncryptionClient({ keyring, cache: { maxAgeMs: 1000, ...more } })],
  ['encrypt', (more) => client.encrypt(new Uint8Array(3), { ...more })],
  ['decrypt', (more) => client.decrypt(ciphertext, { ...more })],
  ['rawAesKeyring', (more) => rawAesKeyring({ namespace: 'test', name: 'kek', key, ...more })],
  ['rawAesKey', (more) => rawAesKey({ name: 'kek', key, ...more })],
  ['aeadKeyring', (more) => aeadKeyring({ namespace: 'test', keys: singleKey(rawAesKey({ name: 'kek', key })), ...more })],
  ['rawRsaKeyring', (more) => rawRsaKeyring({ namespace: 'test', name: 'rsa', padding: 'OAEP_SHA256', publicKey, ...more })],
  ['rawRsaKey', (more) => rawRsaKey({ name: 'rsa', publicKey, ...more })],
  ['rsaKeyring', (more) => rsaKeyring({ namespace: 'test', padding: 'OAEP_SHA256', keys: singleKey(rsaKey), ...more })],
  ['multiKeyring', (more) => multiKeyring({ generator: keyring, ...more })],
  ['cachingMaterials', (more) => cachingMaterials({ keyring, maxAgeMs: 1000, ...more })],
  ['createMaterialsCache', (more) => createMaterialsCache({ ...more })],
  ['parseMessage', (more) => parseMessage(ciphertext, { ...more })],
  ['generateRsaKeyPair', (more) => generateRsaKeyPair({ modulusLength: 2048, ...more })],
]

describe.each(takers)('%s', (_name, call) => {
  it('takes what it knows', async () => {
    await expect((async () => call({}))()).resolves.toBeDefined()
  })

  it('refuses an option that it does not know, by its name', async () => {
    const refused = (async () => call({ misspelt: undefined }))()
    await expect(refused).rejects.toMatchObject({
      code: 'OPTION_INVALID',
      option: expect.stringMatching(/misspelt$/),
      message: expect.stringContaining('"misspelt"'),
    })
  })
})

describe('a polluted Object.prototype', () => {
  const pollute = (name: string, value: unknown): void => {
    Object.defineProperty(Object.prototype, name, { value, configurable: true, writable: true, enumerable: true })
  }

  afterEach(() => {
    for (const name of ['commitmentPolicy', 'netV400Retry', 'suite', 'maxEncryptedDataKeys']) Reflect.deleteProperty(Object.prototype, name)
  })

  it.each<[string, unknown]>([
    ['commitmentPolicy', 'FORBID_ENCRYPT_ALLOW_DECRYPT'],
    ['commitmentPolicy', 'whatever'],
    ['netV400Retry', true],
    ['maxEncryptedDataKeys', 65_535],
  ])('does not choose %s for a client', (name, value) => {
    pollute(name, value)
    expect(() => createEncryptionClient({ keyring })).toThrowError(expect.objectContaining({ code: 'OPTION_INVALID', option: name }))
  })

  it('does not choose the suite of a message', async () => {
    pollute('suite', '0578')
    await expect(client.encrypt(new Uint8Array(3))).rejects.toMatchObject({ code: 'OPTION_INVALID', option: 'suite' })
  })
})

describe('validateOptions', () => {
  const checks = { size: isInteger(1, 9), label: isText }

  it('counts undefined as not given, and wants what is required', () => {
    validateOptions('thing', { size: undefined, label: 'x' }, checks, ['label'])
    expect(() => validateOptions('thing', { size: 1, label: undefined }, checks, ['label'])).toThrow('thing needs the option label.')
  })

  it('names the option and what it must be, within its path', () => {
    const wrong = () => validateOptions('thing', { size: 10, label: 'x' }, checks, [], 'outer.')
    expect(wrong).toThrowError(
      expect.objectContaining({ option: 'outer.size', message: 'thing: the option size must be a whole number from 1 to 9.' }),
    )
  })

  it.each([null, undefined, 'size', 7, [], () => ({})])('takes only an options object, not %j', (input) => {
    expect(() => validateOptions('thing', input as unknown as object, {})).toThrowError(expect.objectContaining({ code: 'OPTION_INVALID' }))
  })

  it('does not know an option by the name of a method of every object', () => {
    for (const name of ['toString', '__proto__', 'constructor']) {
      expect(() => validateOptions('thing', JSON.parse(`{"${name}":1}`), checks as never)).toThrow(JSON.stringify(name))
    }
  })
})

it.each<[string, (value: unknown) => string | undefined, unknown[], unknown[]]>([
  ['isInteger', isInteger(1, 9), [1, 9], [0, 10, 1.5, Number.NaN, '1', 1n, null]],
  ['isText', isText, ['x', ' '], ['', '\ud800', 1, null]],
  ['isBoolean', isBoolean, [true, false], [0, 'true', null]],
  ['isFunction', isFunction, [() => 1, class {}], [{}, 'f', null]],
  ['isOneOf', isOneOf(['a', 'b']), ['a'], ['c', '', null, ['a']]],
  ['hasMethods', hasMethods('go'), [{ go() {} }], [{}, { go: 1 }, null, 'go']],
])('%s tells good values from bad', (_name, check, good, bad) => {
  expect(good.map((value) => check(value))).toEqual(good.map(() => undefined))
  expect(bad.map((value) => typeof check(value))).toEqual(bad.map(() => 'string'))
})
