import type { DocumentPath } from './document-path.ts'
import { ExpressionError } from './expression-error.ts'
import { type Token, tokensOf } from './token.ts'

/** What placeholders of names stand for, as a request gives them. */
export type ExpressionNames = Readonly<Record<string, string>> | undefined

/** Reads an expression token by token. */
export class ExpressionReader {
  /** The parameter that holds the expression, for errors. */
  readonly where: string
  readonly #names: ExpressionNames
  readonly #tokens: readonly Token[]
  #next = 0

  constructor(expression: string, names: ExpressionNames, where: string) {
    this.where = where
    this.#names = names
    this.#tokens = tokensOf(expression, where)
  }

  /** The token that is to be read, or one after it. */
  peek(ahead = 0): Token {
    return this.#tokens[Math.min(this.#next + ahead, this.#tokens.length - 1)] as Token
  }

  take(): Token {
    const token = this.peek()
    if (token.kind !== 'end') this.#next += 1
    return token
  }

  /** Takes a symbol if it is the next token. */
  takes(symbol: string): boolean {
    const token = this.peek()
    if (token.kind !== 'symbol' || token.text !== symbol) return false
    this.take()
    return true
  }

  expect(symbol: string): void {
    if (!this.takes(symbol)) throw this.unexpected(`"${symbol}"`)
  }

  /** Reads a path: `name`, `#name`, `name.name`, `name[1]`. */
  path(): DocumentPath {
    const attribute = this.#name()
    const rest: (string | number)[] = []
    for (;;) {
      if (this.takes('.')) rest.push(this.#name())
      else if (this.takes('[')) {
        const index = this.take()
        if (index.kind !== 'number' || index.text.length > 9) throw this.unexpected('the index of a list', index)
        rest.push(Number(index.text))
        this.expect(']')
      } else return { attribute, rest }
    }
  }

  unexpected(wanted: string, token: Token = this.peek()): ExpressionError {
    const place = token.kind === 'end' ? 'it ends' : `character ${token.at + 1} is`
    return new ExpressionError(this.where, `${place} where ${wanted} is expected.`)
  }

  #name(): string {
    const token = this.take()
    if (token.kind === 'name') return token.text
    if (token.kind !== 'placeholder') throw this.unexpected('the name of an attribute', token)
    const name = this.#names !== undefined && Object.hasOwn(this.#names, token.text) ? this.#names[token.text] : undefined
    if (typeof name === 'string') return name
    throw new ExpressionError(this.where, `ExpressionAttributeNames does not say what ${token.text} is.`)
  }
}
