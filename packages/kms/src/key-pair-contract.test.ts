import { generateKeyPairSync } from 'node:crypto'
import { GetPublicKeyCommand } from '@aws-sdk/client-kms'
import type { Keyring } from '@strongroom/core'
import { describe, it } from 'vitest'
import { kmsContract } from '../test/kms-contract.ts'
import { kmsEcdhKeyring } from './kms-ecdh-keyring.ts'
import { kmsRsaKeyring } from './kms-rsa-keyring.ts'

for (const padding of ['OAEP_SHA1', 'OAEP_SHA256'] as const) {
  describe(`the keyring contract on a KMS RSA keyring under ${padding}`, () => {
    const checks = kmsContract(
      (kms, _elsewhere, clientFor) => {
        const rsa = () => kmsRsaKeyring({ keyId: kms.createKey(undefined, { spec: 'RSA_2048' }), padding, clientFor })
        return { keyring: rsa(), other: rsa() }
      },
      // Encrypting waits for nothing once the public half is known; kms-rsa-keyring.test.ts aborts the calls that wait.
      { hangs: false },
    )
    for (const { name, run } of checks) it(name, run)
  })
}

for (const [curve, spec] of [
  ['P-256', 'ECC_NIST_P256'],
  ['P-384', 'ECC_NIST_P384'],
  ['P-521', 'ECC_NIST_P521'],
] as const) {
  const pair = () => generateKeyPairSync('ec', { namedCurve: curve })

  describe(`the keyring contract on a KMS ECDH keyring on ${curve}, static`, () => {
    const checks = kmsContract((kms, _elsewhere, clientFor) => {
      const ecdh = () =>
        kmsEcdhKeyring({
          schema: 'static',
          curve,
          keyId: kms.createKey(undefined, { spec }),
          recipientPublicKey: pair().publicKey,
          clientFor,
        })
      return { keyring: ecdh(), other: ecdh() }
    })
    for (const { name, run } of checks) it(name, run)
  })

  describe(`the keyring contract on KMS ECDH keyrings on ${curve}, of which one writes and another reads by discovery`, () => {
    const checks = kmsContract(async (kms, _elsewhere, clientFor) => {
      const toAndFrom = async (): Promise<Keyring> => {
        const [sender, keyId] = [kms.createKey(undefined, { spec }), kms.createKey(undefined, { spec })]
        const answer = await clientFor(kms.region, kms.accountId)?.send(new GetPublicKeyCommand({ KeyId: keyId }))
        const recipientPublicKey = Uint8Array.from(answer?.PublicKey ?? [])
        const { recipients } = kmsEcdhKeyring({ schema: 'static', curve, keyId: sender, recipientPublicKey, clientFor })
        const { unwrap } = kmsEcdhKeyring({ schema: 'discovery', curve, keyId, publicKey: recipientPublicKey, clientFor })
        return { recipients, unwrap }
      }
      return { keyring: await toAndFrom(), other: await toAndFrom() }
    })
    for (const { name, run } of checks) it(name, run)
  })
}
