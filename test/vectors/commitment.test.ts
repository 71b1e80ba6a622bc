import { createEncryptionClient, isStrongroomError, parseMessage } from '@strongroom/core'
import { expect, it } from 'vitest'
import { dataKeyKeyring } from '../support/data-key-keyring.ts'
import { describeVectors } from '../support/vectors.ts'

interface Vector {
  readonly ciphertext: string
  readonly commitment: string
  readonly comment: string
  readonly exception: string | null
  readonly status: boolean
  readonly header: string
  readonly 'decrypted-dek': string
  readonly 'encryption-context': Record<string, string>
  readonly 'message-id': string
  readonly 'plaintext-frames'?: string[]
}
interface Vectors {
  readonly tests: Vector[]
}

describeVectors('esdk', 'commitment vectors', (vectors) => {
  const own = vectors.json<Vectors>('commitment/commitment-test-vectors.json').tests
  // The JavaScript client's copy of the set is the longer one; some of its vectors are in both.
  const copy = vectors.json<{ compatibilityVectors: Vectors }>('js-fixtures/decrypt-node.json').compatibilityVectors.tests

  it('are all seen', () => {
    expect([own.length, own.filter(({ status }) => !status).length]).toEqual([28, 3])
    expect([copy.length, copy.filter(({ status }) => !status).length]).toEqual([46, 5])
  })

  const all = [...own.map((vector) => ({ set: 'set', vector })), ...copy.map((vector) => ({ set: 'copy', vector }))]

  it.each(all.filter(({ vector }) => vector.status))('opens $set $vector.comment', async ({ vector }) => {
    const message = Buffer.from(vector.ciphertext, 'base64')
    const opened = await client(vector).decrypt(message)
    expect(Buffer.from(opened.plaintext).toString('utf8')).toBe(vector['plaintext-frames']?.join(''))
    expect({ ...opened.encryptionContext }).toEqual(vector['encryption-context'])
  })

  it.each(all.filter(({ vector }) => !vector.status))('refuses $set $vector.comment', async ({ vector }) => {
    expect(vector.exception).toContain('Invalid commitment')
    const failure = await client(vector)
      .decrypt(Buffer.from(vector.ciphertext, 'base64'))
      .catch((error: unknown) => error)
    expect(isStrongroomError(failure, 'MESSAGE_INVALID')).toBe(true)
  })

  it.each(all)('reads the header of $set $vector.comment', ({ vector }) => {
    const message = Buffer.from(vector.ciphertext, 'base64')
    const parsed = parseMessage(message)
    expect(Buffer.from(parsed.messageId).toString('base64')).toBe(vector['message-id'])
    expect({ ...parsed.encryptionContext }).toEqual(vector['encryption-context'])
    expect(message.subarray(0, parsed.headerLength).toString('base64')).toBe(vector.header.trim())
  })

  function client(vector: Vector) {
    return createEncryptionClient({ keyring: dataKeyKeyring(Buffer.from(vector['decrypted-dek'], 'base64')) })
  }
})
