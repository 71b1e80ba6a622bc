import { createEncryptionClient, parseMessage } from '@strongroom/core'
import { describe, expect, it } from 'vitest'
import { commits } from '../support/message-forge.ts'
import { keyrings } from './corpus.ts'
import { LIMIT, runs } from './slow.ts'

describe.each([
  ['0214', 71],
  ['0346', 103],
  ['0378', 103],
  ['0578', 103],
] as const)('the signature of suite %s', (suite, length) => {
  it(
    `is ${length} bytes of DER in every message, and verifies`,
    async () => {
      const keyring = keyrings['raw AES']
      const writer = createEncryptionClient({
        keyring,
        commitmentPolicy: commits(suite) ? 'REQUIRE_ENCRYPT_REQUIRE_DECRYPT' : 'FORBID_ENCRYPT_ALLOW_DECRYPT',
      })
      const reader = createEncryptionClient({ keyring, commitmentPolicy: 'REQUIRE_ENCRYPT_ALLOW_DECRYPT' })
      const lengths = new Map<number, number>()
      const each = async () => {
        const { ciphertext } = await writer.encrypt(new Uint8Array(3), { suite })
        // One final frame: marker, sequence, IV, length, three bytes, tag.
        const footer = parseMessage(ciphertext).headerLength + 4 + 4 + 12 + 4 + 3 + 16
        const signature = Buffer.from(ciphertext).subarray(footer + 2)
        expect([Buffer.from(ciphertext).readUInt16BE(footer), signature[0], signature[1]]).toEqual([length, 0x30, length - 2])
        lengths.set(signature.length, (lengths.get(signature.length) ?? 0) + 1)
        await reader.decrypt(ciphertext)
      }
      const count = runs(300)
      for (let done = 0; done < count; done += 20) await Promise.all(Array.from({ length: 20 }, each))
      expect([...lengths]).toEqual([[length, count]])
    },
    LIMIT,
  )
})
