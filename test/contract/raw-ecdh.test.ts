import { generateKeyPairSync } from 'node:crypto'
import { type Keyring, rawEcdhKeyring } from '@strongroom/core'
import { keyringContract } from '@strongroom/testing'
import { describe, it } from 'vitest'

for (const curve of ['P-256', 'P-384', 'P-521'] as const) {
  const pair = () => generateKeyPairSync('ec', { namedCurve: curve })
  const [own, partner, stranger] = [pair(), pair(), pair()]
  const keyMaterial = [own, partner].map(({ privateKey }) => Buffer.from(privateKey.export({ format: 'jwk' }).d as string, 'base64url'))

  describe(`the keyring contract on a raw ECDH keyring on ${curve}, static`, () => {
    const make = () => ({
      keyring: rawEcdhKeyring({ schema: 'static', curve, privateKey: own.privateKey, recipientPublicKey: partner.publicKey }),
      other: rawEcdhKeyring({ schema: 'static', curve, privateKey: stranger.privateKey, recipientPublicKey: pair().publicKey }),
      keyMaterial,
    })
    for (const { name, run } of keyringContract(make)) it(name, run)
  })

  describe(`the keyring contract on raw ECDH keyrings on ${curve}, ephemeral and discovery`, () => {
    const make = () => ({ keyring: toAndFrom(partner), other: toAndFrom(stranger), keyMaterial })
    for (const { name, run } of keyringContract(make)) it(name, run)
  })

  /** The writer's and the reader's half as one. */
  function toAndFrom({ publicKey, privateKey }: ReturnType<typeof pair>): Keyring {
    const writer = rawEcdhKeyring({ schema: 'ephemeral', curve, recipientPublicKey: publicKey })
    const reader = rawEcdhKeyring({ schema: 'discovery', curve, privateKey })
    return { recipients: (request) => writer.recipients(request), unwrap: (edks, request) => reader.unwrap(edks, request) }
  }
}
