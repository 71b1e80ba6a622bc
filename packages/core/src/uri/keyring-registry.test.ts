import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterAll, describe, expect, it } from 'vitest'
import { createEncryptionClient } from '../client.ts'
import { rawAesKeyring } from '../keyrings/raw-aes-keyring.ts'
import { generateAesKey } from '../keys/aes-key.ts'
import { parseMessage } from '../parse-message.ts'
import { createKeyringRegistry, type KeyringScheme, type KeyringTextScheme, keyringFromUri } from './keyring-registry.ts'

const text = new TextEncoder().encode('configured')
const folder = mkdtempSync(join(tmpdir(), 'strongroom-uri-'))
afterAll(() => rmSync(folder, { recursive: true }))

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

const aesKey = generateAesKey()
const aesText = Buffer.from(aesKey)
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const anna = generateKeyPairSync('ec', { namedCurve: 'P-384' })
const bert = generateKeyPairSync('ec', { namedCurve: 'P-384' })
const locked = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'correct horse' } as const

async function reads(writer: string | readonly string[], reader: string | readonly string[] = writer): Promise<readonly string[]> {
  const { ciphertext } = await createEncryptionClient({ keyring: await keyringFromUri(writer) }).encrypt(text)
  const { plaintext } = await createEncryptionClient({ keyring: await keyringFromUri(reader) }).decrypt(ciphertext)
  expect(plaintext).toEqual(text)
  return parseMessage(ciphertext).encryptedDataKeys.map(({ providerId }) => providerId)
}

describe('keyringFromUri', () => {
  it.each([
    ['raw', '', file('key.bin', aesKey)],
    ['a JWK', '', file('key.jwk', JSON.stringify({ kty: 'oct', k: aesText.toString('base64url') }))],
    ['base64', '&encoding=base64', file('key.b64', `${aesText.toString('base64')}\n`)],
    ['hex', '&encoding=hex', file('key.hex', aesText.toString('hex').toUpperCase())],
    ['raw and text', '&encoding=raw', file('key.txt', '0123456789abcdef')],
  ])('makes a raw AES keyring of a key that is %s', async (_form, more, path) => {
    expect(await reads(`raw-aes://ns/name?file=${path}${more}`)).toEqual(['ns'])
  })

  it('makes the keyring that the same options make', async () => {
    const { ciphertext } = await createEncryptionClient({
      keyring: await keyringFromUri(`raw-aes://ns/name?file=${file('k', aesKey)}`),
    }).encrypt(text)
    const keyring = rawAesKeyring({ namespace: 'ns', name: 'name', key: aesKey })
    expect((await createEncryptionClient({ keyring }).decrypt(ciphertext)).plaintext).toEqual(text)
  })

  it.each([
    ['PEM', rsa.publicKey.export({ type: 'spki', format: 'pem' }), rsa.privateKey.export({ type: 'pkcs8', format: 'pem' })],
    ['DER', rsa.publicKey.export({ type: 'spki', format: 'der' }), rsa.privateKey.export({ type: 'pkcs8', format: 'der' })],
    ['JWK', JSON.stringify(rsa.publicKey.export({ format: 'jwk' })), JSON.stringify(rsa.privateKey.export({ format: 'jwk' }))],
  ])('makes raw RSA keyrings of halves in %s', async (form, publicHalf, privateHalf) => {
    const base = 'raw-rsa://ns/name?padding=OAEP_SHA256'
    await reads(
      `${base}&public-key-file=${file(`pub.${form}`, publicHalf)}`,
      `${base}&private-key-file=${file(`priv.${form}`, privateHalf)}`,
    )
  })

  it('opens an encrypted private key with the first line of a passphrase file', async () => {
    const key = file('locked.pem', rsa.privateKey.export(locked))
    const passphrase = file('passphrase', 'correct horse\nnot this\n')
    await reads(`raw-rsa://ns/name?padding=OAEP_SHA384&private-key-file=${key}&passphrase-file=${passphrase}`)
    await expect(keyringFromUri(`raw-rsa://ns/name?padding=OAEP_SHA384&private-key-file=${key}`)).rejects.toMatchObject({
      code: 'KEY_INVALID',
      message: expect.stringContaining('passphrase'),
    })
  })

  it('makes ECDH keyrings of every schema', async () => {
    const [own, other] = [anna, bert].map(({ privateKey }, index) => file(`ec-${index}.pem`, privateKey.export(locked)))
    const passphrase = file('passphrase', 'correct horse')
    const [ownPublic, otherPublic] = [anna, bert].map(({ publicKey }, index) =>
      file(`ec-${index}.der`, publicKey.export({ type: 'spki', format: 'der' })),
    )
    const unlock = `passphrase-file=${passphrase}`
    const discovery = `raw-ecdh://P-384/discovery?private-key-file=${other}&${unlock}`
    await reads(`raw-ecdh://P-384/ephemeral?recipient-file=${otherPublic}`, discovery)
    const toOther = `raw-ecdh://P-384/static?private-key-file=${own}&${unlock}&recipient-file=${otherPublic}`
    await reads(toOther, `raw-ecdh://P-384/static?private-key-file=${other}&${unlock}&recipient-file=${ownPublic}`)
  })

  it('makes one keyring of several URIs: the first makes the data keys, any reads', async () => {
    const [one, two] = ['one', 'two'].map((name) => `raw-aes://${name}/k?file=${file(name, generateAesKey())}`) as [string, string]
    for (const reader of [one, two]) expect(await reads([one, two], reader)).toEqual(['one', 'two'])
    await expect(keyringFromUri([])).rejects.toMatchObject({ code: 'OPTION_INVALID' })
  })

  const path = file('secret.txt', 'MDEyMzQ1Njc4OWFiY2RlZg==')
  it.each([
    [`raw-aes://ns/name?file=${path}`, 'KEY_INVALID', /base64/],
    [`raw-aes://ns/name?file=${file('b64-24', Buffer.alloc(16, 0xa5).toString('base64'))}`, 'KEY_INVALID', /holds text/],
    [`raw-aes://ns/name?file=${file('json', '{"kty":"oct","k":"MDEyMzQ1Njc4')}`, 'KEY_INVALID', /not a JWK/],
    [`raw-aes://ns/name?file=${path}&encoding=hex`, 'KEY_INVALID', /not hex/],
    [`raw-aes://ns/name?file=${path}&encoding=utf8`, 'OPTION_INVALID', /encoding/],
    [`raw-aes://ns/name?file=${file('long', new Uint8Array(65_537).fill(200))}`, 'KEY_INVALID', /65536/],
    [`raw-aes://ns/name?file=${file('short', new Uint8Array(15).fill(200))}`, 'KEY_INVALID', /15 bytes/],
    [`raw-aes://ns/name?file=${join(folder, 'absent')}`, 'KEY_INVALID', /absent.*ENOENT/],
    [`raw-aes://ns/name?file=${folder}`, 'KEY_INVALID', /EISDIR/],
    ['raw-aes://ns/name', 'OPTION_INVALID', /file is missing/],
    ['raw-aes://ns?file=x', 'OPTION_INVALID', /one path segment/],
    ['raw-aes://ns/name/more?file=x', 'OPTION_INVALID', /one path segment/],
    ['raw-aes://ns/name?key=MDEyMzQ1Njc4OWFiY2RlZg==', 'OPTION_INVALID', /does not know the parameter key. Known: file, encoding/],
    [`raw-aes://aws-kms/name?file=${file('k32', aesKey)}`, 'OPTION_INVALID', /namespace/],
    ['raw-rsa://ns/name', 'OPTION_INVALID', /padding is missing/],
    ['raw-rsa://ns/name?padding=OAEP_SHA256', 'OPTION_INVALID', /publicKey, privateKey/],
    [`raw-rsa://ns/name?padding=OAEP_SHA256&private-key-file=${path}`, 'KEY_INVALID', /privateKey cannot be read/],
    ['raw-ecdh://P-999/ephemeral', 'OPTION_INVALID', /curve/],
    ['raw-ecdh://P-256/static', 'OPTION_INVALID', /privateKey/],
    ['aws-kms://arn:aws:kms:eu-west-1:1:key/2', 'OPTION_INVALID', /No keyring scheme "aws-kms".*raw-aes, raw-rsa, raw-ecdh/],
  ])('refuses %s', async (uri, code, message) => {
    const failure = await keyringFromUri(uri).then(
      () => undefined,
      (error: unknown) => error,
    )
    expect(failure).toMatchObject({ code, message: expect.stringMatching(message) })
    expect(inspect(failure, { depth: 9 })).not.toContain('MDEyMzQ1')
  })
})

describe('a keyring registry', () => {
  const keyring = rawAesKeyring({ namespace: 'ns', name: 'k', key: aesKey })
  const scheme: KeyringScheme = { scheme: 'vault', form: 'vault://KEY', parameters: ['region'], open: () => keyring }

  it('opens the schemes that it was given, and those registered later', async () => {
    const given = createKeyringRegistry({ schemes: [scheme] })
    const later = createKeyringRegistry()
    later.register(scheme)
    for (const registry of [given, later]) {
      expect(await keyringFromUri('vault://k?region=eu', registry)).toBe(keyring)
      expect(registry.schemes.map((known) => known.scheme)).toEqual(['raw-aes', 'raw-rsa', 'raw-ecdh', 'vault'])
      await expect(registry.keyringFromUri('vault://k?zone=eu')).rejects.toThrow(/does not know the parameter zone. Known: region/)
    }
    await expect(keyringFromUri('vault://k')).rejects.toThrow(/No keyring scheme "vault"/)
  })

  it('gives a scheme with a syntax of its own the whole URI', async () => {
    const texts: string[] = []
    const own: KeyringTextScheme = {
      scheme: 'pkcs11',
      form: 'pkcs11:ATTRIBUTES',
      openText(text) {
        texts.push(text)
        return keyring
      },
    }
    const registry = createKeyringRegistry({ schemes: [own, scheme] })
    expect(await registry.keyringFromUri('pkcs11:token=a;object=b?pin-source=/x')).toBe(keyring)
    expect(await registry.keyringFromUri('PKCS11:')).toBe(keyring)
    expect(texts).toEqual(['pkcs11:token=a;object=b?pin-source=/x', 'PKCS11:'])
    await expect(registry.keyringFromUri('pkcs12:token=a')).rejects.toThrow(/not of the form/)
    await expect(createKeyringRegistry().keyringFromUri('pkcs11:token=a')).rejects.toMatchObject({ code: 'OPTION_INVALID' })
    expect(() => registry.register(own)).toThrow(/registered already/)
    expect(() => registry.register({ ...own, scheme: 'own', form: undefined } as never)).toThrow(/have a form/)
  })

  it('reads key files with the reader that it was given, and wipes what it read', async () => {
    const read: Uint8Array[] = []
    const registry = createKeyringRegistry({
      async readFile(name) {
        const bytes = name === 'key' ? Uint8Array.from(aesKey) : new Uint8Array(rsa.privateKey.export({ type: 'pkcs8', format: 'der' }))
        read.push(bytes)
        return bytes
      },
    })
    await registry.keyringFromUri(['raw-aes://ns/k?file=key', 'raw-rsa://ns/r?padding=OAEP_SHA256&private-key-file=rsa'])
    expect(read.map((bytes) => bytes.every((byte) => byte === 0))).toEqual([true, true])
  })

  it('takes a scheme once, and only a whole one', () => {
    const registry = createKeyringRegistry()
    expect(() => registry.register({ ...scheme, scheme: 'raw-aes' })).toThrow(/registered already/)
    for (const wrong of [{ ...scheme, scheme: 'Vault' }, { ...scheme, open: undefined }, { ...scheme, parameters: 'region' }, null]) {
      expect(() => registry.register(wrong as never)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
    }
    expect(() => createKeyringRegistry({ schemas: [] } as never)).toThrow(/"schemas"/)
  })
})
