import { closeSync, fsyncSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs'

/** A rotation that was begun. */
export interface Rotation {
  readonly branchKeyId: string
  /** The version that was active before. */
  readonly from: string
  /** A message from before the rotation, in base64: what has to open afterwards. */
  readonly probe: string
  /** The version that is active since; absent while that is not known. */
  readonly to?: string
}

/** A file that remembers rotations across a kill, one line of JSON for each step. It holds ciphertext and ids, and no key. */
export class Journal implements Disposable {
  readonly #file: number
  readonly #rotations = new Map<string, Rotation>()

  constructor(path: string) {
    this.#file = openSync(path, 'a+', 0o600)
    const text = readFileSync(this.#file, 'utf8')
    // A line that was cut off by a kill was never relied upon.
    const whole = text.slice(0, text.lastIndexOf('\n') + 1)
    ftruncateSync(this.#file, Buffer.byteLength(whole))
    for (const line of whole.split('\n').filter(Boolean)) this.#add(JSON.parse(line) as Rotation)
  }

  /** Each branch key's last rotation, in the order in which they were begun. */
  get rotations(): readonly Rotation[] {
    return [...this.#rotations.values()]
  }

  /** Remembers a step, on the disk before it returns. */
  write(rotation: Rotation): void {
    writeSync(this.#file, `${JSON.stringify(rotation)}\n`)
    fsyncSync(this.#file)
    this.#add(rotation)
  }

  /** Forgets the rotations of a run that has ended well. */
  clear(): void {
    ftruncateSync(this.#file)
    this.#rotations.clear()
  }

  [Symbol.dispose](): void {
    closeSync(this.#file)
  }

  #add(rotation: Rotation): void {
    this.#rotations.set(rotation.branchKeyId, rotation)
  }
}
