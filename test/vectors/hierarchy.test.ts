import { createEncryptionClient, isStrongroomError } from '@strongroom/core'
import { hierarchicalKeyring, staticKeyStore } from '@strongroom/kms'
import { expect, it } from 'vitest'
import { describeVectors } from '../support/vectors.ts'

interface Message {
  readonly keyring: string
  readonly suite: string
  readonly ec: string
  readonly encryptionContext: Record<string, string>
  readonly plaintext: string
  readonly ciphertext: string
}

interface StaticKey {
  readonly 'key-id': string
  readonly branchKeyVersion: string
  readonly branchKey: string
}

describeVectors('esdk', 'hierarchy messages of the official JavaScript client', (vectors) => {
  const { keys } = vectors.json<{ keys: Record<string, StaticKey> }>('mpl/keys.json')
  const { messages } = vectors.json<{ messages: Message[] }>('generated-js-5.0.2/messages.json')
  const cases = messages.filter(({ keyring }) => keyring === 'hierarchy static-branch-key-1').map((message, index) => ({ index, message }))
  const { 'key-id': branchKeyId, branchKeyVersion: version, branchKey } = keys['static-branch-key-1'] as StaticKey
  const keyStore = staticKeyStore([{ branchKeyId, version, branchKey: Buffer.from(branchKey, 'base64') }])

  it('are all seen', () => {
    expect(cases).toHaveLength(37)
  })

  it.each(cases)('opens $index: $message.suite $message.ec', async ({ message }) => {
    const client = createEncryptionClient({
      keyring: hierarchicalKeyring({ keyStore, branchKeyId }),
      commitmentPolicy: 'REQUIRE_ENCRYPT_ALLOW_DECRYPT',
    })
    const opened = await client.decrypt(Buffer.from(message.ciphertext, 'base64'), { encryptionContext: message.encryptionContext })
    expect(Buffer.from(opened.plaintext).toString('base64')).toBe(message.plaintext)
    expect(opened.suite).toBe(message.suite)
    expect(opened.openedBy.keyId).toBe(branchKeyId)
  })

  it.each(cases)('opens $index neither under another branch key nor with another version', async ({ message }) => {
    const other = staticKeyStore([{ branchKeyId, version, branchKey: new Uint8Array(32) }])
    const later = staticKeyStore([
      { branchKeyId, version: '00000000-0000-4000-8000-000000000000', branchKey: Buffer.from(branchKey, 'base64') },
    ])
    for (const store of [other, later]) {
      const client = createEncryptionClient({
        keyring: hierarchicalKeyring({ keyStore: store, branchKeyId }),
        commitmentPolicy: 'REQUIRE_ENCRYPT_ALLOW_DECRYPT',
      })
      const failure = await client
        .decrypt(Buffer.from(message.ciphertext, 'base64'), { encryptionContext: message.encryptionContext })
        .catch((error: unknown) => error)
      expect(isStrongroomError(failure, 'MESSAGE_INVALID')).toBe(true)
    }
  })
})
