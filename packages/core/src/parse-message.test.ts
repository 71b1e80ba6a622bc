import { describe, expect, it } from 'vitest'
import { createEncryptionClient } from './client.ts'
import { rawAesKeyring } from './keyrings/raw-aes-keyring.ts'
import { generateAesKey } from './keys/aes-key.ts'
import { parseMessage } from './parse-message.ts'

const keyring = rawAesKeyring({ namespace: 'test', name: 'kek', key: generateAesKey() })
const client = createEncryptionClient({ keyring, frameLength: 512 })
const { ciphertext, encryptionContext } = await client.encrypt(new Uint8Array(1000), { encryptionContext: { purpose: 'test' } })

describe('parseMessage', () => {
  it('tells what a header says, without a key', () => {
    const parsed = parseMessage(ciphertext)
    expect(parsed).toMatchObject({ version: 2, suite: { id: '0578' }, contentType: 'framed', frameLength: 512 })
    expect(parsed.encryptionContext).toEqual(encryptionContext)
    expect(parsed.encryptedDataKeys).toMatchObject([{ providerId: 'test' }])
    expect(ciphertext.length - parsed.headerLength).toBe(1000 + 32 + 40 + 105)
  })

  it('needs only the header, and all of it', () => {
    const { headerLength } = parseMessage(ciphertext)
    expect(parseMessage(ciphertext.subarray(0, headerLength)).headerLength).toBe(headerLength)
    expect(() => parseMessage(ciphertext.subarray(0, headerLength - 1))).toThrowError(expect.objectContaining({ code: 'MESSAGE_INVALID' }))
  })

  it('reads a view in the middle of other bytes, and answers copies', () => {
    const around = Buffer.concat([Buffer.alloc(7, 0xee), ciphertext])
    const parsed = parseMessage(around.subarray(7))
    const id = Buffer.from(ciphertext.subarray(3, 35)).toString('hex')
    around.fill(0)
    expect(Buffer.from(parsed.messageId).toString('hex')).toBe(id)
    expect([Buffer.isBuffer(parsed.messageId), parsed.messageId.buffer.byteLength]).toEqual([false, 32])
  })

  it.each([
    ['nothing', new Uint8Array(0)],
    ['zeros', new Uint8Array(200)],
    ['text', new TextEncoder().encode('not a message')],
  ])('refuses %s', (_what, bytes) => {
    expect(() => parseMessage(bytes)).toThrowError(expect.objectContaining({ code: 'MESSAGE_INVALID' }))
  })

  it('refuses what is no bytes, and more encrypted data keys than asked for', () => {
    expect(() => parseMessage('AgV4' as never)).toThrowError(expect.objectContaining({ code: 'INPUT_INVALID' }))
    const many = Buffer.from(ciphertext)
    const countAt = 35 + 2 + many.readUInt16BE(35)
    many.writeUInt16BE(2, countAt)
    expect(() => parseMessage(many, { maxEncryptedDataKeys: 1 })).toThrowError(expect.objectContaining({ code: 'LIMIT_EXCEEDED' }))
  })
})
