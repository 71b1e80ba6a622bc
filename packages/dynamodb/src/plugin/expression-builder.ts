import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import type { DocumentPath } from '../expressions/document-path.ts'
import { ExpressionError } from '../expressions/expression-error.ts'
import { type Token, tokensOf } from '../expressions/token.ts'
import type { Operand, UpdateAction } from '../expressions/update-expression.ts'
import type { Input } from './call.ts'

/** Writes an update with placeholders of its own, so that it goes together with a condition that has the caller's. */
export class ExpressionBuilder {
  readonly #names = new Map<string, string>()
  readonly #placeholders = new Map<string, string>()
  readonly #values = new Map<string, AttributeValue>()
  readonly #given: Readonly<Record<string, AttributeValue>>
  readonly #prefix: string
  readonly #clauses = { SET: [] as string[], REMOVE: [] as string[], ADD: [] as string[], DELETE: [] as string[] }

  /** `given` is the caller's request, whose placeholders stay apart. */
  constructor(given: Input) {
    this.#given = (given['ExpressionAttributeValues'] ?? {}) as Readonly<Record<string, AttributeValue>>
    this.#prefix = freePrefix(given)
  }

  /** The placeholder of an attribute's name. */
  name(attribute: string): string {
    const known = this.#placeholders.get(attribute)
    if (known !== undefined) return known
    const placeholder = `#${this.#prefix}${this.#placeholders.size}`
    this.#placeholders.set(attribute, placeholder)
    this.#names.set(placeholder, attribute)
    return placeholder
  }

  /** A placeholder of a value. */
  value(value: AttributeValue): string {
    const placeholder = `:${this.#prefix}${this.#values.size}`
    this.#values.set(placeholder, value)
    return placeholder
  }

  set(attribute: string, value: AttributeValue): void {
    this.#clauses.SET.push(`${this.name(attribute)}=${this.value(value)}`)
  }

  remove(attribute: string): void {
    this.#clauses.REMOVE.push(this.name(attribute))
  }

  /** Takes an action of the caller over as it is. */
  action(action: UpdateAction): void {
    const path = this.#path(action.path)
    if (action.clause === 'SET') this.#clauses.SET.push(`${path}=${this.#operand(action.operand)}`)
    else if (action.clause === 'REMOVE') this.#clauses.REMOVE.push(path)
    else this.#clauses[action.clause].push(`${path} ${this.#ofCaller(action.placeholder)}`)
  }

  /** The parameters of a request: the update, under the lock and under the condition of the caller. */
  parameters(lock: string, given: Input): Input {
    const condition = given['ConditionExpression']
    const own = typeof condition === 'string' ? tokensOf(condition, 'ConditionExpression') : []
    const clauses = Object.entries(this.#clauses).filter(([, actions]) => actions.length > 0)
    const values = { ...used(given['ExpressionAttributeValues'], own, 'value'), ...Object.fromEntries(this.#values) }
    return {
      UpdateExpression: clauses.map(([clause, actions]) => `${clause} ${actions.join(',')}`).join(' '),
      ConditionExpression: typeof condition === 'string' ? `(${lock}) AND (${condition})` : lock,
      ExpressionAttributeNames: { ...used(given['ExpressionAttributeNames'], own, 'placeholder'), ...Object.fromEntries(this.#names) },
      ...(Object.keys(values).length === 0 ? {} : { ExpressionAttributeValues: values }),
    }
  }

  #path({ attribute, rest }: DocumentPath): string {
    const parts = rest.map((part) => (typeof part === 'number' ? `[${part}]` : `.${this.name(part)}`))
    return `${this.name(attribute)}${parts.join('')}`
  }

  #operand(operand: Operand): string {
    switch (operand.kind) {
      case 'path':
        return this.#path(operand.path)
      case 'value':
        return this.#ofCaller(operand.placeholder)
      case 'if_not_exists':
        return `if_not_exists(${this.#path(operand.path)},${this.#operand(operand.otherwise)})`
      case 'list_append':
        return `list_append(${this.#operand(operand.first)},${this.#operand(operand.second)})`
      default:
        return `${this.#operand(operand.left)}${operand.kind}${this.#operand(operand.right)}`
    }
  }

  #ofCaller(placeholder: string): string {
    const value = Object.hasOwn(this.#given, placeholder) ? this.#given[placeholder] : undefined
    if (value !== undefined) return this.value(value)
    throw new ExpressionError('UpdateExpression', `ExpressionAttributeValues does not say what ${placeholder} is.`)
  }
}

/** What none of the caller's placeholders begins with. */
function freePrefix({ ExpressionAttributeNames: names, ExpressionAttributeValues: values }: Input): string {
  const taken = [...Object.keys(names ?? {}), ...Object.keys(values ?? {})]
  let prefix = 'sr'
  while (taken.some((placeholder) => placeholder.startsWith(prefix, 1))) prefix += '_'
  return prefix
}

/** The request under one more condition, which `lock` writes. The caller's own stays as it is. */
export function withLock(given: Input, lock: (name: (attribute: string) => string) => string): Input {
  const prefix = freePrefix(given)
  const names: Record<string, string> = {}
  const own = lock((attribute) => {
    const placeholder = `#${prefix}${Object.keys(names).length}`
    names[placeholder] = attribute
    return placeholder
  })
  const condition = given['ConditionExpression']
  return {
    ...given,
    ConditionExpression: typeof condition === 'string' ? `(${own}) AND (${condition})` : own,
    ExpressionAttributeNames: { ...(given['ExpressionAttributeNames'] as object | undefined), ...names },
  }
}

/** The placeholders that an expression has, of those that were given. */
function used(given: unknown, tokens: readonly Token[], kind: Token['kind']): Readonly<Record<string, unknown>> {
  const texts = new Set(tokens.filter((token) => token.kind === kind).map(({ text }) => text))
  return Object.fromEntries(Object.entries((given ?? {}) as Readonly<Record<string, unknown>>).filter(([name]) => texts.has(name)))
}
