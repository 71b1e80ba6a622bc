import { generateKeyPairSync } from 'node:crypto'
import { startEmbeddedDynamoDB, startEmbeddedKms } from '@strongroom/testing'
import { afterAll, describe, expect, it } from 'vitest'
import { DriverProcess, strongroomDriver } from './driver-process.ts'
import { startOneEndpoint } from './lab/one-endpoint.ts'

const plaintext = Buffer.from('two pairs of boots').toString('base64')

describe('our driver with keys in KMS', async () => {
  const [kms, dynamoDB] = await Promise.all([startEmbeddedKms(), startEmbeddedDynamoDB()])
  const one = await startOneEndpoint({ TrentService: kms.endpoint, DynamoDB_20120810: dynamoDB.endpoint })
  const driver = new DriverProcess(strongroomDriver)
  afterAll(async () => {
    await driver.close()
    await one[Symbol.asyncDispose]()
    await Promise.all([kms.close(), dynamoDB.close()])
  })
  const { endpoint } = kms

  async function passes(write: object, read: object = write): Promise<void> {
    const written = await driver.ask({ op: 'esdk.encrypt', keyring: write, plaintext, suite: '0478' })
    expect(written).toMatchObject({ ok: true })
    const answer = await driver.ask({ op: 'esdk.decrypt', keyring: read, ciphertext: written['ciphertext'] })
    expect(answer).toMatchObject({ ok: true, plaintext })
  }

  it('takes the padding of RSA keys for OAEP with SHA-256, and asks KMS for their public half, unless they are said', async () => {
    const key = { type: 'kms-rsa', keyId: kms.createKey(undefined, { spec: 'RSA_2048' }), endpoint }
    await passes(key, { ...key, padding: 'OAEP_SHA256' })
    await passes({ ...key, padding: 'OAEP_SHA1' })
    const answer = await driver.ask({ op: 'esdk.encrypt', keyring: { ...key, padding: 'PKCS1' }, plaintext })
    expect(answer.error).toMatch(/^INPUT_INVALID: .*OAEP_SHA1, OAEP_SHA256/)
  })

  it('takes the curve of an agreement from the keys, and the schema for static where there is a recipient, unless they are said', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('ec', {
      namedCurve: 'P-384',
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    })
    const key = { type: 'kms-ecdh', keyId: kms.createKey(undefined, { spec: 'ECC_NIST_P384' }), endpoint }
    await passes({ ...key, recipientPublicKey: publicKey }, { type: 'raw-ecdh', curve: 'P-384', schema: 'discovery', privateKey })
    await passes({ ...key, recipientPublicKey: publicKey, schema: 'static', curve: 'P-384' })
    const refused = await driver.ask({ op: 'esdk.encrypt', keyring: key, plaintext })
    expect(refused.error).toMatch(/^INPUT_INVALID: kms-ecdh: curve/)
    const discovery = await driver.ask({ op: 'esdk.encrypt', keyring: { ...key, curve: 'P-384' }, plaintext })
    expect(discovery.error).toMatch(/^KEYRING_CANNOT_ENCRYPT: /)
  })

  it('makes a table, branch keys in it and versions of them, and tells the active one', async () => {
    const keyStore = { table: 'branch-keys', logicalName: 'tenants', kmsKeyArn: kms.createKey(), endpoint: one.endpoint }
    const ask = (fields: object) => driver.ask({ op: 'keystore', keyStore, ...fields })
    expect(await ask({ action: 'create-table' })).toEqual({ ok: true, table: 'branch-keys' })
    const made = await ask({ action: 'create-key', branchKeyId: 'blue', encryptionContext: { tenant: 'blue' } })
    expect(made).toEqual({ ok: true, branchKeyId: 'blue', version: expect.any(String) })
    const keyring = { type: 'hierarchical', branchKeyId: 'blue', ttlMs: 60_000, keyStore }
    const before = await driver.ask({ op: 'esdk.encrypt', keyring, plaintext })
    const rotated = await ask({ action: 'version-key', branchKeyId: 'blue' })
    const active = await ask({ action: 'get-active', branchKeyId: 'blue' })
    expect(active).toEqual({ ok: true, branchKeyId: 'blue', version: rotated['version'], branchKey: expect.stringMatching(/^.{43}=$/) })
    expect(active['version']).not.toBe(made['version'])
    expect(await driver.ask({ op: 'esdk.decrypt', keyring, ciphertext: before['ciphertext'] })).toMatchObject({ ok: true, plaintext })
    expect((await ask({ action: 'create-key' }))['branchKeyId']).toMatch(/^[0-9a-f-]{36}$/)
  })

  it.each([
    [{ action: 'version-key' }, /^INPUT_INVALID: .*branchKeyId/],
    [{ action: 'delete-key' }, /^INPUT_INVALID: .*create-table/],
    [{ action: 'create-key', name: 'x' }, /^OPTION_INVALID: .*"name"/],
    [{ action: 'create-key', keyStore: { static: [] } }, /^OPTION_INVALID: .*"static"/],
    [{ action: 'get-active', branchKeyId: 'nobody' }, /^KEY_OPERATIONAL: /],
  ])('refuses %j', async (fields, error) => {
    const keyStore = { table: 'no-such-table', logicalName: 'tenants', kmsKeyArn: kms.createKey(), endpoint: one.endpoint }
    expect((await driver.ask({ op: 'keystore', keyStore, ...fields })).error).toMatch(error)
  })
})
