// Configurations of the core that cannot work do not compile. Every complaint has to be about what its comment names first.
import {
  type AgreementKey,
  aeadKeyring,
  cachingMaterials,
  createEncryptionClient,
  createMaterialsCache,
  ecdhKeyring,
  generateAesKey,
  type Keyring,
  type Materials,
  multiKeyring,
  rawAesKeyring,
  rawEcdhKeyring,
  rawRsaKey,
  rawRsaKeyring,
  recoveryMaterials,
  requiredContextMaterials,
} from '@strongroom/core'

declare const keyring: Keyring
declare const recoveryRecipient: Keyring
declare const materials: Materials
declare const agreement: AgreementKey
declare const point: Uint8Array
declare const pem: string
const cache = { maxAgeMs: 300_000 }
const store = createMaterialsCache()

export function clients(): void {
  createEncryptionClient({ keyring })
  createEncryptionClient({ keyring, cache, recoveryRecipient, requireRecoveryRecipient: true, requiredContextKeys: ['tenant'] })
  createEncryptionClient({ materials, requiredContextKeys: ['tenant'] })
  // @ts-expect-error EncryptionClientOptions: there are no data keys
  createEncryptionClient({})
  // @ts-expect-error keyring: there are no data keys to cache
  createEncryptionClient({ cache })
  // @ts-expect-error materials: it is one of the two
  createEncryptionClient({ keyring, materials })
  // @ts-expect-error cache: whether materials are cached is their matter
  createEncryptionClient({ materials, cache })
  // @ts-expect-error recoveryRecipient: who else can open is the matter of the materials
  createEncryptionClient({ materials, recoveryRecipient })
  // @ts-expect-error requireRecoveryRecipient: there is no key to look for
  createEncryptionClient({ keyring, requireRecoveryRecipient: true })
  // @ts-expect-error CacheOptions: there is no safe age for everybody
  createEncryptionClient({ keyring, cache: {} })
  // @ts-expect-error cahce: an option that is dropped for a typing error is a hole
  createEncryptionClient({ keyring, cahce: cache })
  // @ts-expect-error 0999: no such suite
  createEncryptionClient({ keyring, suite: '0999' })
  // @ts-expect-error ALLOW_ALL: no such policy
  createEncryptionClient({ keyring, commitmentPolicy: 'ALLOW_ALL' })
}

export async function calls(): Promise<void> {
  const client = createEncryptionClient({ keyring })
  await client.encrypt(point, { encryptionContext: { purpose: 'orders' } })
  // @ts-expect-error string: text has to be encoded first
  await client.encrypt('hello')
  // @ts-expect-error number: values are strings
  await client.encrypt(point, { encryptionContext: { order: 1 } })
  // @ts-expect-error suite: the message says its suite
  await client.decrypt(point, { suite: '0478' })
  const { plaintext } = await client.decrypt(point)
  // @ts-expect-error 0 arguments: bytes are no Buffer
  plaintext.toString('utf8')
  // @ts-expect-error ignore: what an unverified signature lets through is not released
  client.decryptStream({ signedStreams: 'ignore' })
}

export function managers(): void {
  cachingMaterials({ keyring, maxAgeMs: 1, maxEntries: 10 })
  cachingMaterials({ materials, maxAgeMs: 1, store, partition: 'tenant' })
  requiredContextMaterials({ keyring, requiredKeys: ['tenant'] })
  recoveryMaterials({ keyring, recoveryRecipient, cache })
  // @ts-expect-error CachingMaterialsOptions: there are no data keys
  cachingMaterials({ maxAgeMs: 1 })
  // @ts-expect-error materials: it is one of the two
  cachingMaterials({ keyring, materials, maxAgeMs: 1 })
  // @ts-expect-error maxEntries: the store has a limit of its own
  cachingMaterials({ keyring, maxAgeMs: 1, store, maxEntries: 10 })
  // @ts-expect-error store: a part of which store
  cachingMaterials({ keyring, maxAgeMs: 1, partition: 'tenant' })
  // @ts-expect-error materials: it is one of the two
  requiredContextMaterials({ keyring, materials, requiredKeys: ['tenant'] })
  // @ts-expect-error requiredKeys: nothing would be required
  requiredContextMaterials({ keyring })
  // @ts-expect-error recoveryRecipient: there is no recovery without it
  recoveryMaterials({ keyring })
}

export function keyrings(): void {
  const aes = { namespace: 'example', name: 'kek', key: generateAesKey() }
  const rsa = { namespace: 'example', name: 'archive', padding: 'OAEP_SHA256' } as const
  rawAesKeyring(aes)
  rawRsaKeyring({ ...rsa, publicKey: pem })
  rawRsaKeyring({ ...rsa, privateKey: pem, passphrase: 'secret' })
  rawRsaKeyring({ ...rsa, privateKey: pem, publicKey: pem })
  multiKeyring({ generator: keyring })
  multiKeyring({ children: [keyring] })
  // @ts-expect-error string: a key is bytes, a KeyObject or a JWK, never text in an encoding to be guessed
  rawAesKeyring({ ...aes, key: 'c2VjcmV0' })
  // @ts-expect-error namespace: every party uses the same, so there is no default
  rawAesKeyring({ name: 'kek', key: generateAesKey() })
  // @ts-expect-error publicKey: neither half of the key
  rawRsaKeyring(rsa)
  // @ts-expect-error passphrase: a public key has none
  rawRsaKeyring({ ...rsa, publicKey: pem, passphrase: 'secret' })
  // @ts-expect-error padding: the reader would have to guess it
  rawRsaKeyring({ namespace: 'example', name: 'archive', publicKey: pem })
  // @ts-expect-error OAEP_SHA256_MGF1_SHA1: Node.js has no such padding
  rawRsaKeyring({ ...rsa, padding: 'OAEP_SHA256_MGF1_SHA1', publicKey: pem })
  // @ts-expect-error publicKey: neither half of the key
  rawRsaKey({ name: 'archive' })
  // @ts-expect-error MultiKeyringOptions: no keyring at all
  multiKeyring({})
  // @ts-expect-error Keyring: a list of keyrings, not one
  multiKeyring({ generator: keyring, children: keyring })
  // @ts-expect-error keys: it is keys that wrap
  aeadKeyring({ namespace: 'example' })
}

export function agreements(): void {
  const curve = 'P-384'
  rawEcdhKeyring({ schema: 'static', curve, privateKey: pem, recipientPublicKey: pem })
  rawEcdhKeyring({ schema: 'ephemeral', curve, recipientPublicKey: pem })
  rawEcdhKeyring({ schema: 'discovery', curve, privateKey: pem, passphrase: 'secret' })
  ecdhKeyring({ providerId: 'raw-ecdh', schema: 'static', curve, agreement, recipientPublicKey: point })
  // @ts-expect-error recipientPublicKey: nobody to agree with
  rawEcdhKeyring({ schema: 'static', curve, privateKey: pem })
  // @ts-expect-error privateKey: a new one is made for each message
  rawEcdhKeyring({ schema: 'ephemeral', curve, privateKey: pem, recipientPublicKey: pem })
  // @ts-expect-error recipientPublicKey: it is read from the message
  rawEcdhKeyring({ schema: 'discovery', curve, privateKey: pem, recipientPublicKey: pem })
  // @ts-expect-error privateKey: nothing to open messages with
  rawEcdhKeyring({ schema: 'discovery', curve })
  // @ts-expect-error P-256K: another curve
  rawEcdhKeyring({ schema: 'ephemeral', curve: 'P-256K', recipientPublicKey: pem })
  // @ts-expect-error agreement: nothing to agree with
  ecdhKeyring({ providerId: 'raw-ecdh', schema: 'discovery', curve })
  // @ts-expect-error agreement: a new one is made for each message
  ecdhKeyring({ providerId: 'raw-ecdh', schema: 'ephemeral', curve, agreement, recipientPublicKey: point })
}
