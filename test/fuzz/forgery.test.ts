import { parseMessage } from '@strongroom/core'
import { describe, expect, it } from 'vitest'
import { type Specimen, unframed, written } from './corpus.ts'
import { attemptAll, bitFlips, byteChanges, extensions, openClient, shifts, truncations } from './refusal.ts'
import { LIMIT, slow } from './slow.ts'
import { suiteIds } from './suite-ids.ts'

describe.each(suiteIds)('a message of suite %s', (suite) => {
  it.each([
    ['framed', () => written(suite)],
    ['unframed', () => unframed(suite)],
  ] as const)(
    'is refused with any bit flipped, cut anywhere, or longer: %s',
    async (_, make) => {
      await expectOnlyItselfOpens(await make())
    },
    LIMIT,
  )
})

describe('a message with several encrypted data keys', () => {
  it.each(slow ? suiteIds : (['0178', '0478', '0578'] as const))(
    'is refused with any bit flipped, also in one that did not open it: %s',
    async (suite) => {
      await expectOnlyItselfOpens(await written(suite, 'multi'))
    },
    LIMIT,
  )
})

describe('a message under RSA', () => {
  it.each(slow ? suiteIds : (['0078', '0478'] as const))(
    'is refused with any bit flipped: OAEP, %s',
    async (suite) => {
      await expectOnlyItselfOpens(await written(suite, 'RSA OAEP'))
    },
    LIMIT,
  )

  it.each(['RSA PKCS1', 'RSA OAEP'] as const)(
    'gives no padding oracle: %s with a forged encrypted data key always fails in the same words',
    async (kind) => {
      const { keyring, message } = await written('0478', kind)
      const client = openClient(keyring)
      const { encryptedDataKeys, headerLength } = parseMessage(message)
      const [edk] = encryptedDataKeys
      const start = Buffer.from(message).indexOf(edk?.ciphertext as Uint8Array)
      // A flip in the first bytes may give a number above the modulus, which is told, and which anybody can see.
      const wrapped = await attemptAll(client, bitFlips(message, start + (slow ? 16 : 192), start + 256))
      const body = await attemptAll(client, bitFlips(message, headerLength, message.length))
      expect([...wrapped.findings, ...body.findings]).toEqual([])
      expect(wrapped.tried).toBe(slow ? 1920 : 512)
      expect([wrapped.refusals.size, body.refusals.size]).toEqual([1, 1])
      // Whether OAEP opened may be told, since nothing else is; PKCS#1 v1.5 must not even tell that.
      if (kind === 'RSA PKCS1') expect([...wrapped.refusals]).toEqual([...body.refusals])
    },
    LIMIT,
  )
})

if (slow)
  describe.each(suiteIds)('every change of every byte of a message of suite %s', (suite) => {
    it.each([
      ['framed', () => written(suite)],
      ['unframed', () => unframed(suite)],
      ['with several encrypted data keys', () => written(suite, 'multi')],
    ] as const)(
      'is refused: %s',
      async (_, make) => {
        const { keyring, message } = await make()
        const { tried, findings } = await attemptAll(openClient(keyring), byteChanges(message))
        expect(findings).toEqual([])
        expect(tried).toBe(message.length * 255)
      },
      LIMIT,
    )
  })

async function expectOnlyItselfOpens({ name, keyring, message, plaintext }: Specimen): Promise<void> {
  const client = openClient(keyring)
  const opened = await client.decrypt(message)
  expect(Buffer.from(opened.plaintext).equals(plaintext)).toBe(true)
  const flips = await attemptAll(client, bitFlips(message))
  expect([name, flips.findings]).toEqual([name, []])
  expect(flips.tried).toBe(message.length * 8)
  for (const make of [truncations, extensions, shifts]) {
    const others = await attemptAll(client, make(message))
    expect([name, others.findings]).toEqual([name, []])
    expect(others.tried).toBeGreaterThan(0)
  }
}
