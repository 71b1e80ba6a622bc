import { createHash, randomUUID } from 'node:crypto'
import { BroadcastChannel } from 'node:worker_threads'

interface Notice {
  readonly from: string
  readonly says: 'hello' | 'here' | 'bye'
}

/**
 * Tells which other threads of this process use the same PKCS#11 library. Its state belongs to the process: who finalises it while another thread
 * is inside a call of it brings the process down. A thread that died without a word counts as present, which is the harmless mistake.
 */
export class ThreadPresence {
  readonly #id = randomUUID()
  readonly #others = new Set<string>()
  readonly #channel: BroadcastChannel

  constructor(library: string) {
    this.#channel = new BroadcastChannel(`strongroom:pkcs11:${createHash('sha256').update(library).digest('base64url')}`)
    this.#channel.onmessage = ((event: { readonly data: Notice }) => this.#hear(event.data)) as (message: unknown) => void
    this.#channel.unref()
    this.#say('hello')
  }

  /** Whether no other thread is known. */
  get isAlone(): boolean {
    return this.#others.size === 0
  }

  /** Says goodbye. */
  close(): void {
    this.#say('bye')
    this.#channel.close()
  }

  #say(says: Notice['says']): void {
    this.#channel.postMessage({ from: this.#id, says } satisfies Notice)
  }

  #hear({ from, says }: Notice): void {
    if (says === 'bye') this.#others.delete(from)
    else this.#others.add(from)
    if (says === 'hello') this.#say('here')
  }
}
