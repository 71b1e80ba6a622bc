import {
  createEncryptionClient,
  generateAesKey,
  isStrongroomError,
  type ParsedMessage,
  parseMessage,
  rawAesKeyring,
} from '@strongroom/core'
import { expect, it } from 'vitest'
import { dataKeyKeyring } from '../support/data-key-keyring.ts'
import { describeVectors } from '../support/vectors.ts'

const FOLDER = 'awses-decrypt-python-1.3.5'
const FINAL_FRAME = 0xffffffff

/** All of these are wrapped by keys in AWS KMS alone, so nobody opens them here; their structure is still the official Python client's. */
describeVectors('esdk', 'messages of the Encryption SDK for Python 1.3.5', (vectors) => {
  const { keys } = vectors.json<{ keys: Record<string, { 'key-id'?: string }> }>(`${FOLDER}/keys.json`)
  const arn = keys['us-west-2-decryptable']?.['key-id']
  const manifest = vectors.json<{ tests: Record<string, { ciphertext: string; plaintext: string }> }>(`${FOLDER}/decrypt_message.json`)
  const messages = Object.values(manifest.tests).map((vector) => ({
    name: vector.ciphertext,
    message: vectors.bytes(`${FOLDER}/${vector.ciphertext.replace('file://', '')}`),
    plaintext: vectors.bytes(`${FOLDER}/${vector.plaintext.replace('file://', '')}`),
  }))

  it('are all seen: 360 messages of the nine suites of version 1, 8 of each unframed', () => {
    const seen = new Map<string, { framed: number; unframed: number }>()
    for (const { message } of messages) {
      const { suite, contentType } = parseMessage(message)
      const count = seen.get(suite.id) ?? { framed: 0, unframed: 0 }
      count[contentType] += 1
      seen.set(suite.id, count)
    }
    expect(messages).toHaveLength(360)
    expect([...seen.keys()].sort()).toEqual(['0014', '0046', '0078', '0114', '0146', '0178', '0214', '0346', '0378'])
    expect([...seen.values()].every(({ framed, unframed }) => framed === 32 && unframed === 8)).toBe(true)
  })

  it('have headers that name their KMS key and end where a body of the plaintext begins', () => {
    for (const { name, message, plaintext } of messages) {
      const parsed = parseMessage(message)
      expect([name, parsed.version]).toEqual([name, 1])
      expect(parsed.encryptedDataKeys.map(({ providerId }) => providerId)).toEqual(['aws-kms'])
      expect(parsed.encryptedDataKeys.map(({ providerInfo }) => Buffer.from(providerInfo).toString('utf8'))).toEqual([arn])
      expect('aws-crypto-public-key' in parsed.encryptionContext).toBe(parsed.suite.signature !== undefined)
      expect(bodyOf(message, parsed)).toEqual({ plaintextLength: plaintext.length, signed: parsed.suite.signature !== undefined })
    }
  })

  it('open neither with a foreign keyring nor with a wrong data key', async () => {
    const foreign = rawAesKeyring({ namespace: 'aws', name: 'other', key: generateAesKey() })
    for (const { message } of messages) {
      const { suite } = parseMessage(message)
      for (const keyring of [foreign, dataKeyKeyring(new Uint8Array(suite.dataKeyLength))]) {
        const client = createEncryptionClient({ keyring, commitmentPolicy: 'REQUIRE_ENCRYPT_ALLOW_DECRYPT' })
        const failure = await client.decrypt(message).catch((error: unknown) => error)
        expect(isStrongroomError(failure, 'MESSAGE_INVALID')).toBe(true)
      }
    }
  })
})

/** Walks a body by its lengths; the walk must end exactly at the end of the message, after the footer of a signed one. */
function bodyOf(
  message: Buffer,
  { headerLength, frameLength, contentType, suite }: ParsedMessage,
): { plaintextLength: number; signed: boolean } {
  let at = headerLength
  let plaintextLength = 0
  if (contentType === 'unframed') {
    plaintextLength = Number(message.readBigUInt64BE(at + 12))
    at += 12 + 8 + plaintextLength + 16
  } else {
    for (let sequence = 1; ; sequence += 1) {
      const isFinal = message.readUInt32BE(at) === FINAL_FRAME
      expect(message.readUInt32BE(isFinal ? at + 4 : at)).toBe(sequence)
      const length = isFinal ? message.readUInt32BE(at + 20) : frameLength
      at += (isFinal ? 24 : 16) + length + 16
      plaintextLength += length
      if (isFinal) break
    }
  }
  const signed = suite.signature !== undefined
  if (signed) at += 2 + message.readUInt16BE(at)
  expect(at).toBe(message.length)
  return { plaintextLength, signed }
}
