import { createEncryptionClient, type EncryptOptions, rawAesKeyring } from '@strongroom/core'
import { describe, expect, it } from 'vitest'
import { flippable, messageLayout } from './tampered-layout.ts'

describe('the layout of tampered messages', async () => {
  const keyring = await rawAesKeyring({ namespace: 'ns', name: 'k', key: new Uint8Array(32) })
  const write = async (suite: '0178' | '0478' | '0578') => {
    const client = createEncryptionClient({
      keyring,
      commitmentPolicy: suite === '0178' ? 'FORBID_ENCRYPT_ALLOW_DECRYPT' : 'REQUIRE_ENCRYPT_REQUIRE_DECRYPT',
    })
    const { ciphertext } = await client.encrypt(new Uint8Array(300), { suite, frameLength: 128 } as EncryptOptions)
    return Buffer.from(ciphertext)
  }

  it.each(['0178', '0478', '0578'] as const)('finds the frames of suite %s', async (suite) => {
    const message = await write(suite)
    const { first, second, final, footer, end } = messageLayout(message)
    expect(message.readUInt32BE(first)).toBe(1)
    expect(message.readUInt32BE(second)).toBe(2)
    expect(message.subarray(final, final + 8).toString('hex')).toBe('ffffffff00000003')
    expect(message.readUInt32BE(final + 20)).toBe(44)
    expect(suite === '0578' ? footer + 2 + message.readUInt16BE(footer) : footer).toBe(end)
  })

  it('flips places that all differ and are all inside', async () => {
    const layout = messageLayout(await write('0578'))
    const places = flippable(true).map(([, place]) => place(layout))
    expect(new Set(places).size).toBe(16 + 10 + 6 + 3)
    expect(places).toEqual(places.toSorted((a, b) => a - b))
    expect(places.at(-1)).toBe(layout.end - 1)
  })
})
