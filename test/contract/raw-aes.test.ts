import { generateAesKey, rawAesKeyring, SecretBytes } from '@strongroom/core'
import { keyringContract } from '@strongroom/testing'
import { describe, it } from 'vitest'

for (const length of [16, 24, 32]) {
  describe(`the keyring contract on a raw AES-${length * 8} keyring`, () => {
    const make = () => {
      const key = SecretBytes.random(length).use((bytes) => Uint8Array.from(bytes))
      return {
        keyring: rawAesKeyring({ namespace: 'contract', name: 'mine', key }),
        other: rawAesKeyring({ namespace: 'contract', name: 'theirs', key: generateAesKey() }),
        keyMaterial: [key],
      }
    }
    for (const { name, run } of keyringContract(make)) it(name, run)
  })
}
