import { inspect } from 'node:util'

/** The forms in which bytes show up in a text: as they are, base64 at each of its three alignments, hex, and lists of numbers. */
function forms(marker: Uint8Array): readonly string[] {
  const bytes = Buffer.from(marker)
  const numbers = [...bytes]
  const aligned = [0, 1, 2].map((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .replace(/=+$/, '')
    // The characters at both ends also hold bits of the neighbours.
    return text.slice(shift === 0 ? 0 : shift + 1, -2)
  })
  const hex = numbers.map((byte) => byte.toString(16).padStart(2, '0'))
  return [
    bytes.toString('latin1'),
    ...aligned,
    hex.join(''),
    hex.join(' '),
    numbers.join(','),
    numbers.join(', '),
    numbers.map((byte, at) => `"${at}":${byte}`).join(','),
  ]
}

/** The forms of a marker that a value shows when it is logged, printed or serialised, or that bytes contain. */
export function leaks(value: unknown, marker: Uint8Array): readonly string[] {
  const texts = value instanceof Uint8Array ? [Buffer.from(value).toString('latin1')] : [...prints(value)]
  const flat = texts.map((text) => text.replace(/\n\s*/g, ' '))
  return forms(marker).filter((form) => [...texts, ...flat].some((text) => text.includes(form)))
}

function* prints(value: unknown): Generator<string> {
  yield String(value)
  yield JSON.stringify(value) ?? ''
  yield inspect(value, { depth: Infinity, maxArrayLength: Infinity, maxStringLength: Infinity, showHidden: true, breakLength: Infinity })
  if (value instanceof Error) yield `${value.stack}`
}
