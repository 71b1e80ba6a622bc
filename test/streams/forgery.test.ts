import { describe, expect, it } from 'vitest'
import { unframed, written } from '../fuzz/corpus.ts'
import { attemptAll, bitFlips, extensions, openClient, shifts, truncations } from '../fuzz/refusal.ts'
import { LIMIT, slow } from '../fuzz/slow.ts'
import { suiteIds } from '../fuzz/suite-ids.ts'
import { streaming } from './streaming-client.ts'

describe.each(slow ? suiteIds : (['0078', '0178', '0214', '0478', '0578'] as const))('a stream of suite %s', (suite) => {
  it.each([
    ['framed', () => written(suite)],
    ['unframed', () => unframed(suite)],
  ] as const)(
    'is refused with any bit flipped, cut anywhere, longer, or with a byte more or less: %s',
    async (_, make) => {
      const { keyring, message, plaintext } = await make()
      const client = streaming(openClient(keyring), 50)
      expect(Buffer.from((await client.decrypt(message)).plaintext).equals(plaintext)).toBe(true)
      for (const forgeries of [bitFlips(message), truncations(message), extensions(message), shifts(message)]) {
        const { findings, tried } = await attemptAll(client, forgeries)
        expect(findings).toEqual([])
        expect(tried).toBeGreaterThan(0)
      }
    },
    LIMIT,
  )
})
