import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { resolve } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { encodeBytes, type Fields } from './protocol.ts'

/** An answer of a driver, unread. */
export type Answer = Fields & { readonly ok: boolean; readonly error?: string }

/** How to start a driver, from the root of the repository. */
export interface DriverCommand {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>
}

const root = resolve(import.meta.dirname, '../..')
const source = '--conditions=@strongroom/source'

/** Our driver. */
export const strongroomDriver: DriverCommand = { name: 'strongroom', command: process.execPath, args: [source, 'test/interop/driver.ts'] }

/** The driver of the official JavaScript client. */
export const javascriptDriver: DriverCommand = {
  name: 'javascript',
  command: process.execPath,
  args: [source, 'test/interop/drivers/javascript/driver.ts'],
}

/** The same with the client's default, locale-aware order of the context that its raw AES keyring authenticates. */
export const localeSortingJavascriptDriver: DriverCommand = {
  ...javascriptDriver,
  name: 'javascript, locale sorting',
  args: [...javascriptDriver.args, '--locale-sorting'],
  env: { LC_ALL: 'en_US.UTF-8' },
}

/** A running driver. Requests may be sent without waiting: answers come in order. */
export class DriverProcess implements AsyncDisposable {
  readonly name: string
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>
  readonly #waiting: { readonly resolve: (answer: Answer) => void; readonly reject: (error: Error) => void }[] = []
  readonly #ended: Promise<void>
  #errors = ''
  #end: string | undefined

  constructor({ name, command, args, env }: DriverCommand) {
    this.name = name
    this.#child = spawn(command, [...args], { cwd: root, env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] })
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#errors = (this.#errors + text).slice(-4096)
    })
    this.#child.stdin.on('error', () => {})
    let parts: string[] = []
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const [first = '', ...more] = text.split('\n')
      parts.push(first)
      for (const next of more) {
        this.#receive(parts.join(''))
        parts = [next]
      }
    })
    this.#ended = new Promise((resolve) => {
      const end = (why: string) => {
        this.#end = why
        for (const { reject } of this.#waiting.splice(0)) reject(new Error(`The driver ${name} ended (${why}). ${this.#errors}`))
        resolve()
      }
      this.#child.on('error', (error) => end(error.message))
      this.#child.on('close', (status, signal) => end(String(signal ?? status)))
    })
  }

  /** Sends a request and answers the driver's answer; byte arrays are sent as base64. */
  ask(request: Fields): Promise<Answer> {
    return this.askLine(JSON.stringify(encodeBytes(request)))
  }

  /** Sends a line as it is. */
  askLine(line: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.#end !== undefined) return reject(new Error(`The driver ${this.name} ended (${this.#end}). ${this.#errors}`))
      this.#waiting.push({ resolve, reject })
      this.#child.stdin.write(`${line}\n`)
    })
  }

  /** Ends the driver by the end of its input, as its protocol says. */
  async close(): Promise<void> {
    this.#child.stdin.end()
    await this.#ended
  }

  /** Ends a driver that does not answer; what it was asked fails. */
  kill(): void {
    this.#child.kill('SIGKILL')
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #receive(line: string): void {
    const waiting = this.#waiting.shift()
    if (waiting === undefined) {
      this.#errors += `\nunasked: ${line}`
      return
    }
    try {
      waiting.resolve(JSON.parse(line) as Answer)
    } catch {
      waiting.reject(new Error(`The driver ${this.name} answered no JSON: ${line.slice(0, 200)}`))
    }
  }
}

/** Bytes of an answer's field. */
export function answered(answer: Answer, field: string): Buffer {
  if (answer.ok !== true) throw new Error(answer.error)
  return Buffer.from(answer[field] as string, 'base64')
}
