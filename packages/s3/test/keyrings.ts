import { generateKeyPairSync } from 'node:crypto'
import { generateAesKey, type Keyring, rawAesKeyring, rawRsaKeyring } from '@strongroom/core'
import { memoryKms } from './memory-kms.ts'

const pair = generateKeyPairSync('rsa', { modulusLength: 2048 })

/** A keyring of one RSA key. */
export function rsaKeyring(
  keys: { readonly publicKey?: typeof pair.publicKey; readonly privateKey: typeof pair.privateKey } = pair,
): Keyring {
  return rawRsaKeyring({ namespace: 's3', name: 'rsa', padding: 'OAEP_SHA256', ...keys })
}

/** A keyring of one AES key. */
export function aesKeyring(key: Uint8Array = generateAesKey()): Keyring {
  return rawAesKeyring({ namespace: 's3', name: 'kek', key })
}

/** A keyring of each kind, by the wrap that it writes. */
export const keyrings: Readonly<Record<'AES/GCM' | 'RSA-OAEP-SHA1' | 'kms+context', Keyring>> = {
  'AES/GCM': aesKeyring(),
  'RSA-OAEP-SHA1': rsaKeyring(),
  'kms+context': memoryKms(),
}
