/** BER and DER, as far as keys and signatures are made of them; also where it is wrong. */

/** How a length is written: the one form of DER, or with this many bytes more than it needs, or indefinite. */
export type LengthForm = 'der' | { readonly needless: number } | 'indefinite'

/** One element: tag, length, content. */
export function element(tag: number, content: Uint8Array, form: LengthForm = 'der', writtenLength: number = content.length): Buffer {
  if (form === 'indefinite') return Buffer.concat([Buffer.of(tag, 0x80), content, Buffer.of(0, 0)])
  return Buffer.concat([Buffer.of(tag), lengthBytes(writtenLength, form), content])
}

function lengthBytes(length: number, form: Exclude<LengthForm, 'indefinite'>): Buffer {
  const digits = length === 0 ? [] : [...Buffer.from(length.toString(16).padStart(length > 0xff ? 4 : 2, '0'), 'hex')]
  if (form === 'der') return length < 0x80 ? Buffer.of(length) : Buffer.of(0x80 + digits.length, ...digits)
  const padded = [...Array<number>(form.needless).fill(0), ...digits]
  return Buffer.of(0x80 + padded.length, ...padded)
}

export function sequence(...content: readonly Uint8Array[]): Buffer {
  return element(0x30, Buffer.concat(content))
}

export function integer(value: bigint): Buffer {
  return element(2, integerContent(value))
}

/** A number in the shortest two's complement. */
export function integerContent(value: bigint): Buffer {
  let width = 1
  while (BigInt.asIntN(8 * width, value) !== value) width += 1
  return bigintBytes(BigInt.asUintN(8 * width, value), width)
}

/** An object identifier, of arcs whose first two are below 40. */
export function objectId(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  const bytes = rest.flatMap((arc) => {
    const digits = [arc & 0x7f]
    for (let left = arc >>> 7; left > 0; left >>>= 7) digits.unshift(0x80 | (left & 0x7f))
    return digits
  })
  return element(6, Buffer.of(first * 40 + second, ...bytes))
}

export function bitString(content: Uint8Array, unusedBits = 0): Buffer {
  return element(3, Buffer.concat([Buffer.of(unusedBits), content]))
}

export function octetString(content: Uint8Array): Buffer {
  return element(4, content)
}

/** Big-endian, of a given width. */
export function bigintBytes(value: bigint, width: number): Buffer {
  return Buffer.from(value.toString(16).padStart(2 * width, '0'), 'hex')
}

export function bytesToBigint(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
}
