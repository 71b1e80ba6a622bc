import { randomBytes, randomUUID } from 'node:crypto'
import {
  type EncryptionContext,
  generateAesKey,
  generateEcKeyPair,
  generateRsaKeyPair,
  type Keyring,
  multiKeyring,
  rawAesKeyring,
  rawEcdhKeyring,
  rawRsaKeyring,
} from '@strongroom/core'
import { fromAwsKeyring } from '@strongroom/core/aws-crypto'
import { createItemEncryptor, type Item, type TableConfig } from '@strongroom/dynamodb'
import { hierarchicalKeyring, kmsKeyring, regionClients, staticKeyStore } from '@strongroom/kms'
import { startEmbeddedKms } from '@strongroom/testing'
import { afterAll, describe, expect, it } from 'vitest'
import { officialRawAes } from '../aws-crypto/official-keyrings.ts'

/** A keyring that writes items, one for each recipient that reads them, and one that must not. */
interface Case {
  readonly name: string
  readonly write: Keyring
  readonly readers: readonly Keyring[]
  readonly stranger: Keyring
}

const item: Item = { id: { S: 'x' }, secret: { S: 'text' }, open: { N: '1' } }
const table = (suite: '6700' | '6701'): TableConfig => ({
  logicalTableName: 'contract',
  partitionKey: 'id',
  actions: { secret: 'encrypt', open: 'sign' },
  suite,
})

describe('items under every keyring', async () => {
  const kms = await startEmbeddedKms()
  afterAll(() => kms.close())
  const [rsa, otherRsa] = await Promise.all([generateRsaKeyPair(), generateRsaKeyPair()])
  const [ec, otherEc] = await Promise.all([generateEcKeyPair({ curve: 'P-256' }), generateEcKeyPair({ curve: 'P-256' })])
  const aes = (bits: number) => rawAesKeyring({ namespace: 'ns', name: 'aes', key: randomBytes(bits / 8) })
  const ofRsa = (pair: typeof rsa, padding: 'OAEP_SHA256' | 'PKCS1') => rawRsaKeyring({ namespace: 'ns', name: 'rsa', padding, ...pair })
  const ofEc = (pair: typeof ec) =>
    rawEcdhKeyring({ curve: 'P-256', schema: 'static', privateKey: pair.privateKey, recipientPublicKey: pair.publicKey })
  const branch = (branchKeyId: string) =>
    hierarchicalKeyring({ keyStore: staticKeyStore([{ branchKeyId, version: randomUUID(), branchKey: randomBytes(32) }]), branchKeyId })
  const ofKms = (...ids: string[]) => {
    const [generatorKeyId, ...keyIds] = ids as [string, ...string[]]
    const clientFor = regionClients({ endpoint: kms.endpoint, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } })
    return kmsKeyring({ generatorKeyId, ...(keyIds.length === 0 ? {} : { keyIds }), clientFor })
  }
  const official = (key: Uint8Array) => fromAwsKeyring(officialRawAes('ns', 'official', key))
  const one = (name: string, keyring: Keyring, stranger: Keyring): Case => ({ name, write: keyring, readers: [keyring], stranger })
  const [first, second, third] = [kms.createKey(), kms.createKey(), kms.createKey()]
  const [aesOne, rsaOne, branchOne] = [aes(256), ofRsa(rsa, 'OAEP_SHA256'), branch('one')]

  const cases: readonly Case[] = [
    ...[128, 192, 256].map((bits) => one(`raw AES-${bits}`, aes(bits), aes(bits))),
    one('raw RSA-OAEP', ofRsa(rsa, 'OAEP_SHA256'), ofRsa(otherRsa, 'OAEP_SHA256')),
    one('raw RSA-PKCS1', ofRsa(rsa, 'PKCS1'), ofRsa(otherRsa, 'PKCS1')),
    one('raw ECDH', ofEc(ec), ofEc(otherEc)),
    one('a branch key', branchOne, branch('one')),
    one('KMS', ofKms(first), ofKms(third)),
    { name: 'two KMS keys', write: ofKms(first, second), readers: [ofKms(first), ofKms(second)], stranger: ofKms(third) },
    one('an official keyring', official(generateAesKey()), official(generateAesKey())),
    {
      name: 'several',
      write: multiKeyring({ generator: aesOne, children: [rsaOne, branchOne, ofKms(second)] }),
      readers: [aesOne, rsaOne, branchOne, ofKms(second)],
      stranger: multiKeyring({ children: [aes(256), ofRsa(otherRsa, 'OAEP_SHA256'), branch('two'), ofKms(third)] }),
    },
  ]

  it.each(cases)('are read by each recipient of $name alone, and by nobody else', async ({ write, readers, stranger }) => {
    for (const suite of ['6700', '6701'] as const) {
      const { item: sealed } = await createItemEncryptor({ keyring: write, table: table(suite) }).encryptItem(item)
      for (const keyring of readers) {
        const encryptor = createItemEncryptor({ keyring, table: table(suite) })
        expect((await encryptor.decryptItem(sealed)).item).toEqual(item)
        await expect(encryptor.decryptItem({ ...sealed, open: { N: '2' } })).rejects.toMatchObject({ code: 'ITEM_INVALID' })
      }
      const failure: unknown = await createItemEncryptor({ keyring: stranger, table: table(suite) })
        .decryptItem(sealed)
        .catch((error: unknown) => error)
      expect((failure as { code?: string }).code).toMatch(/^(ITEM_INVALID|KEY_OPERATIONAL)$/)
    }
  })

  it.each(cases)('keep their ciphertext when they are rewrapped for $name', async ({ write, readers }) => {
    const old = aes(256)
    const { item: sealed } = await createItemEncryptor({ keyring: old, table: table('6701') }).encryptItem(item)
    const rewrapped = await createItemEncryptor({ keyring: write, table: table('6701') }).rewrapItem(sealed, { from: old })
    expect([rewrapped.fields, rewrapped.item['secret']]).toEqual(['kept', sealed['secret']])
    for (const keyring of readers)
      expect((await createItemEncryptor({ keyring, table: table('6701') }).decryptItem(rewrapped.item)).item).toEqual(item)
  })

  it('give their keyrings the whole context, which tells the table and the keys of the item', async () => {
    const seen: EncryptionContext[] = []
    const inner = aes(256)
    const keyring: Keyring = {
      recipients: (request) => {
        seen.push(request.context)
        return inner.recipients(request)
      },
      unwrap: (edks, request) => {
        seen.push(request.context)
        return inner.unwrap(edks, request)
      },
    }
    const encryptor = createItemEncryptor({ keyring, table: table('6700') })
    await encryptor.decryptItem((await encryptor.encryptItem(item)).item)
    const context = { 'aws-crypto-table-name': 'contract', 'aws-crypto-partition-name': 'id', 'aws-crypto-attr.id': 'AAF4' }
    expect(seen.map((pairs) => ({ ...pairs }))).toEqual([context, context])
  })
})
