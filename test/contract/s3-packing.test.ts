import { generateKeyPairSync } from 'node:crypto'
import { KMSClient } from '@aws-sdk/client-kms'
import { generateAesKey, rawAesKeyring, rawRsaKeyring } from '@strongroom/core'
import { kmsKeyring } from '@strongroom/kms'
import { type HsmToken, hsmKeyring, hsmRsaKeyring } from '@strongroom/pkcs11'
import { type EmbeddedKms, startEmbeddedKms } from '@strongroom/testing'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { makeAesKey, makeRsaKey, openTestToken } from '../../packages/pkcs11/test/hsm-keys.ts'
import { describeOnHsm, everyModule } from '../support/hsm.ts'
import { packingChecks } from './s3-packing-checks.ts'

for (const length of [16, 24, 32]) {
  describe(`a raw AES-${length * 8} key under S3 objects`, () => {
    const key = generateAesKey((length * 8) as 256)
    const fixture = {
      wrap: 'AES/GCM',
      keyring: rawAesKeyring({ namespace: 'contract', name: 'mine', key }),
      other: rawAesKeyring({ namespace: 'contract', name: 'theirs', key: generateAesKey() }),
      keyMaterial: [key],
    } as const
    for (const { name, run } of packingChecks) it(name, () => run(fixture))
  })
}

for (const modulusLength of [2048, 4096]) {
  describe(`a raw RSA-${modulusLength} key under S3 objects`, () => {
    const own = generateKeyPairSync('rsa', { modulusLength })
    const fixture = {
      wrap: 'RSA-OAEP-SHA1',
      // The padding of the keyring is for messages; the format of objects has its own.
      keyring: rawRsaKeyring({ namespace: 'contract', name: 'mine', padding: 'OAEP_SHA512', ...own }),
      other: rawRsaKeyring({
        namespace: 'contract',
        name: 'theirs',
        padding: 'OAEP_SHA1',
        ...generateKeyPairSync('rsa', { modulusLength }),
      }),
      keyMaterial: [Buffer.from(own.privateKey.export({ format: 'jwk' }).d as string, 'base64url')],
    } as const
    for (const { name, run } of packingChecks) it(name, () => run(fixture))
  })
}

describe('a KMS key under S3 objects', () => {
  let kms: EmbeddedKms
  let client: KMSClient
  beforeAll(async () => {
    kms = await startEmbeddedKms()
    client = new KMSClient({ ...kms.clientConfig, maxAttempts: 1 })
  })
  afterAll(async () => {
    client.destroy()
    await kms.close()
  })

  for (const { name, run } of packingChecks) {
    it(name, async () => {
      const keyringOf = () => kmsKeyring({ generatorKeyId: kms.createKey(), client })
      await run({
        wrap: 'kms+context',
        keyring: keyringOf(),
        other: keyringOf(),
        failures: {
          KEY_TRANSIENT: () => kms.faults.throttle(),
          KEY_OPERATIONAL: () => kms.faults.fail({ name: 'AccessDeniedException' }),
        },
      })
    })
  }
})

describeOnHsm(everyModule, 'keys in an HSM under S3 objects', (hsm) => {
  let token: HsmToken
  beforeAll(async () => {
    token = openTestToken(hsm)
    for (const alias of ['ours', 'theirs']) {
      await makeAesKey(token, `${alias}/v0001`)
      await makeRsaKey(token, `${alias}-pair/v0001`)
    }
  })
  afterAll(() => token.close())

  describe('an AES key', () => {
    const keyringOf = (alias: string) => hsmKeyring({ token, namespace: 'contract', alias })
    for (const { name, run } of packingChecks)
      it(name, () => run({ wrap: 'AES/GCM', keyring: keyringOf('ours'), other: keyringOf('theirs') }))
  })

  describe('an RSA key pair', () => {
    const keyringOf = (alias: string) => hsmRsaKeyring({ token, namespace: 'contract', alias, padding: 'OAEP_SHA1' })
    // NSS takes a tenth of a second for each operation.
    for (const { name, run } of packingChecks)
      it(name, { timeout: 240_000 }, () => run({ wrap: 'RSA-OAEP-SHA1', keyring: keyringOf('ours-pair'), other: keyringOf('theirs-pair') }))
  })
})
