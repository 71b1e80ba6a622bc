import { createKeyringRegistry, parseMessage } from '@strongroom/core'
import { describe, expect, it } from 'vitest'
import { dataKeyKeyring } from '../support/data-key-keyring.ts'
import { type ForgedFrame, type ForgedHeader, forgeMessage } from '../support/message-forge.ts'
import { seededBytes } from '../wycheproof/curves.ts'
import { Coverage } from './engine/coverage.ts'
import { decryptInChunks } from './stream-attempt.ts'
import { readerOf } from './targets/specimens.ts'

// Counted in blocks of our source code that run, not in time: twice the input may cost twice the work, not four times.
const coverage = new Coverage()
const dataKey = seededBytes('growth', 32)
const client = readerOf(dataKeyKeyring(dataKey))
const header: ForgedHeader = { suite: '0478', messageId: seededBytes('growth id', 32), frameLength: 4 }
const one: readonly ForgedFrame[] = [{ sequence: 1, content: Buffer.from('a'), final: true }]

const withPairs = (count: number): Buffer =>
  forgeMessage(
    dataKey,
    { ...header, context: Array.from({ length: count }, (_, index) => [`key ${index}`, 'v'] as const) },
    { frames: one },
  )
const withFrames = (count: number): Buffer =>
  forgeMessage(dataKey, { ...header, frameLength: 1 }, { frames: Array.from({ length: count }, (_, index) => frame(index, count)) })
const frame = (index: number, count: number): ForgedFrame => ({ sequence: index + 1, content: Buffer.of(1), final: index === count - 1 })
const edk = { providerId: Buffer.from('p'), providerInfo: Buffer.from('i'), ciphertext: Buffer.from('c') }
const bytewise = (message: Uint8Array): readonly number[] => Array(message.length).fill(1)

describe('the work of reading grows no faster than what is read:', () => {
  it.each<[string, (count: number) => () => unknown]>([
    [
      'pairs of a context, parsed',
      (count) => {
        const message = withPairs(count)
        return () => parseMessage(message)
      },
    ],
    [
      'encrypted data keys, parsed',
      (count) => {
        const message = forgeMessage(dataKey, { ...header, edks: Array(count).fill(edk) }, { frames: one })
        return () => parseMessage(message)
      },
    ],
    [
      'pairs of a context, decrypted',
      (count) => {
        const message = withPairs(count)
        return () => client.decrypt(message)
      },
    ],
    [
      'pairs of a context that lies at its end, refused',
      (count) => {
        const message = withPairs(count)
        message[message.length - 80] = 0xff
        return () => client.decrypt(message).catch(() => undefined)
      },
    ],
    [
      'frames, decrypted',
      (count) => {
        const message = withFrames(count)
        return () => client.decrypt(message)
      },
    ],
    [
      'frames without an end, refused',
      (count) => {
        const message = withFrames(count).subarray(0, -10)
        return () => client.decrypt(message).catch(() => undefined)
      },
    ],
    [
      'a header that comes byte by byte',
      (count) => {
        const message = withPairs(count)
        return () => decryptInChunks(client, message, bytewise(message))
      },
    ],
    [
      'frames that come byte by byte',
      (count) => {
        const message = withFrames(count)
        return () => decryptInChunks(client, message, bytewise(message))
      },
    ],
    [
      'a frame that comes byte by byte',
      (count) => {
        const content = Buffer.alloc(4 * count)
        const message = forgeMessage(
          dataKey,
          { ...header, frameLength: content.length },
          { frames: [{ sequence: 1, content, final: true }] },
        )
        return () => decryptInChunks(client, message, bytewise(message))
      },
    ],
    [
      'a keyring URI of many parameters',
      (count) => {
        const uri = `raw-aes://a/b?${Array.from({ length: count }, (_, index) => `p${index}=%41`).join('&')}`
        const registry = createKeyringRegistry()
        return () => registry.keyringFromUri(uri).catch(() => undefined)
      },
    ],
  ])('%s', async (_, make) => {
    const [once, twice] = [make(400), make(800)]
    // What is done once, the first time, is not counted.
    await once()
    const small = await stepsOf(once)
    const large = await stepsOf(twice)
    expect(small).toBeGreaterThan(0)
    expect(large / small).toBeLessThan(2.5)
  })
})

async function stepsOf(work: () => unknown): Promise<number> {
  coverage.look(false)
  await work()
  return coverage.look(false).steps
}
