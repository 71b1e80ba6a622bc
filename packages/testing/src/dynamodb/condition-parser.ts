/** A step of a document path: the name of an attribute or of a map's member, or the index of a list. */
export type Step = string | number

/** What a condition compares. */
export type Operand =
  | { readonly kind: 'path'; readonly steps: readonly Step[] }
  | { readonly kind: 'value'; readonly placeholder: string }
  | { readonly kind: 'size'; readonly of: Operand }

/** A condition expression, read. */
export type Condition =
  | { readonly kind: 'and' | 'or'; readonly left: Condition; readonly right: Condition }
  | { readonly kind: 'not'; readonly of: Condition }
  /** A comparator, `between`, `in`, or the name of a function. */
  | { readonly kind: 'test'; readonly name: string; readonly operands: readonly Operand[] }

/** A condition expression in the source form: `#name`s are resolved, `:value`s are not. */
export interface ParsedCondition {
  readonly condition: Condition
  /** Whether one pair of parentheses holds all of it. */
  readonly enclosed: boolean
}

const TOKEN = /\s*(<>|<=|>=|[=<>()[\],.]|[#:][A-Za-z0-9_]+|[A-Za-z_][A-Za-z0-9_]*|\d+)/y
const COMPARATORS = ['=', '<>', '<', '<=', '>', '>=']
const FUNCTIONS = ['attribute_exists', 'attribute_not_exists', 'attribute_type', 'begins_with', 'contains']

/** Reads a condition expression; undefined for what it cannot read: the engine then says what is wrong with it. */
export function parseCondition(expression: string, names: ReadonlyMap<string, string>): ParsedCondition | undefined {
  const tokens = tokenize(expression)
  return tokens && new ConditionParser(tokens, names).parse()
}

function tokenize(expression: string): readonly string[] | undefined {
  const tokens: string[] = []
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < expression.trimEnd().length) {
    const token = TOKEN.exec(expression)?.[1]
    if (token === undefined) return undefined
    tokens.push(token)
  }
  return tokens
}

class UnreadableError extends Error {}

class ConditionParser {
  readonly #tokens: readonly string[]
  readonly #names: ReadonlyMap<string, string>
  #at = 0
  /** Where the parentheses that began the expression were closed. */
  #firstClosedAt = -1

  constructor(tokens: readonly string[], names: ReadonlyMap<string, string>) {
    this.#tokens = tokens
    this.#names = names
  }

  parse(): ParsedCondition | undefined {
    try {
      const condition = this.#or()
      if (this.#at < this.#tokens.length) return undefined
      return { condition, enclosed: this.#firstClosedAt === this.#tokens.length }
    } catch (error) {
      if (error instanceof UnreadableError) return undefined
      throw error
    }
  }

  #or(): Condition {
    let left = this.#and()
    while (this.#takeWord('OR')) left = { kind: 'or', left, right: this.#and() }
    return left
  }

  #and(): Condition {
    let left = this.#not()
    while (this.#takeWord('AND')) left = { kind: 'and', left, right: this.#not() }
    return left
  }

  #not(): Condition {
    if (this.#takeWord('NOT')) return { kind: 'not', of: this.#not() }
    const start = this.#at
    if (this.#take('(')) {
      const condition = this.#or()
      this.#expect(')')
      if (start === 0) this.#firstClosedAt = this.#at
      return condition
    }
    const name = FUNCTIONS.find((each) => each === this.#peek())
    return name !== undefined && this.#peek(1) === '(' ? this.#function(name) : this.#comparison()
  }

  #function(name: string): Condition {
    this.#at += 2
    const operands = [this.#operand()]
    while (this.#take(',')) operands.push(this.#operand())
    this.#expect(')')
    return { kind: 'test', name, operands }
  }

  #comparison(): Condition {
    const first = this.#operand()
    if (this.#takeWord('BETWEEN')) {
      const low = this.#operand()
      if (!this.#takeWord('AND')) throw new UnreadableError()
      return { kind: 'test', name: 'between', operands: [first, low, this.#operand()] }
    }
    if (this.#takeWord('IN')) {
      this.#expect('(')
      const operands = [first, this.#operand()]
      while (this.#take(',')) operands.push(this.#operand())
      this.#expect(')')
      return { kind: 'test', name: 'in', operands }
    }
    const name = this.#next()
    if (!COMPARATORS.includes(name)) throw new UnreadableError()
    return { kind: 'test', name, operands: [first, this.#operand()] }
  }

  #operand(): Operand {
    const token = this.#next()
    if (token.startsWith(':')) return { kind: 'value', placeholder: token }
    if (token === 'size' && this.#take('(')) {
      const of = this.#operand()
      this.#expect(')')
      return { kind: 'size', of }
    }
    const steps: Step[] = [this.#name(token)]
    for (;;) {
      if (this.#take('.')) steps.push(this.#name(this.#next()))
      else if (this.#take('[')) {
        steps.push(Number(this.#next()))
        this.#expect(']')
      } else return { kind: 'path', steps }
    }
  }

  #name(token: string): string {
    if (/^[A-Za-z_]/.test(token)) return token
    const name = this.#names.get(token)
    if (name === undefined) throw new UnreadableError()
    return name
  }

  #peek(ahead = 0): string | undefined {
    return this.#tokens[this.#at + ahead]
  }

  #next(): string {
    const token = this.#tokens[this.#at]
    if (token === undefined) throw new UnreadableError()
    this.#at += 1
    return token
  }

  #take(token: string): boolean {
    if (this.#peek() !== token) return false
    this.#at += 1
    return true
  }

  #takeWord(word: string): boolean {
    if (this.#peek()?.toUpperCase() !== word) return false
    this.#at += 1
    return true
  }

  #expect(token: string): void {
    if (!this.#take(token)) throw new UnreadableError()
  }
}
