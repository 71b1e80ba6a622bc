import type { HeaderMiddle, ParseLimits } from './header.ts'
import type { Reader } from './reader.ts'

const MAX_ENTRIES = 64
const MAX_BYTES = 2048

/**
 * Remembers the parsed context and encrypted data keys of the last headers, by their exact bytes. All messages under one cached data key share
 * them, and parsing them is a third of the work on a small message. Only the parsing is remembered: nothing in here was authenticated, and
 * whoever floods it with other headers makes it slower, not wrong.
 */
export class HeaderMemo {
  readonly #middles = new Map<string, HeaderMiddle>()

  /** The remembered middle at the reader's position, which then moves past it; undefined, the reader unmoved, where there is none. */
  recall(reader: Reader, limits: ParseLimits): HeaderMiddle | undefined {
    if (this.#middles.size === 0) return undefined
    const start = reader.position
    const end = middleEnd(reader.bytes, start, limits.maxEncryptedDataKeys)
    if (end === undefined) return undefined
    const middle = this.#middles.get(reader.bytes.toString('latin1', start, end))
    if (middle !== undefined) reader.position = end
    return middle
  }

  /** Remembers what was parsed between `start` and the reader's position. */
  remember(reader: Reader, start: number, middle: HeaderMiddle): void {
    if (reader.position - start > MAX_BYTES) return
    if (this.#middles.size >= MAX_ENTRIES) {
      const [oldest] = this.#middles.keys()
      if (oldest !== undefined) this.#middles.delete(oldest)
    }
    this.#middles.set(reader.bytes.toString('latin1', start, reader.position), middle)
  }
}

/** Where context and encrypted data keys end, by their lengths alone; undefined where that cannot be told or is beyond what is remembered. */
function middleEnd(bytes: Uint8Array, start: number, maxKeys: number): number | undefined {
  const limit = Math.min(bytes.length, start + MAX_BYTES)
  let at = start + 2 + u16(bytes, start)
  const count = u16(bytes, at)
  if (count > maxKeys) return undefined
  at += 2
  for (let field = 0; field < count * 3 && at < limit; field += 1) at += 2 + u16(bytes, at)
  return at <= limit ? at : undefined
}

function u16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
}
