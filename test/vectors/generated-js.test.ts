import { createEncryptionClient, type Keyring, rawAesKeyring } from '@strongroom/core'
import { describe, expect, it } from 'vitest'
import { hasVectors, unpackVectors } from '../support/vectors.ts'

interface Message {
  readonly keyring: string
  readonly suite: string
  readonly ec: string
  readonly encryptionContext: Record<string, string>
  readonly plaintext: string
  readonly ciphertext: string
}
interface Keys {
  readonly keys: Record<string, { readonly 'key-id': string; readonly material: string }>
}

describe.skipIf(!hasVectors('esdk'))('messages of the official JavaScript client', () => {
  const vectors = unpackVectors('esdk')
  const { keys } = vectors.json<Keys>('mpl/keys.json')
  const { messages } = vectors.json<{ messages: Message[] }>('generated-js-5.0.2/messages.json')

  function keyringOf(name: string): Keyring {
    const id = name.replace('-js-default-sort', '')
    const key = keys[id]
    if (key === undefined) throw new Error(`no key ${id}`)
    return rawAesKeyring({ namespace: `aws-raw-vectors-persistent-${id}`, name: key['key-id'], key: Buffer.from(key.material, 'base64') })
  }

  it.each(messages.filter((message) => message.keyring.startsWith('aes')).map((message, index) => ({ index, message })))(
    'opens $index: $message.keyring $message.suite $message.ec',
    async ({ message }) => {
      const client = createEncryptionClient({ keyring: keyringOf(message.keyring), commitmentPolicy: 'REQUIRE_ENCRYPT_ALLOW_DECRYPT' })
      const opened = await client.decrypt(Buffer.from(message.ciphertext, 'base64'), { encryptionContext: message.encryptionContext })
      expect(Buffer.from(opened.plaintext).toString('base64')).toBe(message.plaintext)
      expect(opened.suite).toBe(message.suite)
    },
  )
})
