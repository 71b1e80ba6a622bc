import type { Group } from './case.ts'
import type { ImplementationName } from './implementations.ts'
import type { Outcome } from './run-group.ts'

/** What one implementation wrote and one read, counted. */
export interface Cell {
  readonly passed: number
  readonly total: number
}

/** The outcomes of a group, counted. */
export interface Tally {
  readonly group: Group
  readonly cell: (writer: ImplementationName, reader: ImplementationName) => Cell
  /** How often every difference showed. */
  readonly differences: ReadonlyMap<string, number>
  readonly passed: number
  readonly pending: number
  readonly failures: readonly Outcome[]
}

/** Counts the outcomes of a group. */
export function tally(group: Group, outcomes: readonly Outcome[]): Tally {
  const differences = new Map<string, number>()
  const cells = new Map<string, { passed: number; total: number }>()
  for (const { writer, reader, verdict } of outcomes) {
    const name = `${writer} ${reader}`
    const cell = cells.get(name) ?? { passed: 0, total: 0 }
    cells.set(name, { passed: cell.passed + (verdict.kind === 'passed' ? 1 : 0), total: cell.total + 1 })
    if (verdict.kind === 'different') differences.set(verdict.difference, (differences.get(verdict.difference) ?? 0) + 1)
  }
  const count = (kind: string) => outcomes.filter(({ verdict }) => verdict.kind === kind).length
  return {
    group,
    cell: (writer, reader) => cells.get(`${writer} ${reader}`) ?? { passed: 0, total: 0 },
    differences,
    passed: count('passed'),
    pending: count('pending'),
    failures: outcomes.filter(({ verdict }) => verdict.kind === 'failed'),
  }
}
