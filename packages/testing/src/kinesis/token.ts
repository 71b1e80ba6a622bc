import { createCipheriv, createDecipheriv } from 'node:crypto'
import type { Environment } from '../endpoint/endpoint.ts'

const IV_LENGTH = 12
const TAG_LENGTH = 16

/** Opaque tokens (shard iterators, NextTokens) that carry their meaning sealed, so that nothing is kept for them and none can be made up. */
export class TokenSealer {
  readonly #environment: Environment
  readonly #key: Uint8Array

  constructor(environment: Environment) {
    this.#environment = environment
    this.#key = environment.randomBytes(32)
  }

  seal(kind: string, fields: readonly (string | number)[]): string {
    const iv = this.#environment.randomBytes(IV_LENGTH)
    const cipher = createCipheriv('aes-256-gcm', this.#key, iv)
    cipher.setAAD(Buffer.from(kind))
    const text = JSON.stringify([this.#environment.clock(), ...fields])
    return Buffer.concat([iv, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString('base64')
  }

  /** The fields and the age in milliseconds; `undefined` for what was not sealed here as that kind. */
  open(kind: string, token: string): { readonly ageMs: number; readonly fields: readonly (string | number)[] } | undefined {
    const bytes = Buffer.from(token, 'base64')
    if (bytes.length < IV_LENGTH + TAG_LENGTH || bytes.toString('base64') !== token) return undefined
    const decipher = createDecipheriv('aes-256-gcm', this.#key, bytes.subarray(0, IV_LENGTH), { authTagLength: TAG_LENGTH })
    decipher.setAAD(Buffer.from(kind))
    decipher.setAuthTag(bytes.subarray(-TAG_LENGTH))
    const text = decipher.update(bytes.subarray(IV_LENGTH, -TAG_LENGTH))
    try {
      decipher.final()
    } catch {
      return undefined
    }
    const [sealedAt, ...fields] = JSON.parse(text.toString()) as [number, ...(string | number)[]]
    return { ageMs: this.#environment.clock() - sealedAt, fields }
  }
}
