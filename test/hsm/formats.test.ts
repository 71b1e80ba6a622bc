import { randomBytes } from 'node:crypto'
import { createEncryptionClient, type Keyring, rawAesKeyring } from '@strongroom/core'
import { createItemEncryptor } from '@strongroom/dynamodb'
import { type HsmToken, hsmClusterKeyring, hsmKeyring, hsmRsaKeyring } from '@strongroom/pkcs11'
import { decryptObject, encryptObject } from '@strongroom/s3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { importKey, makeAesKey, makeRsaKey, openTestToken } from '../../packages/pkcs11/test/hsm-keys.ts'
import { describeOnHsm, everyModule } from '../support/hsm.ts'

const name = 'orders/v0001'
const context = { purpose: 'orders' }
const text = new TextEncoder().encode('two pairs of boots')
const item = { id: 'order#1', state: 'open', email: 'somebody@example.org', lines: [{ sku: 'boots', count: 2 }] }

/** Writes with one keyring and reads with another, in the format; answers what was read. */
const formats: Readonly<
  Record<string, (writer: Keyring, reader: Keyring) => Promise<{ readonly read: unknown; readonly wrote: unknown }>>
> = {
  async 'a message'(writer, reader) {
    const { ciphertext } = await createEncryptionClient({ keyring: writer }).encrypt(text, { encryptionContext: context })
    const { plaintext } = await createEncryptionClient({ keyring: reader }).decrypt(ciphertext, { encryptionContext: context })
    return { read: plaintext, wrote: text }
  },
  async 'an item'(writer, reader) {
    const of = (keyring: Keyring) =>
      createItemEncryptor({
        keyring,
        table: { logicalTableName: 'orders', partitionKey: 'id', actions: { state: 'sign', email: 'encrypt', lines: 'encrypt' } },
      })
    const { document: sealed } = await of(writer).encryptDocument(item)
    expect(JSON.stringify(sealed)).not.toContain(item.email)
    return { read: (await of(reader).decryptDocument(sealed)).document, wrote: item }
  },
  async 'an object'(writer, reader) {
    const object = await encryptObject(text, { keyring: writer })
    return { read: (await decryptObject(object, { keyring: reader })).plaintext, wrote: text }
  },
}

describeOnHsm(everyModule, 'every format gets the HSM by the contract alone', (hsm) => {
  const key = randomBytes(32)
  let token: HsmToken
  beforeAll(async () => {
    token = openTestToken(hsm)
    await importKey(token, name, key)
    await makeAesKey(token, 'other/v0001')
    await makeRsaKey(token, 'pair/v0001')
  })
  afterAll(() => token.close())

  const inHsm = () => hsmKeyring({ token, namespace: 'test', alias: 'orders' })
  const inSoftware = () => rawAesKeyring({ namespace: 'test', name, key })
  const pair = (publicOnly = false) => hsmRsaKeyring({ token, namespace: 'test', alias: 'pair', padding: 'OAEP_SHA1', publicOnly })

  describe.each(Object.keys(formats))('%s', (format) => {
    const exchange = async (writer: Keyring, reader: Keyring) => {
      const answer = await formats[format]?.(writer, reader)
      expect(answer?.read).toEqual(answer?.wrote)
    }

    it('written with the key in the HSM opens under the software keyring that holds the same key', () => exchange(inHsm(), inSoftware()))

    it('written by the software keyring opens with the key in the HSM', () => exchange(inSoftware(), inHsm()))

    it('written with the public half of a key pair opens with the private half in the HSM', () => exchange(pair(true), pair()))

    it('opens under no other key of the HSM', async () => {
      const other = hsmKeyring({ token, namespace: 'test', alias: 'other' })
      await expect(formats[format]?.(inHsm(), other)).rejects.toMatchObject({ code: expect.stringMatching(/^(?:MESSAGE|ITEM)_INVALID$/) })
    })
  })

  it.each(['a message', 'an item'])('%s for two keys of the HSM opens under either', async (format) => {
    const clusters = [inHsm(), hsmKeyring({ token, namespace: 'test', alias: 'other' })]
    for (const quorum of [1, 2]) {
      for (const reader of clusters) {
        const answer = await formats[format]?.(hsmClusterKeyring({ clusters, quorum }), reader)
        expect(answer?.read).toEqual(answer?.wrote)
      }
    }
  })
})
