import { type EncryptionClient, isStrongroomError, type Keyring } from '@strongroom/core'
import { describe, expect, it } from 'vitest'
import { streaming } from '../streams/streaming-client.ts'
import { dataKeyKeyring } from '../support/data-key-keyring.ts'
import {
  commits,
  curveOf,
  dataKeyLength,
  type ForgedFrame,
  type ForgedHeader,
  forgeHeader,
  forgeMessage,
  forgeSigner,
  signed,
  u16,
  u32,
  withFooter,
} from '../support/message-forge.ts'
import { bytesOf } from './corpus.ts'
import { attempt, openClient } from './refusal.ts'
import { suiteIds } from './suite-ids.ts'

// All of these are authenticated as the holder of the data key would: what refuses them is not a tag.

const FRAME = 4
const plaintext = Buffer.from('abcdefghij')
const frames: readonly ForgedFrame[] = [
  { sequence: 1, content: Buffer.from('abcd') },
  { sequence: 2, content: Buffer.from('efgh') },
  { sequence: 3, content: Buffer.from('ij'), final: true },
]
const [one, two, last] = frames as [ForgedFrame, ForgedFrame, ForgedFrame]

const clients: readonly [string, (keyring: Keyring) => EncryptionClient][] = [
  ['at once', openClient],
  ['as a stream', (keyring) => streaming(openClient(keyring), 7)],
]
const cases = suiteIds.flatMap((suite) => clients.map(([how, clientOf]) => ({ suite, how, clientOf })))

describe.each(cases)('suite $suite, $how', ({ suite, clientOf }) => {
  const dataKey = bytesOf(suite, dataKeyLength(suite))
  const client = clientOf(dataKeyKeyring(dataKey))
  const curve = curveOf(suite)
  const signer = curve && { ...forgeSigner(curve), curve }
  const publicKeyPair = signer ? [['aws-crypto-public-key', signer.publicKey] as const] : []
  const base: ForgedHeader = { suite, messageId: bytesOf('message', commits(suite) ? 32 : 16), context: publicKeyPair, frameLength: FRAME }

  const forge = (header: Partial<ForgedHeader> = {}, body: Parameters<typeof forgeMessage>[2] = { frames }) =>
    forgeMessage(dataKey, { ...base, ...('frames' in body ? {} : { frameLength: 0 }), ...header }, body, signer)

  async function expectOpens(message: Uint8Array, content: Uint8Array = plaintext): Promise<void> {
    expect(Buffer.from((await client.decrypt(message)).plaintext).equals(content)).toBe(true)
  }
  async function expectRefused(message: Uint8Array): Promise<void> {
    expect(await attempt(client, message)).toEqual({ refusal: expect.stringContaining('cannot be decrypted') })
  }

  it('opens what the forger writes well: frames, one block, any IVs, a full or an empty last frame, an unsorted context', async () => {
    await expectOpens(forge())
    await expectOpens(forge({}, { unframed: plaintext }))
    await expectOpens(forge({}, { frames: frames.map((frame) => ({ ...frame, iv: bytesOf(`iv ${frame.sequence}`, 12) })) }))
    await expectOpens(forge({}, { frames: [one, { ...two, final: true }] }), plaintext.subarray(0, 8))
    await expectOpens(forge({}, { frames: [one, two, { sequence: 3, content: Buffer.alloc(0), final: true }] }), plaintext.subarray(0, 8))
    await expectOpens(forge({}, { frames: [{ sequence: 1, content: Buffer.alloc(0), final: true }] }), Buffer.alloc(0))
    await expectOpens(forge({}, { unframed: Buffer.alloc(0) }), Buffer.alloc(0))
    await expectOpens(
      forge({ context: [['b', '1'], ['a', '2'], ...publicKeyPair, ['\u{10000}', '3'], ['\uff21', '4'], ['__proto__', '5']] }),
    )
  })

  it.each<[string, readonly ForgedFrame[]]>([
    ['swapped', [two, one, last]],
    ['repeated', [one, one, two, last]],
    ['repeated at the end', [one, two, last, last]],
    ['left out in the middle', [one, last]],
    ['left out at the start', [two, last]],
    ['left out at the end', [one, two]],
    ['all left out', []],
    ['behind the final one', [one, last, two]],
    [
      'counted from 0',
      [
        { ...one, sequence: 0 },
        { ...last, sequence: 1 },
      ],
    ],
    [
      'counted from 2',
      [
        { ...one, sequence: 2 },
        { ...last, sequence: 3 },
      ],
    ],
    ['final under another number', [one, two, { ...last, sequence: 4 }]],
    ['final written under another number', [one, two, { ...last, written: { sequence: 4 } }]],
    ['renumbered', [{ ...two, written: { sequence: 1 } }, { ...one, written: { sequence: 2 } }, last]],
    [
      'of the number that marks a final one',
      [
        { ...one, sequence: 0xffffffff },
        { ...last, sequence: 1 },
      ],
    ],
    ['final and longer than the frame length', [{ sequence: 1, content: Buffer.from('abcde'), final: true }]],
    ['final and said to be longer', [one, two, { ...last, written: { length: 3 } }]],
    ['final and said to be shorter', [one, two, { ...last, written: { length: 1 } }]],
    ['final and said to be huge', [one, two, { ...last, written: { length: 0xffffffff } }]],
    [
      'final twice',
      [
        { ...one, final: true },
        { ...last, sequence: 2 },
      ],
    ],
    ['final as a regular one', [one, two, { ...last, final: false }]],
  ])('refuses frames %s', async (_, forged) => {
    await expectRefused(forge({}, { frames: forged }))
  })

  it('refuses a frame of another message under the same data key', async () => {
    const only = { frames: [{ ...last, sequence: 1 }] }
    const header = (id: string) => ({ ...base, messageId: bytesOf(id, base.messageId.length) })
    const start = forgeHeader(dataKey, header('mine'))
    const splice = (body: string) => {
      const spliced = Buffer.concat([start, forgeMessage(dataKey, header(body), only).subarray(start.length)])
      return signer ? signed(spliced, signer.key, signer.curve) : spliced
    }
    await expectOpens(splice('mine'), last.content)
    await expectRefused(splice('theirs'))
  })

  it.each<[string, bigint]>([
    ['one less', 9n],
    ['one more', 11n],
    ['2^32 more', 10n + 2n ** 32n],
    ['more than the suite seals', 2n ** 36n - 31n],
    ['2^53', 2n ** 53n],
    ['2^64 - 1', 2n ** 64n - 1n],
  ])('refuses one block that is said to be %s', async (_, writtenLength) => {
    await expectRefused(forge({}, { unframed: plaintext, writtenLength }))
  })

  it.each<[string, Partial<ForgedHeader>]>([
    ['content type 0', { contentType: 0, frameLength: FRAME }],
    ['content type 3', { contentType: 3, frameLength: FRAME }],
    ['frames of length 0', { frameLength: 0 }],
    ['frames that are said to be longer', { frameLength: FRAME + 1 }],
    ['frames that are said to be huge', { frameLength: 0xffffffff }],
    ['one block with a frame length', { contentType: 1, frameLength: FRAME }],
    ['one block instead of frames', { contentType: 1, frameLength: 0 }],
    ['a context key twice', { context: [...publicKeyPair, ['a', '1'], ['b', '2'], ['a', '1']] }],
    ['a context key twice with other values', { context: [...publicKeyPair, ['a', '1'], ['a', '2']] }],
    ['a context of no pairs that takes bytes', { contextBlock: Buffer.concat([u16(2), u16(0)]) }],
    ['a context of one byte', { contextBlock: Buffer.concat([u16(1), Buffer.of(0)]) }],
    ['fewer context pairs than said', { context: [...publicKeyPair, ['a', 'b']], contextCount: publicKeyPair.length + 2 }],
    ['more context pairs than said', { context: [...publicKeyPair, ['a', 'b'], ['c', 'd']], contextCount: publicKeyPair.length + 1 }],
    ['very many context pairs', { context: [...publicKeyPair, ['a', 'b']], contextCount: 0xffff }],
    ['a context said to be longer', { context: [['a', 'b']], contextLength: 9 }],
    ['a context said to be shorter', { context: [['a', 'b']], contextLength: 7 }],
    ['a context said to be as long as can be', { context: [['a', 'b']], contextLength: 0xffff }],
    ['a context key that is no UTF-8', { context: [...publicKeyPair, [Buffer.of(0xff), 'b']] }],
    ['a context value that is an overlong form', { context: [...publicKeyPair, ['a', Buffer.of(0xc0, 0x80)]] }],
    ['a context value that is half a surrogate pair', { context: [...publicKeyPair, ['a', Buffer.of(0xed, 0xa0, 0x80)]] }],
    ['a provider id that is no UTF-8', { edks: [{ providerId: Buffer.of(0x80), providerInfo: Buffer.of(1), ciphertext: Buffer.of(2) }] }],
    ['no encrypted data key', { edks: [] }],
    ['fewer encrypted data keys than said', { edkCount: 2 }],
    ['version 0', { versionByte: 0 }],
    ['version 3', { versionByte: 3 }],
    ['the version of the other layout', { versionByte: commits(suite) ? 1 : 2 }],
    ['a suite of the other version in its layout', { writtenSuite: commits(suite) ? '0178' : '0478' }],
    [
      'its suite in the layout of the other version',
      { version: commits(suite) ? 1 : 2, messageId: bytesOf('message', commits(suite) ? 16 : 32) },
    ],
    ['a suite that nobody knows', { writtenSuite: '0079' }],
    ['a suite of the DynamoDB items', { writtenSuite: '6700' }],
    ['a suite of the S3 objects', { writtenSuite: '0073' }],
  ])('refuses a header with %s', async (_, header) => {
    await expectRefused(forge(header))
  })

  it('refuses a frame length that does not go with the kind of body', async () => {
    await expectRefused(forge({ frameLength: 0 }, { frames: [{ sequence: 1, content: Buffer.alloc(0), final: true }] }))
    await expectRefused(forge({ frameLength: FRAME }, { unframed: plaintext }))
  })

  it.each<[string, Partial<ForgedHeader>]>(
    commits(suite)
      ? [
          ['another commitment', { commitKey: bytesOf('other', 32) }],
          ['a commitment of zeros', { commitKey: Buffer.alloc(32) }],
        ]
      : [
          ['another type', { typeByte: 0x40 }],
          ['type 0', { typeByte: 0 }],
          ['reserved bytes of 1', { reserved: 1 }],
          ['reserved bytes of 0xffffffff', { reserved: 0xffffffff }],
          ['IVs of 0 bytes', { ivLength: 0 }],
          ['IVs of 11 bytes', { ivLength: 11 }],
          ['IVs of 16 bytes', { ivLength: 16 }],
        ],
  )('refuses a header of its version with %s', async (_, header) => {
    await expectRefused(forge(header))
  })

  if (!commits(suite))
    it('takes the IV of the header from the header', async () => {
      await expectOpens(forge({ headerIv: bytesOf('header iv', 12) }))
    })

  it('counts the encrypted data keys before it reads or opens any', async () => {
    const asked: number[] = []
    const counting = clientOf(dataKeyKeyring(dataKey, (edks) => asked.push(edks.length)))
    const edk = { providerId: Buffer.from('p'), providerInfo: Buffer.from('i'), ciphertext: Buffer.from('c') }
    await counting.decrypt(forge({ edks: Array(16).fill(edk) }))
    expect(asked).toEqual([16])
    const tooMany = forge({ edks: Array(17).fill(edk) })
    const count = Buffer.from(tooMany).indexOf(Buffer.concat([u16(17), u16(1), edk.providerId]))
    // Also where not one of them follows.
    for (const message of [tooMany, tooMany.subarray(0, count + 2), forge({ edkCount: 0xffff })]) {
      const failure = await counting.decrypt(message).catch((error: unknown) => error)
      expect(isStrongroomError(failure, 'LIMIT_EXCEEDED')).toBe(true)
    }
    expect(asked).toEqual([16])
  })

  if (signer === undefined)
    it('refuses a public key in a message that is not signed', async () => {
      for (const curve of ['P-256', 'P-384'] as const) {
        const { key, publicKey } = forgeSigner(curve)
        const halfSigned = forge({ context: [['aws-crypto-public-key', publicKey]] })
        await expectRefused(halfSigned)
        await expectRefused(signed(halfSigned, key, curve))
      }
      await expectRefused(forge({ context: [['aws-crypto-public-key', '']] }))
      await expectRefused(withFooter(forge(), Buffer.alloc(0)))
    })

  if (signer !== undefined)
    it('refuses a signature that is missing, foreign, of something else, or written otherwise', async () => {
      const { key, curve } = signer
      const stranger = forgeSigner(curve)
      const otherCurve = curve === 'P-256' ? 'P-384' : 'P-256'
      const wrongCurve = forgeSigner(otherCurve)
      const unsigned = (header: Partial<ForgedHeader> = {}) => forgeMessage(dataKey, { ...base, ...header }, { frames })
      const message = unsigned()
      await expectOpens(signed(message, key, curve))
      const signature = signed(message, key, curve).subarray(message.length + 2)
      const half = signature.subarray(0, signature.length / 2)

      for (const without of [[], [['a', 'b'] as const]]) {
        await expectRefused(unsigned({ context: without }))
        await expectRefused(signed(unsigned({ context: without }), key, curve))
      }
      await expectRefused(message)
      await expectRefused(Buffer.concat([message, u16(0)]))
      await expectRefused(Buffer.concat([message, Buffer.of(0)]))
      await expectRefused(withFooter(message, half))
      await expectRefused(withFooter(message, Buffer.alloc(signature.length)))
      await expectRefused(withFooter(message, signature, signature.length - 1))
      await expectRefused(withFooter(message, signature, signature.length + 1))
      await expectRefused(withFooter(message, signature, 0xffff))
      await expectRefused(withFooter(message, Buffer.concat([signature, Buffer.of(0)])))
      await expectRefused(Buffer.concat([withFooter(message, signature), Buffer.of(0)]))
      await expectRefused(Buffer.concat([withFooter(message, signature), withFooter(Buffer.alloc(0), signature)]))
      await expectRefused(signed(message, stranger.key, curve))
      await expectRefused(signed(message, wrongCurve.key, otherCurve))
      await expectRefused(withFooter(message, signed(message.subarray(0, -1), key, curve).subarray(message.length + 1)))
      // The same r and s in forms of ASN.1 that are not DER: a length in two bytes, an integer with a needless zero.
      await expectRefused(withFooter(message, Buffer.concat([Buffer.of(0x30, 0x81), signature.subarray(1)])))
      const r = signature.subarray(4, 4 + (signature[3] as number))
      const padded = Buffer.concat([Buffer.of(0x30, (signature[1] as number) + 1, 2, r.length + 1, 0), r, signature.subarray(4 + r.length)])
      await expectRefused(withFooter(message, padded))

      const publicKeys = [
        stranger.publicKey,
        wrongCurve.publicKey,
        signer.uncompressed,
        '',
        'AAAA',
        `${signer.publicKey} `,
        signer.publicKey.replace(/=+$/, '') + (signer.publicKey.endsWith('=') ? '' : '===='),
        Buffer.from(signer.publicKey, 'base64').fill(0, 0, 1).toString('base64'),
        Buffer.concat([Buffer.of(2), Buffer.alloc(curve === 'P-256' ? 32 : 48, 0xff)]).toString('base64'),
      ]
      for (const publicKey of publicKeys)
        await expectRefused(signed(unsigned({ context: [['aws-crypto-public-key', publicKey]] }), key, curve))
    })

  it('refuses a signed message of unsigned form and the other way round, byte for byte', async () => {
    const message = forge()
    for (const other of suiteIds.filter((id) => id !== suite)) {
      const relabelled = Buffer.from(message)
      Buffer.from(other, 'hex').copy(relabelled, commits(suite) ? 1 : 2)
      await expectRefused(relabelled)
    }
    await expectRefused(Buffer.concat([message, u32(0)]))
  })
})
