import { createEncryptionClient, isStrongroomError, parseMessage } from '@strongroom/core'
import { expect, it } from 'vitest'
import { dataKeyKeyring } from '../support/data-key-keyring.ts'
import { describeVectors } from '../support/vectors.ts'

/** Fixtures of the JavaScript client's own tests. Messages are under a data key of zeros. */
describeVectors('esdk', 'fixtures of the official JavaScript client', (vectors) => {
  const messages = vectors.json<Record<string, string>>('js-fixtures/decrypt-node.json')
  const parts = vectors.json<Record<string, { base64: string }>>('js-fixtures/serialize.json')
  const bytes = (base64: string | undefined) => Buffer.from(base64 ?? '', 'base64')

  it.each([
    'base64CiphertextAlgAes256GcmIv12Tag16HkdfSha384EcdsaP384',
    'base64Ciphertext4BytesWith4KFrameLength',
    'base64CiphertextAlgAes256GcmIv12Tag16Hkdf3FrameLength16384',
    'base64CiphertextAlgAes256GcmIv12Tag16HkdfSha384EcdsaP384With4Frames',
    'base64CiphertextAlgAes256GcmIv12Tag16HkdfWith4Frames',
  ])('opens %s', async (name) => {
    const opened = await decrypt(bytes(messages[name]))
    // One plaintext is among the fixtures, the lengths of the others are in the names.
    if (name === 'base64CiphertextAlgAes256GcmIv12Tag16HkdfSha384EcdsaP384') {
      expect(Buffer.from(opened.plaintext).equals(bytes(messages.base64Plaintext))).toBe(true)
      expect(opened.encryptionContext).toEqual(messages.encryptionContext)
    }
    const lengths: Record<string, number> = { With4: 4, Ciphertext4: 4 }
    for (const [part, length] of Object.entries(lengths)) if (name.includes(part)) expect(opened.plaintext.length).toBe(length)
  })

  it.each(['twoEdksMessage', 'threeEdksMessage', 'fourEdksMessage'])(
    'opens %s only where the limit on encrypted data keys allows',
    async (name) => {
      const message = bytes(messages[name])
      const count = parseMessage(message).encryptedDataKeys.length
      expect(count).toBe({ twoEdksMessage: 2, threeEdksMessage: 3, fourEdksMessage: 4 }[name])
      const asked: number[] = []
      const keyring = dataKeyKeyring(new Uint8Array(16), (edks) => asked.push(edks.length))
      const options = { keyring, commitmentPolicy: 'REQUIRE_ENCRYPT_ALLOW_DECRYPT' } as const
      const failure = await createEncryptionClient({ ...options, maxEncryptedDataKeys: count - 1 })
        .decrypt(message)
        .catch((error: unknown) => error)
      expect(isStrongroomError(failure, 'LIMIT_EXCEEDED')).toBe(true)
      expect(asked).toEqual([])
      // Whatever the data key of these is, the limit lets them through to the keyring.
      await createEncryptionClient({ ...options, maxEncryptedDataKeys: count })
        .decrypt(message)
        .catch(() => undefined)
      expect(asked).toEqual([count])
    },
  )

  it.each(['frameSequenceOutOfOrder', 'invalidSignatureCiphertextAlgAes256GcmIv12Tag16HkdfSha384EcdsaP384'])('refuses %s', async (name) => {
    const failure = await decrypt(bytes(messages[name])).catch((error: unknown) => error)
    expect(isStrongroomError(failure, 'MESSAGE_INVALID')).toBe(true)
  })

  // A header is complete with its authentication, which these lack: 12 bytes of IV and 16 of tag in version 1, 16 of tag in version 2.
  const complete = (name: string, tail = 28) => Buffer.concat([bytes(parts[name]?.base64), Buffer.alloc(tail)])

  it('reads the headers of both versions', () => {
    const v1 = parseMessage(complete('basicMessageHeader'))
    expect({ ...v1.encryptionContext }).toEqual({ some: 'public', information: '\u00bd + \u00bc = \u00be' })
    expect(v1.encryptedDataKeys.map(({ providerInfo }) => Buffer.from(providerInfo).toString('utf8'))).toEqual(['firstKey', 'secondKey'])
    expect([v1.suite.id, v1.frameLength]).toEqual(['0014', 4096])
    const v2 = parseMessage(complete('basicV2MessageHeader', 0))
    expect([v2.version, v2.suite.id, v2.headerLength]).toEqual([2, '0478', bytes(parts.basicV2MessageHeader?.base64).length])
    expect(parseMessage(complete('zeroByteEncryptionContextMessageHeader')).encryptionContext).toEqual({})
  })

  it.each([
    'ivLengthMismatchMessageHeader',
    'reservedBytesNoZeroMessageHeader',
    'suiteIdNotValidMessageHeader',
    'typeNotValidMessageHeader',
    'versionNotValidMessageHeader',
    'base64MessageHeader',
    'threeEdksMessagePartialHeaderV1',
    'threeEdksMessagePartialHeaderV2',
  ])('refuses the header %s', (name) => {
    expect(() => parseMessage(complete(name))).toThrow(expect.objectContaining({ code: 'MESSAGE_INVALID' }))
  })

  it.each([
    ['basicEncryptionContext', { some: 'public', information: '\u00bd + \u00bc = \u00be' }],
    ['encryptionContextWithHighUtf8CodePoint', { some: 'public', '\u{1d122}': 'a' }],
    ['encryptionContextWithHighUtf8CodePointWithReservedKeyword', { 'aws-crypto-public-key': 'public', '\u{1d122}': 'a' }],
    ['hasOwnPropertyEncryptionContext', { hasOwnProperty: 'arbitraryValue' }],
  ])('reads the context %s', (name, context) => {
    expect({ ...parseMessage(headerAround(bytes(parts[name]?.base64))).encryptionContext }).toEqual(context)
  })

  it.each(['duplicateKeysEncryptionContext', 'missingDataEncryptionContext', 'tooMuchDataEncryptionContext'])(
    'refuses the context %s',
    (name) => {
      expect(() => parseMessage(headerAround(bytes(parts[name]?.base64)))).toThrow(expect.objectContaining({ code: 'MESSAGE_INVALID' }))
    },
  )

  /** The basic header with another context in the place of its own, given with its outer length. */
  function headerAround(context: Buffer): Buffer {
    const header = complete('basicMessageHeader')
    const own = bytes(parts.basicEncryptionContext?.base64)
    const fixed = Buffer.concat([Buffer.from([(context.length - 2) >>> 8, (context.length - 2) & 0xff]), context.subarray(2)])
    return Buffer.concat([header.subarray(0, 20), fixed, header.subarray(20 + own.length)])
  }

  function decrypt(message: Buffer) {
    const { suite } = parseMessage(message)
    const client = createEncryptionClient({
      keyring: dataKeyKeyring(new Uint8Array(suite.dataKeyLength)),
      commitmentPolicy: 'REQUIRE_ENCRYPT_ALLOW_DECRYPT',
    })
    return client.decrypt(message)
  }
})
