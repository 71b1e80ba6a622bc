import { createCipheriv, createSecretKey, randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { suiteById } from '../suite.ts'
import { frameCount, framedBodyLength, type OpenedBody, openFrames, openUnframed, sealFrames } from './body.ts'
import type { BodyKey } from './frame.ts'
import { TRUNCATED } from './message-invalid.ts'

const content = randomBytes(32)
const messageId = randomBytes(32)
const key: BodyKey = { suite: suiteById('0478'), contentKey: createSecretKey(content), messageId }
const FRAME = 4

interface ForgedFrame {
  readonly sequence: number
  readonly content: Uint8Array
  readonly final?: boolean
  readonly iv?: Buffer
  /** What the frame says instead of what is authenticated. */
  readonly written?: { readonly sequence?: number; readonly length?: number }
}

/** A second writer, which seals what it is told with the right key: a refusal then shows the check behind the tags. */
function forge(list: readonly ForgedFrame[]): Buffer {
  const parts = list.flatMap(
    ({ sequence, content: plaintext, final, iv = Buffer.concat([Buffer.alloc(8), number(sequence, 4)]), written }) => {
      const label = `AWSKMSEncryptionClient ${final ? 'Final ' : ''}Frame`
      const start = final ? [Buffer.alloc(4, 0xff)] : []
      const length = final ? [number(written?.length ?? plaintext.length, 4)] : []
      return [...start, number(written?.sequence ?? sequence, 4), iv, ...length, sealed(iv, label, sequence, plaintext)]
    },
  )
  return Buffer.concat(parts)
}

function forgeUnframed(plaintext: Uint8Array, writtenLength = BigInt(plaintext.length)): Buffer {
  const iv = Buffer.alloc(12, 1)
  const length = Buffer.alloc(8)
  length.writeBigUInt64BE(writtenLength)
  return Buffer.concat([iv, length, sealed(iv, 'AWSKMSEncryptionClient Single Block', 1, plaintext)])
}

function sealed(iv: Buffer, label: string, sequence: number, plaintext: Uint8Array): Buffer {
  const cipher = createCipheriv('aes-256-gcm', content, iv)
  cipher.setAAD(Buffer.concat([messageId, Buffer.from(label), number(sequence, 4), number(plaintext.length, 8)]))
  return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
}

function number(value: number, length: number): Buffer {
  return Buffer.from(value.toString(16).padStart(length * 2, '0'), 'hex')
}

const frames = (list: ForgedFrame[], frameLength = FRAME): OpenedBody => openFrames(key, frameLength, forge(list), 0)
/** What is thrown, which here may be a symbol. */
function failureOf(open: () => unknown): unknown {
  try {
    open()
  } catch (error) {
    return error
  }
  return 'nothing was thrown'
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const refused = expect.objectContaining({ code: 'MESSAGE_INVALID' })

describe('frames', () => {
  it.each([
    [0, 1],
    [1, 1],
    [FRAME - 1, 1],
    [FRAME, 1],
    [FRAME + 1, 2],
    [3 * FRAME, 3],
    [3 * FRAME + 1, 4],
  ])('of %i bytes are %i, and open again', (length, count) => {
    expect(frameCount(length, FRAME)).toBe(count)
    const plaintext = randomBytes(length)
    const out = Buffer.alloc(framedBodyLength(length, FRAME) + 10, 0xee)
    sealFrames(key, plaintext, FRAME, out, 5)
    expect(openFrames(key, FRAME, out, 5)).toEqual({ plaintext: Uint8Array.from(plaintext), end: out.length - 5 })
    expect(out.subarray(0, 5).every((byte) => byte === 0xee) && out.subarray(-5).every((byte) => byte === 0xee)).toBe(true)
  })

  it('may be of one byte each', () => {
    const plaintext = randomBytes(50)
    const out = Buffer.alloc(framedBodyLength(50, 1))
    sealFrames(key, plaintext, 1, out, 0)
    expect(openFrames(key, 1, out, 0).plaintext).toEqual(Uint8Array.from(plaintext))
  })

  it('use an IV once: the frames of one message count them from one', () => {
    const out = Buffer.alloc(framedBodyLength(9, FRAME))
    sealFrames(key, randomBytes(9), FRAME, out, 0)
    expect([out.readUInt32BE(0), out.subarray(4, 16).toString('hex')]).toEqual([1, '000000000000000000000001'])
    expect([out.readUInt32BE(36), out.subarray(40, 52).toString('hex')]).toEqual([2, '000000000000000000000002'])
    expect([out.readUInt32BE(72), out.readUInt32BE(76), out.subarray(80, 92).toString('hex'), out.readUInt32BE(92)]).toEqual([
      0xffffffff,
      3,
      '000000000000000000000003',
      1,
    ])
  })

  it('are as an independent writer makes them', () => {
    const plaintext = bytes('0123456789')
    const out = Buffer.alloc(framedBodyLength(10, FRAME))
    sealFrames(key, plaintext, FRAME, out, 0)
    const expected = forge([
      { sequence: 1, content: bytes('0123') },
      { sequence: 2, content: bytes('4567') },
      { sequence: 3, content: bytes('89'), final: true },
    ])
    expect(out.equals(expected)).toBe(true)
  })

  it('may end with an empty final frame, as other writers do', () => {
    const { plaintext } = frames([
      { sequence: 1, content: bytes('full') },
      { sequence: 2, content: bytes(''), final: true },
    ])
    expect(Buffer.from(plaintext).toString()).toBe('full')
  })

  it('are opened under the IV that they carry', () => {
    const iv = Buffer.from('ffffffffffffffff00000001', 'hex')
    expect(frames([{ sequence: 1, content: bytes('ok'), final: true, iv }]).plaintext).toEqual(bytes('ok'))
  })

  it.each<[string, ForgedFrame[]]>([
    ['that start at 2', [{ sequence: 2, content: bytes('x'), final: true }]],
    ['that start at 0', [{ sequence: 0, content: bytes('x'), final: true }]],
    [
      'that skip one',
      [
        { sequence: 1, content: bytes('full') },
        { sequence: 3, content: bytes('x'), final: true },
      ],
    ],
    [
      'that repeat one',
      [
        { sequence: 1, content: bytes('full') },
        { sequence: 1, content: bytes('x'), final: true },
      ],
    ],
    [
      'that are out of order',
      [
        { sequence: 2, content: bytes('full') },
        { sequence: 1, content: bytes('full') },
        { sequence: 3, content: bytes(''), final: true },
      ],
    ],
    ['whose final one is longer than a frame', [{ sequence: 1, content: bytes('longer'), final: true }]],
    ['of which a regular one is sealed as final', [{ sequence: 1, content: bytes('x'), final: true, written: { sequence: 2 } }]],
    ['that say a shorter length', [{ sequence: 1, content: bytes('full'), final: true, written: { length: 3 } }]],
  ])('%s are refused, though their holder of the key sealed them', (_what, list) => {
    expect(() => frames(list)).toThrowError(refused)
  })

  it('with an empty one in the middle are refused', () => {
    // Its reader takes the next frame's bytes for its own, and ends short of them.
    const list = [
      { sequence: 1, content: bytes('full') },
      { sequence: 2, content: bytes('') },
      { sequence: 3, content: bytes('end'), final: true },
    ]
    expect(failureOf(() => frames(list))).toBe(TRUNCATED)
  })

  it('a regular frame cannot pass for the final one, nor the other way round', () => {
    const regular = forge([{ sequence: 1, content: bytes('full') }])
    const asFinal = Buffer.concat([
      Buffer.from('ffffffff', 'hex'),
      regular.subarray(0, 16),
      Buffer.from([0, 0, 0, 4]),
      regular.subarray(16),
    ])
    expect(() => openFrames(key, FRAME, asFinal, 0)).toThrowError(refused)
    const final = forge([{ sequence: 1, content: bytes('full'), final: true }])
    const asRegular = Buffer.concat([final.subarray(4, 20), final.subarray(24), forge([{ sequence: 2, content: bytes(''), final: true }])])
    expect(() => openFrames(key, FRAME, asRegular, 0)).toThrowError(refused)
  })

  it('without a final one, or cut, end too early', () => {
    const whole = forge([
      { sequence: 1, content: bytes('full') },
      { sequence: 2, content: bytes('end'), final: true },
    ])
    for (let length = 0; length < whole.length; length += 1) {
      expect(failureOf(() => openFrames(key, FRAME, whole.subarray(0, length), 0))).toBe(TRUNCATED)
    }
  })

  it('say how long they are without making anybody allocate it', () => {
    const claims = Buffer.concat([
      Buffer.from('ffffffff00000001', 'hex'),
      Buffer.alloc(12),
      Buffer.from('fffffffe', 'hex'),
      Buffer.alloc(20),
    ])
    expect(failureOf(() => openFrames(key, 0xffffffff, claims, 0))).toBe(TRUNCATED)
  })
})

describe('an unframed body', () => {
  it('opens, at any length', () => {
    for (const text of ['', 'x', 'a longer text than that']) {
      const body = forgeUnframed(bytes(text))
      expect(openUnframed(key, body, 0)).toEqual({ plaintext: bytes(text), end: body.length })
    }
  })

  it.each([2n ** 36n - 31n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n])('that claims %d bytes is refused', (length) => {
    expect(() => openUnframed(key, forgeUnframed(bytes('x'), length), 0)).toThrowError(refused)
  })

  it('is not a frame', () => {
    const frame = forge([{ sequence: 1, content: bytes('x'), final: true }])
    const asUnframed = Buffer.concat([frame.subarray(8, 20), Buffer.alloc(4), frame.subarray(20)])
    expect(() => openUnframed(key, asUnframed, 0)).toThrowError(refused)
  })
})
