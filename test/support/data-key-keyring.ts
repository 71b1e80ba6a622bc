import { type Attempt, type EncryptedDataKey, type Keyring, SecretBytes } from '@strongroom/core'

/**
 * A keyring that already knows the data key of the first encrypted data key and can do nothing else: for vectors that come with their data
 * key, and for messages whose only secret is not the point of a test.
 *
 * @param seen - is told how many encrypted data keys it was offered, each time it is asked.
 */
export function dataKeyKeyring(dataKey: Uint8Array, seen?: (edks: readonly EncryptedDataKey[]) => void): Keyring {
  return {
    async recipients() {
      return [
        {
          providerId: 'test',
          keyId: 'given data key',
          generate: async () => ({
            secret: SecretBytes.copyOf(dataKey),
            edks: [{ providerId: 'test', providerInfo: Buffer.from('info'), ciphertext: Buffer.from('data key') }],
          }),
          wrap: async () => [{ providerId: 'test', providerInfo: Buffer.from('info'), ciphertext: Buffer.from('data key') }],
          owns: () => true,
        },
      ]
    },
    async unwrap(edks) {
      seen?.(edks)
      const attempts: Attempt[] = []
      return edks.length === 0 ? { attempts } : { secret: SecretBytes.copyOf(dataKey), edk: 0, keyId: 'given data key' }
    },
  }
}
