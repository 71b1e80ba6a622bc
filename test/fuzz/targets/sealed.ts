import { dataKeyKeyring } from '../../support/data-key-keyring.ts'
import { edgeNumbers, mutateBytes } from '../engine/mutate-bytes.ts'
import type { SeededRandom } from '../engine/random.ts'
import type { Target } from '../engine/target.ts'
import { referenceReading } from '../reference-reader.ts'
import { suiteIds } from '../suite-ids.ts'
import { chunkSizes, judgeRange, judgeStream, judgeWhole } from './judge.ts'
import { type FramePlan, keyOf, type Lies, MOST_PUBLIC_KEY, render, type SealedInput, seedOf } from './sealed-message.ts'
import { readerOf } from './specimens.ts'

const clients = new Map(suiteIds.map((suite) => [suite as string, readerOf(dataKeyKeyring(keyOf(suite)), false)]))
const FOOTERS = ['right', 'right', 'right', 'right', 'foreign', 'none', 'bytes', 'longer', 'other curve']

/** Messages that are authenticated whatever they say, so that mutation gets behind the tags. What opens is what the other reader opens. */
export const sealedTarget: Target<SealedInput> = {
  name: 'sealed',
  seeds: () => suiteIds.flatMap((suite) => [seedOf(suite, 'frames'), seedOf(suite, 'full frames'), seedOf(suite, 'block')]),
  mutate(input, other, random) {
    let mutant = input
    do {
      mutant = { ...mutant, ...random.pick(mutators)(mutant, other, random) }
    } while (random.once(2))
    return { ...mutant, route: random.below(3), chunks: random.once(4) ? random.below(2) : random.word() }
  },
  async run(input) {
    const message = render(input)
    const client = clients.get(input.suite)
    if (client === undefined) throw new Error(`no client of suite ${input.suite}`)
    const reading = referenceReading(message, keyOf(input.suite))
    if (input.route === 1) return await judgeStream(client, message, chunkSizes(input.chunks, message.length), reading)
    if (input.route === 0) return await judgeWhole(client, message, reading)
    const range = [input.chunks % 40, input.chunks & 64 ? undefined : (input.chunks >>> 8) % 40] as const
    return await judgeRange(client, message, input.chunks & 128 ? [0, undefined] : range, reading)
  },
}

type Mutator = (input: SealedInput, other: SealedInput, random: SeededRandom) => Partial<SealedInput>

const mutators: readonly Mutator[] = [
  ({ messageId }, other, random) => ({ messageId: mutateBytes(messageId, other.messageId, random).subarray(0, 64) }),
  ({ pairs }, other, random) => ({ pairs: mutateRows(pairs, other.pairs, random, ['key', 'value']) }),
  ({ pairs }, other, random) => ({ pairs: mutateRows(pairs, other.pairs, random, ['key', 'value']) }),
  ({ pairs }, _, random) => ({ pairs: [...pairs].sort(() => random.below(3) - 1) }),
  ({ edks }, other, random) => ({ edks: mutateRows(edks, other.edks, random, ['id', 'info', 'ciphertext']) }),
  ({ lies }, _, random) => ({ lies: mutateLies(lies, random) }),
  ({ lies }, _, random) => ({ lies: mutateLies(lies, random) }),
  (input, other, random) => ({
    contextBlock: mutateBytes(input.contextBlock ?? Buffer.from('\0\x08\0\x01\0\x01a\0\x01b', 'latin1'), other.messageId, random),
  }),
  (_, __, random) => ({ commitKey: random.bytes(32) }),
  (_, __, random) => ({ headerIv: random.bytes(12) }),
  (_, __, random) => ({ frameLength: random.once(3) ? random.pick(edgeNumbers) : random.below(12) }),
  ({ frames }, other, random) => ({ frames: mutateFrames(frames, other.frames, random) }),
  ({ frames }, other, random) => ({ frames: mutateFrames(frames, other.frames, random) }),
  ({ frames }, other, random) => ({ frames: mutateFrames(frames, other.frames, random) }),
  ({ frames, frameLength }, _, random) => ({ frames: wellCut(Buffer.concat(frames.map(({ content }) => content)), frameLength, random) }),
  (input, other, random) => ({ block: mutateBytes(input.block ?? Buffer.from('block'), other.messageId, random).subarray(0, 300) }),
  (_, other) => ({ block: undefined as never, frames: other.frames }),
  (_, __, random) => ({ footer: random.pick(FOOTERS) }),
  ({ footerBytes }, other, random) => ({
    footer: 'bytes',
    footerBytes: mutateBytes(footerBytes, other.messageId, random).subarray(0, 300),
  }),
  // As long as it would be with a final frame at its end.
  ({ frames }, _, random) => ({ frames: frames.map((frame) => ({ ...frame, final: false })), behind: random.bytes(8) }),
  (_, __, random) => ({ behind: random.bytes(random.pick([0, 0, 0, 1, 2, 4, 8, 8, 16])) }),
  (_, other) => ({ lies: {}, contextBlock: undefined as never, pairs: other.pairs, behind: Buffer.alloc(0), footer: 'right' }),
]

/** Rows of fields that are put in, left out, doubled, exchanged, or changed. */
function mutateRows(
  rows: readonly (readonly Uint8Array[])[],
  others: readonly (readonly Uint8Array[])[],
  random: SeededRandom,
  fields: readonly string[],
): readonly (readonly Uint8Array[])[] {
  const at = random.below(rows.length + 1)
  const row = rows[at]
  const strange = [
    Buffer.from('__proto__'),
    Buffer.from('aws-crypto-public-key'),
    Buffer.from('\u{10000}'),
    Buffer.of(0xef, 0xbb, 0xbf),
    Buffer.of(0xc0, 0x80),
  ]
  switch (random.below(5)) {
    case 0:
      return [
        ...rows.slice(0, at),
        fields.map(() => (random.once(3) ? random.pick(strange) : random.bytes(random.below(4)))),
        ...rows.slice(at),
      ]
    case 1:
      return rows.filter((_, index) => index !== at)
    case 2:
      return rows.length > 0 ? [...rows, random.pick(rows)] : others
    case 3:
      return others.length > 0 ? [...rows.slice(0, at), random.pick(others), ...rows.slice(at)] : rows
    default: {
      if (row === undefined) return rows
      const field = random.below(fields.length)
      return rows.map((kept) =>
        kept === row ? kept.map((part, index) => (index === field ? mutateBytes(part, part, random) : part)) : kept,
      )
    }
  }
}

const LIES: readonly (readonly [name: string, most: number])[] = [
  ['suite', 0xffff],
  ['version', 2],
  ['versionByte', 255],
  ['typeByte', 255],
  ['contextCount', 0xffff],
  ['contextLength', 0xffff],
  ['edkCount', 0xffff],
  ['contentType', 255],
  ['reserved', 0xffffffff],
  ['ivLength', 255],
  ['publicKey', MOST_PUBLIC_KEY],
  ['blockLength', 0xffffffff],
  ['footerLength', 0xffff],
]

function mutateLies(lies: Lies, random: SeededRandom): Lies {
  const [name, most] = random.pick(LIES)
  if (random.once(4)) return { ...lies, [name]: undefined }
  if (name === 'suite') return { ...lies, suite: random.once(2) ? Number.parseInt(random.pick(suiteIds), 16) : random.below(0x10000) }
  if (name === 'version') return { ...lies, version: 1 + random.below(2) }
  const edges = edgeNumbers.filter((value) => value <= most)
  return { ...lies, [name]: random.once(2) ? random.pick(edges) : random.below(Math.min(most, 12) + 1) }
}

function mutateFrames(frames: readonly FramePlan[], others: readonly FramePlan[], random: SeededRandom): readonly FramePlan[] {
  const at = random.below(frames.length + 1)
  const frame = frames[at]
  const another = frame ?? random.pick(others) ?? { sequence: 1, content: Buffer.alloc(0), final: true }
  const changed = (change: Partial<FramePlan>): readonly FramePlan[] =>
    frames.map((kept) => (kept === frame ? { ...kept, ...change } : kept))
  switch (random.below(10)) {
    case 0:
      return [...frames.slice(0, at), another, ...frames.slice(at)]
    case 1:
      return frames.filter((_, index) => index !== at)
    case 2:
      return [...frames.slice(0, at), ...frames.slice(at).reverse()]
    case 3:
      return changed({ sequence: random.once(2) ? random.pick(edgeNumbers) : (another.sequence + random.pick([-1, 1])) >>> 0 })
    case 4:
      return changed({ final: !another.final })
    case 5:
      return changed({ content: mutateBytes(another.content, another.content, random).subarray(0, 200) })
    case 6:
      return changed({ iv: random.bytes(12) })
    case 7:
      return changed({ saidSequence: random.once(2) ? random.pick(edgeNumbers) : random.below(5) })
    case 8:
      return changed({ saidLength: random.once(2) ? random.pick(edgeNumbers) : random.below(12) })
    default:
      return changed({ saidMarker: random.once(2) ? random.pick(edgeNumbers) : random.below(5) })
  }
}

/** The frames of a plaintext as they must be. */
function wellCut(content: Buffer, frameLength: number, random: SeededRandom): readonly FramePlan[] {
  const length = Math.max(1, frameLength)
  const frames: FramePlan[] = []
  let at = 0
  // A full last frame may be followed by an empty one, or be the last.
  for (; content.length - at > length || (content.length - at === length && random.once(2)); at += length) {
    frames.push({ sequence: frames.length + 1, content: content.subarray(at, at + length), final: false })
  }
  return [...frames, { sequence: frames.length + 1, content: content.subarray(at), final: true }]
}
