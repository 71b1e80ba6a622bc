import { CreateKeyCommand, DisableKeyCommand, GetPublicKeyCommand, type KeySpec, type KeyUsageType, KMSClient } from '@aws-sdk/client-kms'
import { createEncryptionClient, type Keyring, rawEcdhKeyring } from '@strongroom/core'
import { kmsEcdhKeyring, kmsHmacPrfKey, kmsRsaKeyring } from '@strongroom/kms'
import { afterAll, expect, it } from 'vitest'
import { describeOnLocalStack } from '../support/localstack.ts'

const encryptionContext = { purpose: 'integration' }
const plaintext = new TextEncoder().encode('a record')

describeOnLocalStack('key pairs and HMAC keys of LocalStack’s KMS', (config) => {
  const client = new KMSClient(config)
  afterAll(() => client.destroy())

  async function newKey(KeySpec: KeySpec, KeyUsage: KeyUsageType): Promise<string> {
    const { KeyMetadata } = await client.send(new CreateKeyCommand({ KeySpec, KeyUsage }))
    return KeyMetadata?.Arn as string
  }

  async function publicKeyOf(KeyId: string): Promise<Uint8Array> {
    const { PublicKey } = await client.send(new GetPublicKeyCommand({ KeyId }))
    return Uint8Array.from(PublicKey ?? [])
  }

  async function passes(writer: Keyring, reader: Keyring): Promise<void> {
    const { ciphertext } = await createEncryptionClient({ keyring: writer }).encrypt(plaintext, { encryptionContext, suite: '0478' })
    const opened = await createEncryptionClient({ keyring: reader }).decrypt(ciphertext, { encryptionContext })
    expect(opened.plaintext).toEqual(plaintext)
  }

  it.each(['RSA_2048', 'RSA_3072', 'RSA_4096'] as const)('open what was written to an RSA key of spec %s', async (spec) => {
    // OAEP with SHA-256 alone: with SHA-1, LocalStack opens nothing that was encrypted outside of it.
    const keyId = await newKey(spec, 'ENCRYPT_DECRYPT')
    const keyring = kmsRsaKeyring({ keyId, client })
    await passes(keyring, keyring)
    await passes(kmsRsaKeyring({ keyId, publicKey: await publicKeyOf(keyId), client }), keyring)
    await client.send(new DisableKeyCommand({ KeyId: keyId }))
    await expect(passes(keyring, keyring)).rejects.toMatchObject({ code: 'KEY_OPERATIONAL' })
  })

  it.each([
    ['P-256', 'ECC_NIST_P256'],
    ['P-384', 'ECC_NIST_P384'],
    ['P-521', 'ECC_NIST_P521'],
  ] as const)('agree on %s with each other, and with keys outside', async (curve, spec) => {
    const [sender, recipient] = [await newKey(spec, 'KEY_AGREEMENT'), await newKey(spec, 'KEY_AGREEMENT')]
    const reader = kmsEcdhKeyring({ schema: 'discovery', curve, keyId: recipient, client })
    const recipientPublicKey = await publicKeyOf(recipient)
    await passes(kmsEcdhKeyring({ schema: 'static', curve, keyId: sender, recipientPublicKey, client }), reader)
    await passes(rawEcdhKeyring({ schema: 'ephemeral', curve, recipientPublicKey }), reader)
  })

  it.each([224, 256, 384, 512] as const)('make secrets of labels under an HMAC key of %i bits', async (bits) => {
    const spec = `HMAC_${bits}` as const
    const keyId = await newKey(spec, 'GENERATE_VERIFY_MAC')
    const label = new TextEncoder().encode('integration')
    const [one, again] = [kmsHmacPrfKey({ keyId, spec, client }), kmsHmacPrfKey({ keyId, spec, client })]
    expect((await one.prf(label, 48)).equals(await again.prf(label, 48))).toBe(true)
  })
})
