import { type DocumentPath, overlap } from './document-path.ts'
import { ExpressionError } from './expression-error.ts'
import { type ExpressionNames, ExpressionReader } from './expression-reader.ts'

/** What a SET clause computes. */
export type Operand =
  | { readonly kind: 'path'; readonly path: DocumentPath }
  | { readonly kind: 'value'; readonly placeholder: string }
  | { readonly kind: 'if_not_exists'; readonly path: DocumentPath; readonly otherwise: Operand }
  | { readonly kind: 'list_append'; readonly first: Operand; readonly second: Operand }
  | { readonly kind: '+' | '-'; readonly left: Operand; readonly right: Operand }

/** One change of an item. */
export type UpdateAction =
  | { readonly clause: 'SET'; readonly path: DocumentPath; readonly operand: Operand }
  | { readonly clause: 'REMOVE'; readonly path: DocumentPath }
  | { readonly clause: 'ADD' | 'DELETE'; readonly path: DocumentPath; readonly placeholder: string }

const clauses = ['SET', 'REMOVE', 'ADD', 'DELETE'] as const
type Clause = (typeof clauses)[number]

/** Calls within calls. DynamoDB allows fewer. */
const MAX_DEPTH = 32

/**
 * Parses an update expression. Source: Amazon DynamoDB Developer Guide, "Using update expressions".
 *
 * @throws `EXPRESSION_INVALID`: it does not follow the grammar, a clause comes twice, two paths overlap
 */
export function parseUpdateExpression(expression: string, names: ExpressionNames): readonly UpdateAction[] {
  const reader = new ExpressionReader(expression, names, 'UpdateExpression')
  const seen = new Set<Clause>()
  const actions: UpdateAction[] = []
  while (reader.peek().kind !== 'end') {
    const token = reader.take()
    const clause = clauses.find((name) => token.kind === 'name' && name === token.text.toUpperCase())
    if (clause === undefined) throw reader.unexpected('SET, REMOVE, ADD or DELETE', token)
    if (seen.has(clause)) throw new ExpressionError(reader.where, `it has two ${clause} clauses.`)
    seen.add(clause)
    do actions.push(readAction(reader, clause))
    while (reader.takes(','))
  }
  if (actions.length === 0) throw new ExpressionError(reader.where, 'it is empty.')
  refuseOverlaps(actions)
  return actions
}

/** The paths that an action takes its value from, its own apart. */
export function pathsRead(action: UpdateAction): readonly DocumentPath[] {
  return action.clause === 'SET' ? pathsOf(action.operand) : []
}

function pathsOf(operand: Operand): readonly DocumentPath[] {
  switch (operand.kind) {
    case 'path':
      return [operand.path]
    case 'value':
      return []
    case 'if_not_exists':
      return [operand.path, ...pathsOf(operand.otherwise)]
    case 'list_append':
      return [...pathsOf(operand.first), ...pathsOf(operand.second)]
    default:
      return [...pathsOf(operand.left), ...pathsOf(operand.right)]
  }
}

function readAction(reader: ExpressionReader, clause: Clause): UpdateAction {
  const path = reader.path()
  switch (clause) {
    case 'SET':
      reader.expect('=')
      return { clause, path, operand: readSum(reader, 0) }
    case 'REMOVE':
      return { clause, path }
    default: {
      const token = reader.take()
      if (token.kind !== 'value') throw reader.unexpected('the placeholder of a value', token)
      return { clause, path, placeholder: token.text }
    }
  }
}

function readSum(reader: ExpressionReader, depth: number): Operand {
  const left = readOperand(reader, depth)
  for (const kind of ['+', '-'] as const) if (reader.takes(kind)) return { kind, left, right: readOperand(reader, depth) }
  return left
}

function readOperand(reader: ExpressionReader, depth: number): Operand {
  if (depth > MAX_DEPTH) throw new ExpressionError(reader.where, `it is nested more than ${MAX_DEPTH} times.`)
  const token = reader.peek()
  if (token.kind === 'value') return { kind: 'value', placeholder: reader.take().text }
  if (reader.takes('(')) {
    const inner = readSum(reader, depth + 1)
    reader.expect(')')
    return inner
  }
  const opens = reader.peek(1)
  if (token.kind !== 'name' || opens.kind !== 'symbol' || opens.text !== '(') return { kind: 'path', path: reader.path() }
  reader.take()
  reader.take()
  return readCall(reader, token.text, depth)
}

function readCall(reader: ExpressionReader, name: string, depth: number): Operand {
  if (name === 'if_not_exists') {
    const path = reader.path()
    reader.expect(',')
    const otherwise = readOperand(reader, depth + 1)
    reader.expect(')')
    return { kind: 'if_not_exists', path, otherwise }
  }
  if (name === 'list_append') {
    const first = readOperand(reader, depth + 1)
    reader.expect(',')
    const second = readOperand(reader, depth + 1)
    reader.expect(')')
    return { kind: 'list_append', first, second }
  }
  throw new ExpressionError(reader.where, `${name} is no function of an update expression.`)
}

function refuseOverlaps(actions: readonly UpdateAction[]): void {
  for (const [index, { path }] of actions.entries()) {
    if (actions.slice(index + 1).some((other) => overlap(path, other.path)))
      throw new ExpressionError('UpdateExpression', `two of its paths overlap, in the attribute ${JSON.stringify(path.attribute)}.`)
  }
}
