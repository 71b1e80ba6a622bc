/** Bytes in the pieces in which they arrived; slicing and joining copy nothing. */
export class Content {
  static readonly EMPTY: Content = new Content([])

  readonly chunks: readonly Uint8Array[]
  readonly size: number

  constructor(chunks: readonly Uint8Array[]) {
    this.chunks = chunks
    this.size = chunks.reduce((sum, { length }) => sum + length, 0)
  }

  static join(contents: readonly Content[]): Content {
    return new Content(contents.flatMap(({ chunks }) => chunks))
  }

  /** The bytes from `start` up to, not including, `end`. */
  slice(start: number, end: number): Content {
    const chunks: Uint8Array[] = []
    let at = 0
    for (const chunk of this.chunks) {
      const from = Math.max(start - at, 0)
      const to = Math.min(end - at, chunk.length)
      if (from < to) chunks.push(chunk.subarray(from, to))
      at += chunk.length
      if (at >= end) break
    }
    return new Content(chunks)
  }

  /** A copy in one piece. */
  bytes(): Uint8Array {
    return Uint8Array.from(Buffer.concat(this.chunks))
  }

  text(): string {
    return Buffer.concat(this.chunks).toString()
  }
}
