import { beforeAll, describe, expect, it } from 'vitest'
import { createMaterialsCache } from './cache/materials-cache.ts'
import { createEncryptionClient, type EncryptionClientOptions } from './client.ts'
import type { Keyring, Recipient } from './keyring.ts'
import { multiKeyring } from './keyrings/multi-keyring.ts'
import { rawAesKeyring } from './keyrings/raw-aes-keyring.ts'
import { rawRsaKeyring } from './keyrings/raw-rsa-keyring.ts'
import { generateRsaKeyPair } from './keys/rsa-key.ts'
import { parseMessage } from './parse-message.ts'
import { recoveryMaterials } from './recovery-materials.ts'

const keyring = rawAesKeyring({ namespace: 'test', name: 'key', key: new Uint8Array(32).fill(7) })
const text = new TextEncoder().encode('not to be lost')
const recovery = { namespace: 'vault', name: 'recovery', padding: 'OAEP_SHA256' } as const
let offline: { publicKey: string; privateKey: string }
let recoveryRecipient: Keyring

beforeAll(async () => {
  offline = await generateRsaKeyPair({ modulusLength: 2048 })
  recoveryRecipient = rawRsaKeyring({ ...recovery, publicKey: offline.publicKey })
})

function client(options: Partial<EncryptionClientOptions> = {}) {
  return createEncryptionClient({ keyring, recoveryRecipient, ...options } as EncryptionClientOptions)
}

describe('a client with a recoveryRecipient', () => {
  it('writes messages that the offline key opens, and opens them with its own', async () => {
    const { ciphertext } = await client().encrypt(text)
    expect(parseMessage(ciphertext).encryptedDataKeys.map(({ providerId }) => providerId)).toEqual(['test', 'vault'])
    expect((await client().decrypt(ciphertext)).openedBy).toEqual({ edk: 0, keyId: 'key' })
    const rescuer = createEncryptionClient({ keyring: rawRsaKeyring({ ...recovery, privateKey: offline.privateKey }) })
    expect(await rescuer.decrypt(ciphertext)).toMatchObject({ plaintext: text, openedBy: { edk: 1, keyId: 'recovery' } })
  })

  it('never opens with the recovery key, even where it has the private half', async () => {
    const whole = rawRsaKeyring({ ...recovery, privateKey: offline.privateKey })
    const { ciphertext } = await createEncryptionClient({ keyring: whole }).encrypt(text)
    await expect(client({ recoveryRecipient: whole }).decrypt(ciphertext)).rejects.toMatchObject({ code: 'MESSAGE_INVALID' })
  })

  it('wraps for the offline key once for each cached data key', async () => {
    let wraps = 0
    const counted: Keyring = {
      unwrap: (edks, request) => recoveryRecipient.unwrap(edks, request),
      recipients: async (request) =>
        (await recoveryRecipient.recipients(request)).map((recipient) => ({
          ...recipient,
          async wrap(secret, call) {
            wraps += 1
            return await recipient.wrap(secret, call)
          },
        })),
    }
    const cached = client({ recoveryRecipient: counted, cache: { maxAgeMs: 60_000 } })
    for (let message = 0; message < 5; message += 1) await cached.encrypt(text)
    expect(wraps).toBe(1)
  })

  it('refuses cached data keys of a manager that has no recovery key', async () => {
    const cache = { store: createMaterialsCache(), partition: 'shared', maxAgeMs: 60_000 }
    await createEncryptionClient({ keyring, cache }).encrypt(text)
    await expect(client({ cache }).encrypt(text)).rejects.toMatchObject({ code: 'MATERIALS_INVALID' })
  })

  it('refuses to write where the recipient answers an encrypted data key of something else', async () => {
    const deceitful = (recipient: Recipient): Recipient => ({
      ...recipient,
      wrap: async (secret, request) => (await recipient.wrap(secret, request)).map((edk) => ({ ...edk, providerId: 'elsewhere' })),
    })
    const lying: Keyring = {
      ...recoveryRecipient,
      recipients: async (request) => (await recoveryRecipient.recipients(request)).map(deceitful),
    }
    await expect(client({ recoveryRecipient: lying }).encrypt(text)).rejects.toMatchObject({ code: 'MATERIALS_INVALID' })
  })

  it('refuses a recipient that is several keys, or none', async () => {
    const two = multiKeyring({ generator: recoveryRecipient, children: [keyring] })
    const none: Keyring = { ...recoveryRecipient, recipients: async () => [] }
    for (const wrong of [two, none]) {
      await expect(client({ recoveryRecipient: wrong }).encrypt(text)).rejects.toMatchObject({
        code: 'OPTION_INVALID',
        option: 'recoveryRecipient',
      })
    }
  })

  it.each([undefined, { maxAgeMs: 60_000 }])(
    'opens a message without it only where requireRecoveryRecipient is not set (cache: %j)',
    async (cache) => {
      const options = cache === undefined ? {} : { cache }
      const { ciphertext: bare } = await createEncryptionClient({ keyring }).encrypt(text)
      const { ciphertext: covered } = await client().encrypt(text)
      const strict = client({ ...options, requireRecoveryRecipient: true })
      const lax = client(options)
      for (let round = 0; round < 3; round += 1) {
        expect((await lax.decrypt(bare)).plaintext).toEqual(text)
        expect((await strict.decrypt(covered)).plaintext).toEqual(text)
        await expect(strict.decrypt(bare)).rejects.toMatchObject({ code: 'RECOVERY_MISSING', option: 'requireRecoveryRecipient' })
      }
    },
  )

  it('does not go with materials, nor requireRecoveryRecipient without it', () => {
    const materials = recoveryMaterials({ keyring, recoveryRecipient })
    expect(() => createEncryptionClient({ materials, recoveryRecipient } as never)).toThrow(/recoveryRecipient goes with keyring/)
    expect(() => createEncryptionClient({ materials, requireRecoveryRecipient: true } as never)).toThrow(/needs recoveryRecipient/)
    expect(() => createEncryptionClient({ keyring, requireRecoveryRecipient: true } as never)).toThrow(/needs recoveryRecipient/)
    expect(() => createEncryptionClient({ keyring, recoveryRecipient: 'key' as never })).toThrow(/recoveryRecipient must/)
    expect(() => recoveryMaterials({ keyring, recoveryRecipient, required: true } as never)).toThrow(/"required"/)
  })
})
