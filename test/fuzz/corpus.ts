import { createHash, generateKeyPairSync } from 'node:crypto'
import { createEncryptionClient, type Keyring, multiKeyring, rawAesKeyring, rawRsaKeyring, type SuiteId } from '@strongroom/core'
import { dataKeyKeyring } from '../support/data-key-keyring.ts'
import { commits, curveOf, dataKeyLength, forgeMessage, forgeSigner } from '../support/message-forge.ts'

/** A short message, and the keyring that opens it. */
export interface Specimen {
  readonly name: string
  readonly keyring: Keyring
  readonly message: Uint8Array
  readonly plaintext: Uint8Array
}

const plaintext = Buffer.from('sesame')

/** Messages of ours: a context, a full frame and a final one. */
export async function written(suite: SuiteId, kind: KeyringKind = 'raw AES'): Promise<Specimen> {
  const keyring = keyrings[kind]
  const client = createEncryptionClient({
    keyring,
    commitmentPolicy: commits(suite) ? 'REQUIRE_ENCRYPT_REQUIRE_DECRYPT' : 'FORBID_ENCRYPT_ALLOW_DECRYPT',
  })
  const { ciphertext } = await client.encrypt(plaintext, { suite, encryptionContext: { a: 'b', C: '' }, frameLength: 4 })
  return { name: `${kind} ${suite}`, keyring, message: ciphertext, plaintext }
}

/** Messages that we only read: one block instead of frames. */
export function unframed(suite: SuiteId): Specimen {
  const dataKey = bytesOf(suite, dataKeyLength(suite))
  const curve = curveOf(suite)
  const signer = curve && { ...forgeSigner(curve), curve }
  const header = {
    suite,
    messageId: bytesOf('id', commits(suite) ? 32 : 16),
    context: signer ? ([['aws-crypto-public-key', signer.publicKey]] as const) : [],
  }
  return {
    name: `unframed ${suite}`,
    keyring: dataKeyKeyring(dataKey),
    message: forgeMessage(dataKey, header, { unframed: plaintext }, signer),
    plaintext,
  }
}

/** Bytes that are the same in every run, and unlike each other. */
export function bytesOf(seed: string, length: number): Buffer {
  return createHash('sha512').update(seed).digest().subarray(0, length)
}

/** Keyrings that the corpus is written with. */
export type KeyringKind = 'raw AES' | 'multi' | 'RSA OAEP' | 'RSA PKCS1'

const aes = (name: string) => rawAesKeyring({ namespace: 'n', name, key: bytesOf(name, 32) })
const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const rsa = { namespace: 'n', name: 'r', publicKey, privateKey }

/** One of each kind. */
export const keyrings: Readonly<Record<KeyringKind, Keyring>> = {
  'raw AES': aes('k'),
  multi: multiKeyring({ generator: aes('k'), children: [aes('l')] }),
  'RSA OAEP': rawRsaKeyring({ ...rsa, padding: 'OAEP_SHA256' }),
  'RSA PKCS1': rawRsaKeyring({ ...rsa, padding: 'PKCS1' }),
}
