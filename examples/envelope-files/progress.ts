/** Tells on standard error how far a file is: in place on a terminal, else line by line. */
export class Progress {
  readonly #what: string
  readonly #total: number
  readonly #step: number
  readonly #isTerminal = process.stderr.isTTY === true
  #done = 0
  #told = -1

  constructor(what: string, total: number) {
    this.#what = what
    this.#total = total
    this.#step = this.#isTerminal ? 1 : 25
  }

  /** More bytes are through. */
  add(bytes: number): void {
    this.#done += bytes
    const percent = Math.floor((100 * this.#done) / this.#total)
    const step = percent - (percent % this.#step)
    if (step === this.#told) return
    this.#told = step
    this.#write(`${this.#what}: ${step} %`)
  }

  /** Everything is through. */
  end(text: string): void {
    this.#write(text)
    if (this.#isTerminal) process.stderr.write('\n')
  }

  #write(text: string): void {
    process.stderr.write(this.#isTerminal ? `\r\x1b[2K${text}` : `${text}\n`)
  }
}
