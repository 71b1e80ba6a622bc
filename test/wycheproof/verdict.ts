import { createEncryptionClient, isStrongroomError, type Keyring } from '@strongroom/core'
import { expect } from 'vitest'
import { decryptInChunks } from '../fuzz/stream-attempt.ts'
import { type ForgedDataKey, forgeMessage } from '../support/message-forge.ts'
import { seededBytes } from './curves.ts'
import { dataKey } from './edk-forge.ts'

/** The plaintext of every message here. */
export const content: Buffer = Buffer.from('edge of the world')

/** What became of a message: opened, or the text of the refusal. Both ways of reading must agree. */
export async function verdictOf(keyring: Keyring, message: Uint8Array): Promise<'opened' | { readonly refused: string }> {
  const client = createEncryptionClient({ keyring, commitmentPolicy: 'REQUIRE_ENCRYPT_ALLOW_DECRYPT' })
  const whole = await client.decrypt(message).then(
    ({ plaintext }) => ({ plaintext }),
    (error: unknown) => ({ error }),
  )
  const streamed = await decryptInChunks(client, message, [1, 60, 7, 300])
  if ('plaintext' in whole) {
    expect(streamed.error).toBeUndefined()
    expect([Buffer.from(whole.plaintext), streamed.released]).toEqual([content, content])
    return 'opened'
  }
  for (const { error } of [whole, streamed]) if (!isStrongroomError(error, 'MESSAGE_INVALID')) throw error
  // There is one frame, so nothing is released before the end.
  expect(streamed.released).toHaveLength(0)
  expect((streamed.error as Error).message).toBe((whole.error as Error).message)
  return { refused: (whole.error as Error).message }
}

/** A message that is right but for its encrypted data keys, which may be anything. */
export function messageWith(edks: readonly ForgedDataKey[]): Buffer {
  const header = { suite: '0478', messageId: seededBytes('message id', 32), edks, frameLength: 64 }
  return forgeMessage(dataKey, header, { frames: [{ sequence: 1, content, final: true }] })
}

export async function expectOpens(keyring: Keyring, message: Uint8Array): Promise<void> {
  expect(await verdictOf(keyring, message)).toBe('opened')
}

export async function expectRefused(keyring: Keyring, message: Uint8Array): Promise<void> {
  expect(await verdictOf(keyring, message)).toEqual({ refused: expect.stringContaining('cannot be decrypted') })
}
