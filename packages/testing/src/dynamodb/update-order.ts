import type { JsonObject } from '../endpoint/input.ts'

const CLAUSE = /(?<![#:.\w])(SET|REMOVE|ADD|DELETE)(?!\w)/gi

/**
 * Puts the REMOVE clause of an UpdateExpression last, and what it removes from a list in descending order. DynamoDB removes the elements that
 * had their indexes when the update began; the engine goes from one to the next, and those behind move up.
 */
export function withOrderedRemovals(members: JsonObject): JsonObject {
  const { UpdateExpression } = members
  if (typeof UpdateExpression !== 'string') return members
  const [before = '', ...pieces] = UpdateExpression.split(CLAUSE)
  const clauses = pieces.flatMap((keyword, index) => (index % 2 === 0 ? [{ keyword, body: pieces[index + 1] ?? '' }] : []))
  const removals = clauses.filter(({ keyword }) => keyword.toUpperCase() === 'REMOVE')
  const [removal] = removals
  // What cannot be right is left as it is, for the engine to refuse.
  if (removal === undefined || removals.length > 1 || before.trim() !== '' || !removal.body.includes('[')) return members
  const paths = removal.body.split(',').map((path) => path.trim())
  const rest = clauses.filter((clause) => clause !== removal).map(({ keyword, body }) => `${keyword}${body}`)
  return { ...members, UpdateExpression: [...rest, `${removal.keyword} ${paths.sort(laterFirst).join(', ')}`].join(' ') }
}

function laterFirst(a: string, b: string): number {
  const [first, second] = [stepsOf(a), stepsOf(b)]
  const at = first.findIndex((step, index) => step !== second[index])
  const [one, other] = [first[at], second[at]]
  if (typeof one === 'number' && typeof other === 'number') return other - one
  return String(one) < String(other) ? -1 : 1
}

function stepsOf(path: string): readonly (string | number)[] {
  return [...path.matchAll(/\[(\d+)\]|[^.[\]]+/g)].map(([text, index]) => (index === undefined ? text : Number(index)))
}
