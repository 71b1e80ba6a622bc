import { ExpressionError } from './expression-error.ts'

/** A piece of an expression: `name` is an attribute, a keyword or a function, `placeholder` begins with #, `value` with a colon. */
export interface Token {
  readonly kind: 'name' | 'placeholder' | 'value' | 'number' | 'symbol' | 'end'
  readonly text: string
  /** Where it begins, from 0. */
  readonly at: number
}

/** Most characters of an expression that DynamoDB takes. */
const MAX_LENGTH = 4096

const pattern =
  /\s*(?:(?<name>[A-Za-z_][A-Za-z0-9_]*)|(?<placeholder>#[A-Za-z0-9_]+)|(?<value>:[A-Za-z0-9_]+)|(?<number>[0-9]+)|(?<symbol><>|<=|>=|[=<>()[\].,+-]))/y

/** Cuts an expression into its tokens; the last one is the end. */
export function tokensOf(expression: string, where: string): readonly Token[] {
  if (expression.length > MAX_LENGTH) throw new ExpressionError(where, `an expression has ${MAX_LENGTH} characters at most.`)
  const tokens: Token[] = []
  const end = expression.trimEnd().length
  const scanner = new RegExp(pattern)
  while (scanner.lastIndex < end) {
    const from = scanner.lastIndex
    const match = scanner.exec(expression)
    const [kind, text] = Object.entries(match?.groups ?? {}).find(([, found]) => found !== undefined) ?? []
    if (kind === undefined || text === undefined) throw new ExpressionError(where, `character ${from + 1} begins nothing that is known.`)
    tokens.push({ kind: kind as Token['kind'], text, at: scanner.lastIndex - text.length })
  }
  return [...tokens, { kind: 'end', text: '', at: end }]
}
