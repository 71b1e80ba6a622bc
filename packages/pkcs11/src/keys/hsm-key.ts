import type { CallOptions } from '@strongroom/core'
import { SharedCall } from '@strongroom/core/keyring-tools'
import { CKA } from '../constants.ts'
import { HsmError, type HsmReason } from '../errors.ts'
import type { Template } from '../native/template.ts'
import type { TokenCore } from '../token/token-core.ts'

/** What a kind of key is found by, and what it must and must not be allowed to do. */
export interface KeyKind {
  /** For errors. */
  readonly what: string
  /** Class and type. */
  readonly template: Template
  /** Attributes that have to be set, or must not be; what a module does not tell is left to it. */
  readonly needs: readonly (readonly [type: number, name: string, value: boolean])[]
  /** Further attributes to read. */
  readonly reads?: readonly number[]
}

interface Found {
  readonly handle: bigint
  readonly generation: number
  readonly attributes: ReadonlyMap<number, Uint8Array>
}

/** One key in a token, by its name. Its handle is looked up when it is needed, and again when it went stale. */
export class HsmKey {
  readonly core: TokenCore
  readonly name: string
  readonly #kind: KeyKind
  readonly #id: Uint8Array | undefined
  #found: Found | undefined
  #finding: SharedCall<Found> | undefined

  constructor(core: TokenCore, name: string, kind: KeyKind, id: Uint8Array | undefined) {
    this.core = core
    this.name = name
    this.#kind = kind
    this.#id = id
  }

  /** The handle, where it is known and good. */
  get handle(): bigint | undefined {
    return this.#found?.generation === this.core.generation ? this.#found.handle : undefined
  }

  /** Looks the key up unless its handle is known. One search serves all that ask meanwhile. */
  async find(options: CallOptions = {}): Promise<Found> {
    for (;;) {
      const known = this.#found
      if (known !== undefined && known.generation === this.core.generation) return known
      if (this.#finding === undefined || this.#finding.abandoned) {
        const finding = new SharedCall<Found>((signal) => this.#search({ signal }))
        this.#finding = finding
        finding.result
          .then((found) => {
            this.#found = found
          })
          .catch(() => undefined)
          .finally(() => {
            if (this.#finding === finding) this.#finding = undefined
          })
      }
      const found = await this.#finding.wait(options.signal)
      // A login meanwhile made it stale: then it is looked for again.
      if (found.generation === this.core.generation) return found
    }
  }

  /** The handle went stale. */
  forget(): void {
    this.#found = undefined
  }

  async #search(options: CallOptions): Promise<Found> {
    await this.core.info(options, true)
    const { generation } = this.core
    const id: Template = this.#id === undefined ? [] : [[CKA.ID, this.#id]]
    const handles = await this.core.find([...this.#kind.template, [CKA.LABEL, this.name], ...id], options, 2, true)
    const [handle] = handles
    if (handle === undefined) {
      const remedy = 'create it, replicate it to this HSM, or share it with this user'
      throw this.#unfit('KEY_NOT_FOUND', `has no ${this.#kind.what} ${this.name} that this user sees; ${remedy}`)
    }
    if (handles.length > 1)
      throw this.#unfit('KEY_AMBIGUOUS', `has several ${this.#kind.what}s ${this.name}; delete or relabel all but one`)
    const types = [...this.#kind.needs.map(([type]) => type), ...(this.#kind.reads ?? [])]
    const attributes = await this.core.read(handle, types, options, true)
    for (const [type, name, value] of this.#kind.needs) {
      const is = attributes.get(type)
      if (is === undefined || (is[0] !== 0) === value) continue
      throw this.#unfit('KEY_UNFIT', `has a ${this.#kind.what} ${this.name} with ${name} ${!value}, which must be ${value}`)
    }
    return { handle, generation, attributes }
  }

  #unfit(reason: HsmReason, what: string): HsmError {
    const { library, label } = this.core
    return new HsmError('KEY_OPERATIONAL', reason, `The token ${label} ${what}.`, { library, token: label, keyName: this.name })
  }
}
