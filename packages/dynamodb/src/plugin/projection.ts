import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { attributeUses } from '../expressions/attribute-uses.ts'
import type { DocumentPath } from '../expressions/document-path.ts'
import type { ExpressionNames } from '../expressions/expression-reader.ts'
import type { Item } from '../item-encryptor.ts'

/** What of an item is asked for. */
export type Projection = (item: Item) => Record<string, AttributeValue>

/** Makes the projection of an expression; the whole item where there is none. */
export function projectionOf(expression: string | undefined, names: ExpressionNames): Projection {
  if (expression === undefined) return (item) => ({ ...item })
  const paths = attributeUses(expression, names, 'ProjectionExpression').map(({ path }) => path)
  return projectPaths(paths)
}

/** Makes the projection of paths. What an item does not have is left out; elements of a list stand one after the other. */
export function projectPaths(paths: readonly DocumentPath[]): Projection {
  const tree = treeOf(paths.map(({ attribute, rest }) => [attribute, ...rest]))
  return (item) => Object.fromEntries(entriesOf(item, tree))
}

/** Names below a place; no names below it: all of it. */
type Tree = ReadonlyMap<string | number, Tree>

function treeOf(paths: readonly (readonly (string | number)[])[]): Tree {
  if (paths.some((path) => path.length === 0)) return new Map()
  const below = new Map<string | number, (readonly (string | number)[])[]>()
  for (const [part = '', ...rest] of paths) below.set(part, [...(below.get(part) ?? []), rest])
  return new Map([...below].map(([part, rests]) => [part, treeOf(rests)]))
}

function entriesOf(map: Item, tree: Tree): [string, AttributeValue][] {
  return [...tree].flatMap(([name, below]): [string, AttributeValue][] => {
    const value = typeof name === 'string' && Object.hasOwn(map, name) ? map[name] : undefined
    const part = value === undefined ? undefined : partOf(value, below)
    return part === undefined ? [] : [[name as string, part]]
  })
}

function partOf(value: AttributeValue, tree: Tree): AttributeValue | undefined {
  if (tree.size === 0) return value
  if (value.M !== undefined) {
    const entries = entriesOf(value.M, tree)
    return entries.length === 0 ? undefined : { M: Object.fromEntries(entries) }
  }
  if (value.L === undefined) return undefined
  const list = value.L
  const indexes = [...tree.keys()].filter((part) => typeof part === 'number').sort((a, b) => a - b)
  const elements = indexes.flatMap((index) => {
    const element = list[index]
    const part = element === undefined ? undefined : partOf(element, tree.get(index) ?? new Map())
    return part === undefined ? [] : [part]
  })
  return elements.length === 0 ? undefined : { L: elements }
}
