import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { emptyContext } from '../encryption-context.ts'
import { StrongroomError } from '../errors.ts'
import type { EncryptedDataKey, KeySet, Recipient, WrapRequest } from '../keyring.ts'
import { SecretBytes } from '../secret-bytes.ts'
import { suiteById } from '../suite.ts'
import type { RsaKey, RsaPadding } from '../wrapping-key.ts'
import { rawRsaKey } from './raw-rsa-key.ts'
import { rsaKeyring } from './rsa-keyring.ts'

const pair = generateKeyPairSync('rsa', { modulusLength: 2048 })
const request: WrapRequest = { suite: suiteById('0478'), context: emptyContext, aad: new Uint8Array(0) }

function versions(...keys: RsaKey[]): KeySet<RsaKey> {
  return { current: async () => keys.at(-1) as RsaKey, named: async (name) => keys.find((key) => key.name === name) }
}

async function wrap(keys: KeySet<RsaKey>): Promise<EncryptedDataKey> {
  const [recipient] = await rsaKeyring({ namespace: 'hsm', padding: 'OAEP_SHA256', keys }).recipients(request)
  const [edk] = await (recipient as Recipient).wrap(SecretBytes.random(32), request)
  return edk as EncryptedDataKey
}

it('a key of a class keeps its this', async () => {
  class HsmKey implements RsaKey {
    readonly kind = 'rsa'
    readonly name = 'hsm-key'
    readonly paddings: readonly RsaPadding[] = ['OAEP_SHA256']
    readonly #inner = rawRsaKey({ name: 'hsm-key', ...pair })
    seal(secret: SecretBytes, padding: RsaPadding): Promise<Uint8Array> {
      return (this.#inner.seal as NonNullable<RsaKey['seal']>)(secret, padding)
    }
    open(sealed: Uint8Array, padding: RsaPadding): Promise<SecretBytes> {
      return (this.#inner.open as NonNullable<RsaKey['open']>)(sealed, padding)
    }
  }
  const keys = versions(new HsmKey())
  const keyring = rsaKeyring({ namespace: 'hsm', padding: 'OAEP_SHA256', keys })
  expect(await keyring.unwrap([await wrap(keys)], request)).toMatchObject({ keyId: 'hsm-key' })
})

it('a key in versions is written with the current one and read with each', async () => {
  const [v1, v2] = [rawRsaKey({ name: 'v1', ...pair }), rawRsaKey({ name: 'v2', ...pair })]
  const old = await wrap(versions(v1))
  const keyring = rsaKeyring({ namespace: 'hsm', padding: 'OAEP_SHA256', keys: versions(v1, v2) })
  expect((await keyring.recipients(request)).map(({ keyId }) => keyId)).toEqual(['v2'])
  expect(await keyring.unwrap([old], request)).toMatchObject({ keyId: 'v1' })
})

it('a key without a public half cannot encrypt, and says so by its name', async () => {
  const { seal, ...reader } = rawRsaKey({ name: 'reader', ...pair })
  expect(seal).toBeTypeOf('function')
  const keyring = rsaKeyring({ namespace: 'hsm', padding: 'OAEP_SHA256', keys: versions(reader) })
  await expect(keyring.recipients(request)).rejects.toMatchObject({
    code: 'KEYRING_CANNOT_ENCRYPT',
    message: expect.stringContaining('reader'),
  })
})

describe('failures of a key', () => {
  function failing(code: string, padding: RsaPadding): ReturnType<typeof rsaKeyring> {
    const key: RsaKey = {
      ...rawRsaKey({ name: 'hsm-key', ...pair }),
      async open() {
        throw new StrongroomError(code, `failed with ${code}`)
      },
    }
    return rsaKeyring({ namespace: 'hsm', padding, keys: versions(key) })
  }

  it.each([
    ['KEY_TRANSIENT', 'transient'],
    ['KEY_OPERATIONAL', 'operational'],
    ['KEY_SHREDDED', 'shredded'],
    ['RUNTIME_UNSUPPORTED', 'operational'],
    ['MESSAGE_INVALID', 'rejected'],
  ])('%s is %s under OAEP, with its cause', async (code, outcome) => {
    const edk = await wrap(versions(rawRsaKey({ name: 'hsm-key', ...pair })))
    const answer = await failing(code, 'OAEP_SHA256').unwrap([edk], request)
    expect(answer).toMatchObject({ attempts: [{ edk: 0, keyId: 'hsm-key', outcome, cause: { code } }] })
  })

  it('under PKCS#1 v1.5 are told, but for a rejection, which leaves neither key nor cause', async () => {
    const edk = await wrap(versions(rawRsaKey({ name: 'hsm-key', ...pair })))
    expect(await failing('KEY_TRANSIENT', 'PKCS1').unwrap([edk], request)).toMatchObject({
      attempts: [{ outcome: 'transient', keyId: 'hsm-key' }],
    })
    expect(await failing('MESSAGE_INVALID', 'PKCS1').unwrap([edk], request)).toEqual({
      attempts: [{ edk: 0, outcome: 'rejected', untold: true }],
    })
  })

  it('under PKCS#1 v1.5 a secret of the wrong length is disposed, and rejected like any other', async () => {
    const secrets: SecretBytes[] = []
    const key: RsaKey = {
      ...rawRsaKey({ name: 'hsm-key', ...pair }),
      async open() {
        const secret = SecretBytes.random(7)
        secrets.push(secret)
        return secret
      },
    }
    const edk = await wrap(versions(rawRsaKey({ name: 'hsm-key', ...pair })))
    const answer = await rsaKeyring({ namespace: 'hsm', padding: 'PKCS1', keys: versions(key) }).unwrap([edk], request)
    expect(answer).toEqual({ attempts: [{ edk: 0, outcome: 'rejected', untold: true }] })
    expect(secrets.map(({ disposed }) => disposed)).toEqual([true])
  })
})
