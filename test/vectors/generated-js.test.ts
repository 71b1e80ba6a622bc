import { createEncryptionClient, isStrongroomError, type Keyring, multiKeyring, rawAesKeyring, rawRsaKeyring } from '@strongroom/core'
import { expect, it } from 'vitest'
import type { VectorKeys } from '../support/vector-keys.ts'
import { describeVectors } from '../support/vectors.ts'

interface Message {
  readonly keyring: string
  readonly suite: string
  readonly ec: string
  readonly encryptionContext: Record<string, string>
  readonly frameLength: number
  readonly plaintext: string
  readonly ciphertext: string
}

const MULTI = 'multi aes-256+rsa-oaep-sha256+aes-128'

describeVectors('esdk', 'messages of the official JavaScript client', (vectors) => {
  const { keys } = vectors.json<VectorKeys>('mpl/keys.json')
  const { messages } = vectors.json<{ messages: Message[] }>('generated-js-5.0.2/messages.json')
  const raw = messages.filter(({ keyring }) => !keyring.startsWith('hierarchy'))
  const cases = raw.map((message, index) => ({ index, message }))

  it('are all seen', () => {
    const count = new Map<string, number>()
    for (const { keyring } of messages) count.set(keyring, (count.get(keyring) ?? 0) + 1)
    expect(Object.fromEntries(count)).toEqual({
      'aes-128': 37,
      'aes-192': 25,
      'aes-256': 64,
      'aes-256-js-default-sort': 26,
      'rsa-pkcs1': 33,
      'rsa-oaep-sha1': 23,
      'rsa-oaep-sha256': 26,
      'rsa-oaep-sha384': 28,
      'rsa-oaep-sha512': 28,
      [MULTI]: 33,
      'hierarchy static-branch-key-1': 37,
    })
    expect(cases).toHaveLength(323)
  })

  it.each(cases)('opens $index: $message.keyring $message.suite $message.ec', async ({ message }) => {
    await expectOpens(keyringOf(message.keyring), message)
  })

  it.each(cases.filter(({ message }) => message.keyring === MULTI))(
    'opens $index: $message.suite $message.ec with each member alone',
    async ({ message }) => {
      for (const member of ['aes-256', 'rsa-oaep-sha256', 'aes-128']) await expectOpens(keyringOf(member), message)
    },
  )

  it('opens what the JavaScript client sorted by locale only with the legacy context order', async () => {
    const outcomes = { opened: 0, refused: 0 }
    for (const message of raw.filter(({ keyring }) => keyring === 'aes-256-js-default-sort')) {
      const strict = rawAesKeyring({ ...aesOptions('aes-256'), legacyContextOrder: false })
      const failure = await expectOpens(strict, message).then(
        () => undefined,
        (error: unknown) => error,
      )
      if (failure !== undefined) expect(isStrongroomError(failure, 'MESSAGE_INVALID')).toBe(true)
      outcomes[failure === undefined ? 'opened' : 'refused'] += 1
    }
    expect(outcomes.opened + outcomes.refused).toBe(26)
    expect(outcomes.refused).toBeGreaterThan(0)
  })

  async function expectOpens(keyring: Keyring, message: Message): Promise<void> {
    const client = createEncryptionClient({ keyring, commitmentPolicy: 'REQUIRE_ENCRYPT_ALLOW_DECRYPT' })
    const opened = await client.decrypt(Buffer.from(message.ciphertext, 'base64'), { encryptionContext: message.encryptionContext })
    expect(Buffer.from(opened.plaintext).toString('base64')).toBe(message.plaintext)
    expect(opened.suite).toBe(message.suite)
  }

  function keyringOf(name: string): Keyring {
    if (name === MULTI) {
      const [generator, ...children] = ['aes-256', 'rsa-oaep-sha256', 'aes-128'].map(keyringOf)
      return multiKeyring({ generator: generator as Keyring, children })
    }
    if (name.startsWith('rsa')) {
      const padding = name.replace('rsa-', '').replace('-', '_').toUpperCase() as 'PKCS1' | 'OAEP_SHA1'
      return rawRsaKeyring({ ...keyOptions('rsa-4096-private'), padding, privateKey: material('rsa-4096-private') })
    }
    return rawAesKeyring(aesOptions(name.replace('-js-default-sort', '')))
  }

  function aesOptions(id: string) {
    return { ...keyOptions(id), key: Buffer.from(material(id), 'base64') }
  }

  function keyOptions(id: string) {
    return { namespace: `aws-raw-vectors-persistent-${id.replace('-private', '')}`, name: keys[id]?.['key-id'] ?? '' }
  }

  function material(id: string): string {
    const key = keys[id]
    if (key === undefined) throw new Error(`no key ${id}`)
    return key.material
  }
})
