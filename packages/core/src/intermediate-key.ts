/**
 * Intermediate keys: where a format gives each recipient a key of its own, that one is wrapped, and the data key under it (sizes in bytes).
 *
 *     encrypted data key: AES-256-GCM of the data key(32) | tag(16) | the intermediate key, as its keyring wrapped it
 *
 *     key, MAC key: HKDF-SHA512 of the intermediate key(32), "AWS_MPL_INTERMEDIATE_KEYWRAP_ENC" and "…_MAC", 32 each
 *     IV:           zeros, since each key seals once
 *     AAD:          the serialised encryption context
 *
 * Source: AWS Cryptographic Material Providers Library specification, "Intermediate Key Wrapping".
 */
import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto'
import { hkdfSha512 } from './hkdf.ts'
import type { EncryptedDataKey } from './keyring.ts'
import { SecretBytes } from './secret-bytes.ts'

/** Bytes of an intermediate key. */
export const INTERMEDIATE_KEY = 32
const TAG = 16
const SEALED = 32 + TAG
const IV = new Uint8Array(12)
const MAC_INFO = Buffer.from('AWS_MPL_INTERMEDIATE_KEYWRAP_MAC', 'latin1')
const KEY_INFO = Buffer.from('AWS_MPL_INTERMEDIATE_KEYWRAP_ENC', 'latin1')

/** Seals a data key of 32 bytes under an intermediate key; answers the start of the encrypted data key. The MAC key is the caller's to dispose. */
export function sealUnderIntermediate(
  intermediate: SecretBytes,
  dataKey: SecretBytes,
  aad: Uint8Array,
): { sealed: Uint8Array; macKey: SecretBytes } {
  const { key, macKey } = derive(intermediate)
  const cipher = createCipheriv('aes-256-gcm', key, IV)
  cipher.setAAD(aad)
  const sealed = new Uint8Array(SEALED)
  sealed.set(dataKey.use((bytes) => cipher.update(bytes)))
  cipher.final()
  sealed.set(cipher.getAuthTag(), SEALED - TAG)
  return { sealed, macKey }
}

/** Opens the data key of an encrypted data key; undefined where the intermediate key is not its. Both secrets are the caller's to dispose. */
export function openUnderIntermediate(
  intermediate: SecretBytes,
  edk: EncryptedDataKey,
  aad: Uint8Array,
): { dataKey: SecretBytes; macKey: SecretBytes } | undefined {
  const { key, macKey } = derive(intermediate)
  const decipher = createDecipheriv('aes-256-gcm', key, IV, { authTagLength: TAG })
  decipher.setAAD(aad).setAuthTag(edk.ciphertext.subarray(SEALED - TAG, SEALED))
  const opened = decipher.update(edk.ciphertext.subarray(0, SEALED - TAG))
  try {
    decipher.final()
    return { dataKey: SecretBytes.take(opened), macKey }
  } catch {
    opened.fill(0)
    macKey.dispose()
    return undefined
  }
}

/** The encrypted data key with the sealed data key in front of the wrapped intermediate key. */
export function joinEdk(sealed: Uint8Array, edk: EncryptedDataKey): EncryptedDataKey {
  const ciphertext = new Uint8Array(SEALED + edk.ciphertext.length)
  ciphertext.set(sealed)
  ciphertext.set(edk.ciphertext, SEALED)
  return { providerId: edk.providerId, providerInfo: edk.providerInfo, ciphertext }
}

/** The encrypted data key as its keyring wrote it; undefined where it is too short to be one. */
export function keyringPart(edk: EncryptedDataKey): EncryptedDataKey | undefined {
  if (edk.ciphertext.length <= SEALED) return undefined
  return { providerId: edk.providerId, providerInfo: edk.providerInfo, ciphertext: edk.ciphertext.subarray(SEALED) }
}

function derive(intermediate: SecretBytes): { key: KeyObject; macKey: SecretBytes } {
  const [mac, bytes] = hkdfSha512(intermediate, MAC_INFO, KEY_INFO)
  const key = createSecretKey(bytes)
  bytes.fill(0)
  return { key, macKey: SecretBytes.take(mac) }
}
