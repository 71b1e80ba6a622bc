import { generateKeyPairSync } from 'node:crypto'
import { type RsaPadding, rawRsaKeyring } from '@strongroom/core'
import { keyringContract } from '@strongroom/testing'
import { describe, it } from 'vitest'

const own = generateKeyPairSync('rsa', { modulusLength: 2048 })
const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 })
const keyMaterial = [
  own.privateKey.export({ type: 'pkcs1', format: 'der' }),
  Buffer.from(own.privateKey.export({ format: 'jwk' }).d as string, 'base64url'),
]

for (const padding of ['OAEP_SHA1', 'OAEP_SHA256', 'OAEP_SHA384', 'OAEP_SHA512', 'PKCS1'] satisfies RsaPadding[]) {
  describe(`the keyring contract on a raw RSA keyring under ${padding}`, () => {
    const make = () => ({
      keyring: rawRsaKeyring({ namespace: 'contract', name: 'mine', padding, ...own }),
      other: rawRsaKeyring({ namespace: 'contract', name: 'theirs', padding, ...stranger }),
      keyMaterial,
    })
    for (const { name, run } of keyringContract(make, { bindsContext: false })) it(name, run)
  })
}
