/** Prints the demo's story and keeps count of what was claimed and what was seen. */
export class Report {
  #steps = 0
  #failures = 0

  step(title: string): void {
    this.#steps += 1
    console.log(`\n${this.#steps}. ${title}`)
  }

  say(line: string): void {
    console.log(`   ${line}`)
  }

  /** Prints a claim, and whether it is so. */
  claim(what: string, holds: boolean): void {
    if (!holds) this.#failures += 1
    console.log(`   ${holds ? 'ok    ' : 'NOT SO'}  ${what}`)
  }

  get failures(): number {
    return this.#failures
  }
}

/** The first bytes of something, in hex and as text. */
export function hexdump(bytes: Uint8Array, lines: number): readonly string[] {
  return Array.from({ length: Math.min(lines, Math.ceil(bytes.length / 16)) }, (_, line) => {
    const row = [...bytes.subarray(line * 16, line * 16 + 16)]
    const hex = row.map((byte) => byte.toString(16).padStart(2, '0')).join(' ')
    const text = row.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('')
    return `${(line * 16).toString(16).padStart(4, '0')}  ${hex.padEnd(47)}  ${text}`
  })
}
