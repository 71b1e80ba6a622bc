import { type Keyring, multiKeyring, rawAesKeyring, rawRsaKeyring } from '@strongroom/core'

/** A keys.json of the official vectors, as far as raw keys need it. */
export interface VectorKeys {
  readonly keys: Readonly<Record<string, { readonly 'key-id': string; readonly encoding?: string; readonly material: string }>>
}

/** A master key as the official manifests describe it. */
export interface MasterKey {
  readonly type: string
  readonly key: string
  readonly 'provider-id'?: string
  readonly 'encryption-algorithm'?: string
  readonly 'padding-algorithm'?: string
  readonly 'padding-hash'?: string
}

/** The keyring of a manifest's raw master keys: all of them, the first one as the generator. */
export function keyringOfMasterKeys({ keys }: VectorKeys, masterKeys: readonly MasterKey[]): Keyring {
  const members = masterKeys.map((masterKey) => {
    const key = keys[masterKey.key]
    const namespace = masterKey['provider-id']
    if (masterKey.type !== 'raw' || key === undefined || namespace === undefined) throw new Error(`no raw key ${masterKey.key}`)
    const name = key['key-id']
    if (masterKey['encryption-algorithm'] === 'aes') return rawAesKeyring({ namespace, name, key: Buffer.from(key.material, 'base64') })
    const padding = masterKey['padding-algorithm'] === 'pkcs1' ? 'PKCS1' : oaepPadding(masterKey['padding-hash'])
    const half = key.material.includes('PRIVATE KEY') ? { privateKey: key.material } : { publicKey: key.material }
    return rawRsaKeyring({ namespace, name, padding, ...half })
  })
  const [only] = members
  return members.length === 1 && only !== undefined ? only : multiKeyring({ children: members })
}

function oaepPadding(hash: string | undefined): 'OAEP_SHA1' | 'OAEP_SHA256' | 'OAEP_SHA384' | 'OAEP_SHA512' {
  const padding = ({ sha1: 'OAEP_SHA1', sha256: 'OAEP_SHA256', sha384: 'OAEP_SHA384', sha512: 'OAEP_SHA512' } as const)[hash ?? '']
  if (padding === undefined) throw new Error(`no OAEP hash ${hash}`)
  return padding
}
