import type { SeededRandom } from './random.ts'

/** Numbers that a length, a count or an index goes wrong at. */
export const edgeNumbers: readonly number[] = [
  0, 1, 2, 3, 4, 7, 8, 11, 12, 13, 15, 16, 17, 31, 32, 33, 63, 64, 127, 128, 129, 255, 256, 257, 1023, 1024, 4095, 4096, 32_767, 32_768,
  65_534, 65_535, 65_536, 0xffffff, 0x1000000, 0x7ffffffe, 0x7fffffff, 0x80000000, 0x80000001, 0xfffffffe, 0xffffffff,
]

type Mutator = (bytes: Buffer, random: SeededRandom, other: Uint8Array) => Buffer

/** Everything that bytes of no known structure can have done to them. */
const mutators: readonly Mutator[] = [
  flipBit,
  flipBit,
  setByte,
  addToByte,
  setNumber,
  setNumber,
  changeNumber,
  insertBytes,
  remove,
  repeat,
  exchange,
  splice,
  overwriteFrom,
  cut,
  extend,
  fill,
]

/** Some changes, often one and seldom many; `other` is what parts are taken from. */
export function mutateBytes(bytes: Uint8Array, other: Uint8Array, random: SeededRandom): Buffer {
  let mutant: Buffer = Buffer.from(bytes)
  do {
    mutant = random.pick(mutators)(mutant, random, other)
  } while (random.once(2))
  return mutant.length > MOST_BYTES ? mutant.subarray(0, MOST_BYTES) : mutant
}

const MOST_BYTES = 65_536

function flipBit(bytes: Buffer, random: SeededRandom): Buffer {
  const at = random.below(bytes.length)
  if (bytes.length > 0) bytes[at] = (bytes[at] as number) ^ (1 << random.below(8))
  return bytes
}

function setByte(bytes: Buffer, random: SeededRandom): Buffer {
  if (bytes.length > 0) bytes[random.below(bytes.length)] = random.once(2) ? random.below(256) : random.pick([0, 1, 0x7f, 0x80, 0xff])
  return bytes
}

function addToByte(bytes: Buffer, random: SeededRandom): Buffer {
  const at = random.below(bytes.length)
  if (bytes.length > 0) bytes[at] = (bytes[at] as number) + random.pick([-1, 1, -2, 2, 16, -16])
  return bytes
}

/** Writes a number of two, four or eight bytes over what is there. */
function setNumber(bytes: Buffer, random: SeededRandom): Buffer {
  return overwrite(bytes, random, numberBytes(random.once(4) ? bytes.length : random.pick(edgeNumbers), random.pick([1, 2, 2, 4, 4, 8])))
}

/** Adds a little to a number of two or four bytes. */
function changeNumber(bytes: Buffer, random: SeededRandom): Buffer {
  const width = random.pick([2, 4])
  if (bytes.length < width) return bytes
  const at = random.below(bytes.length - width + 1)
  const modulus = 256 ** width
  bytes.writeUIntBE((bytes.readUIntBE(at, width) + random.pick([-1, 1, -2, 2, 4, -4, 8, 255, 256]) + modulus) % modulus, at, width)
  return bytes
}

function insertBytes(bytes: Buffer, random: SeededRandom): Buffer {
  const more = random.once(2) ? random.bytes(1 + random.below(16)) : numberBytes(random.pick(edgeNumbers), random.pick([1, 2, 4, 8]))
  return insertAt(bytes, random.below(bytes.length + 1), more)
}

function remove(bytes: Buffer, random: SeededRandom): Buffer {
  const at = random.below(bytes.length + 1)
  return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random.below(random.once(2) ? 4 : 64))])
}

/** A part once more, beside itself or elsewhere. */
function repeat(bytes: Buffer, random: SeededRandom): Buffer {
  const from = random.below(bytes.length + 1)
  const part = bytes.subarray(from, from + 1 + random.below(64))
  return insertAt(bytes, random.once(2) ? from : random.below(bytes.length + 1), part)
}

function exchange(bytes: Buffer, random: SeededRandom): Buffer {
  const length = 1 + random.below(16)
  if (bytes.length < 2 * length) return bytes
  const [one, other] = [random.below(bytes.length - length), random.below(bytes.length - length)]
  const kept = Buffer.from(bytes.subarray(one, one + length))
  bytes.copyWithin(one, other, other + length)
  kept.copy(bytes, other)
  return bytes
}

/** The start of this, the rest of another. */
function splice(bytes: Buffer, random: SeededRandom, other: Uint8Array): Buffer {
  const at = random.below(bytes.length + 1)
  const from = random.once(2) ? at : random.below(other.length + 1)
  return Buffer.concat([bytes.subarray(0, at), other.subarray(from)])
}

function overwriteFrom(bytes: Buffer, random: SeededRandom, other: Uint8Array): Buffer {
  const from = random.below(other.length + 1)
  return overwrite(bytes, random, other.subarray(from, from + 1 + random.below(64)))
}

function cut(bytes: Buffer, random: SeededRandom): Buffer {
  return random.once(8) ? bytes.subarray(random.below(bytes.length + 1)) : bytes.subarray(0, random.below(bytes.length + 1))
}

function extend(bytes: Buffer, random: SeededRandom): Buffer {
  const length = random.once(64) ? 4096 : random.below(64)
  return Buffer.concat([bytes, random.once(2) ? random.bytes(length) : Buffer.alloc(length, random.pick([0, 1, 0xff]))])
}

function fill(bytes: Buffer, random: SeededRandom): Buffer {
  const at = random.below(bytes.length + 1)
  return bytes.fill(random.pick([0, 0xff, 0x80, 0x41]), at, Math.min(bytes.length, at + 1 + random.below(32)))
}

function overwrite(bytes: Buffer, random: SeededRandom, by: Uint8Array): Buffer {
  bytes.set(by.subarray(0, bytes.length), random.below(Math.max(1, bytes.length - by.length + 1)))
  return bytes
}

function insertAt(bytes: Buffer, at: number, more: Uint8Array): Buffer {
  return Buffer.concat([bytes.subarray(0, at), more, bytes.subarray(at)])
}

function numberBytes(value: number, width: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt(value))
  return bytes.subarray(8 - width)
}
