import { describe, expect, it } from 'vitest'
import { createEncryptionClient } from '../client.ts'
import { rawAesKeyring } from '../keyrings/raw-aes-keyring.ts'
import { generateAesKey } from '../keys/aes-key.ts'
import { parseMessage } from '../parse-message.ts'
import { ciphertextLength } from './ciphertext-length.ts'

const client = createEncryptionClient({ keyring: rawAesKeyring({ namespace: 'n', name: 'k', key: generateAesKey() }) })

describe('ciphertextLength', () => {
  it.each(['0478', '0578'] as const)('is the length of what encrypt makes of suite %s, at the edges of frames', async (suite) => {
    for (const frameLength of [1, 10, 1000]) {
      for (const plaintextLength of [0, 1, 9, 10, 11, 20, 999, 1000, 1001]) {
        const { ciphertext } = await client.encrypt(new Uint8Array(plaintextLength), { suite, frameLength })
        const { headerLength } = parseMessage(ciphertext)
        expect(ciphertextLength({ suite, frameLength, plaintextLength, headerLength })).toBe(ciphertext.length)
      }
    }
  })

  it('is exact beyond 2^32', () => {
    const options = { suite: '0478', frameLength: 65_536, headerLength: 0 } as const
    expect(ciphertextLength({ ...options, plaintextLength: 2 ** 45 })).toBe(2 ** 45 + (2 ** 29 - 1) * 32 + 40)
  })

  it('does not exist for more frames than a message counts', () => {
    const most = { suite: '0478', frameLength: 1, headerLength: 0, plaintextLength: 2 ** 32 - 2 } as const
    expect(ciphertextLength(most)).toBe(33 * (2 ** 32 - 3) + 41)
    const refused = expect.objectContaining({ code: 'LIMIT_EXCEEDED', option: 'frameLength' })
    expect(() => ciphertextLength({ ...most, plaintextLength: 2 ** 32 - 1 })).toThrow(refused)
  })

  it('wants all of its options, and no others', () => {
    const good = { suite: '0478', frameLength: 1, headerLength: 0, plaintextLength: 0 } as const
    const { headerLength, ...lacking } = good
    expect(headerLength).toBe(0)
    for (const options of [lacking, { ...good, plaintextLength: -1 }, { ...good, suite: '0479' }, { ...good, context: {} }]) {
      expect(() => ciphertextLength(options as never)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
    }
  })
})
