import type { DocumentPath } from './document-path.ts'
import { type ExpressionNames, ExpressionReader } from './expression-reader.ts'

/** One mention of an attribute in a condition, a filter, a key condition or a projection. */
export interface AttributeUse {
  readonly path: DocumentPath
  /** Whether it only asks if a top-level attribute is there, which holds of an encrypted one as well. */
  readonly existence: boolean
}

const keywords = new Set(['AND', 'OR', 'NOT', 'BETWEEN', 'IN'])
const existence = new Set(['attribute_exists', 'attribute_not_exists'])

/**
 * Finds every attribute that an expression mentions. It does not hold the expression to its grammar, which DynamoDB does: whatever is no keyword
 * and no function is taken for an attribute, so that none is missed.
 */
export function attributeUses(expression: string, names: ExpressionNames, where: string): readonly AttributeUse[] {
  const reader = new ExpressionReader(expression, names, where)
  const uses: AttributeUse[] = []
  let asksExistence = false
  for (let token = reader.peek(); token.kind !== 'end'; token = reader.peek()) {
    const opens = reader.peek(1)
    const isFunction = token.kind === 'name' && opens.kind === 'symbol' && opens.text === '('
    if (isFunction && !keywords.has(token.text.toUpperCase())) {
      asksExistence = existence.has(token.text)
      reader.take()
      reader.take()
      continue
    }
    if (token.kind === 'placeholder' || (token.kind === 'name' && !keywords.has(token.text.toUpperCase()))) {
      const path = reader.path()
      uses.push({ path, existence: asksExistence && path.rest.length === 0 })
    } else reader.take()
    asksExistence = false
  }
  return uses
}
