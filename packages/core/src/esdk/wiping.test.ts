import { createHmac, randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createEncryptionClient } from '../client.ts'
import { rawAesKeyring } from '../keyrings/raw-aes-keyring.ts'
import { generateAesKey } from '../keys/aes-key.ts'
import { SecretBytes } from '../secret-bytes.ts'
import { suiteById } from '../suite.ts'
import { deriveKeys } from './key-derivation.ts'

const keyring = rawAesKeyring({ namespace: 'test', name: 'kek', key: generateAesKey() })
const client = createEncryptionClient({ keyring, suite: '0478', frameLength: 16 })
const signing = createEncryptionClient({ keyring, suite: '0578', frameLength: 16 })
const text = 'first frame, 16;second one'
const plaintext = new TextEncoder().encode(text)

/** What arrays held when they were filled with zeros. */
const wiped: string[] = []
const fills = [Object.getPrototypeOf(Uint8Array.prototype) as Uint8Array, Buffer.prototype].map((prototype) => ({
  prototype,
  original: Object.getOwnPropertyDescriptor(prototype, 'fill') as PropertyDescriptor,
}))

beforeEach(() => {
  wiped.length = 0
  for (const { prototype, original } of fills) {
    const fill = original.value as (...args: unknown[]) => unknown
    Object.defineProperty(prototype, 'fill', {
      ...original,
      value(this: Uint8Array, ...args: unknown[]) {
        if (args[0] === 0) wiped.push(String.fromCharCode(...this))
        return fill.apply(this, args)
      },
    })
  }
})

afterEach(() => {
  for (const { prototype, original } of fills) Object.defineProperty(prototype, 'fill', original)
})

async function rejected(message: Uint8Array): Promise<void> {
  await expect(client.decrypt(message)).rejects.toMatchObject({ code: 'MESSAGE_INVALID' })
}

describe('plaintext of a message that is refused is overwritten', () => {
  it('when its signature is wrong', async () => {
    const forged = Uint8Array.from((await signing.encrypt(plaintext)).ciphertext)
    // In the last byte of s: the signature stays well formed.
    forged[forged.length - 1] = (forged.at(-1) as number) ^ 1
    wiped.length = 0
    await rejected(forged)
    expect(wiped).toContain(text)
  })

  it('when bytes follow it', async () => {
    const { ciphertext } = await client.encrypt(plaintext)
    wiped.length = 0
    await rejected(Uint8Array.of(...ciphertext, 0))
    expect(wiped).toContain(text)
  })

  it('when a later frame is wrong, the earlier ones and what the wrong one decrypted to', async () => {
    const forged = Uint8Array.from((await client.encrypt(plaintext)).ciphertext)
    forged[forged.length - 1] = (forged.at(-1) as number) ^ 1
    wiped.length = 0
    await rejected(forged)
    expect(wiped).toContain('first frame, 16;')
    expect(wiped).toContain('second one')
    expect(wiped).toContain(`first frame, 16;${'\0'.repeat('second one'.length)}`)
  })
})

describe('the copy of a plaintext that has to wait is overwritten', () => {
  it('once its message is made, and the caller’s own array is not', async () => {
    const own = Uint8Array.from(plaintext)
    await client.encrypt(own)
    expect(wiped).toContain(text)
    expect(own).toEqual(plaintext)
  })

  it('when its message cannot be made', async () => {
    const broken = createEncryptionClient({
      suite: '0478',
      keyring: {
        async recipients() {
          throw new Error('down')
        },
        unwrap: async () => ({ attempts: [] }),
      },
    })
    await expect(broken.encrypt(plaintext)).rejects.toThrow('down')
    expect(wiped).toContain(text)
  })
})

it('what an encrypted data key decrypts to without being authentic is overwritten', async () => {
  const { ciphertext } = await client.encrypt(plaintext)
  const other = createEncryptionClient({ keyring: rawAesKeyring({ namespace: 'test', name: 'kek', key: generateAesKey() }) })
  wiped.length = 0
  await expect(other.decrypt(ciphertext)).rejects.toMatchObject({ code: 'MESSAGE_INVALID' })
  expect(wiped.filter((content) => content.length === 32)).not.toEqual([])
})

it('what a key derivation passes through is overwritten', () => {
  const messageId = randomBytes(32)
  const bytes = randomBytes(32)
  deriveKeys(suiteById('0478'), SecretBytes.copyOf(bytes), messageId)
  const prk = createHmac('sha512', messageId).update(bytes).digest()
  expect(wiped).toContain(prk.toString('latin1'))
  // The inner and the outer padded key of HMAC.
  for (const pad of [0x36, 0x5c]) {
    const padded = Buffer.from(prk.map((byte) => byte ^ pad)).toString('latin1')
    expect(wiped.some((content) => content.startsWith(padded))).toBe(true)
  }
})
