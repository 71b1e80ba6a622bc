import { describe, expect, it } from 'vitest'
import type { Difference } from './differences.ts'
import { report } from './report.ts'
import type { Outcome } from './run-group.ts'
import { tally } from './tally.ts'

const participants = [
  { name: 'strongroom', title: 'Strongroom', versions: {} },
  { name: 'go', title: 'Go', versions: { b: '2', a: '1' } },
] as const
const group = { name: 'g', title: 'A group', about: 'What it varies.', participants: ['strongroom', 'go'], cases: [] } as const
const difference: Difference = { name: 'go-x', who: 'go', side: 'write', what: 'Go does not.', shows: /x/, applies: () => true }
const outcome = (writer: Outcome['writer'], reader: Outcome['reader'], verdict: Outcome['verdict']): Outcome => ({
  writer,
  reader,
  name: '',
  verdict,
})
const outcomes = [
  outcome('strongroom', 'strongroom', { kind: 'passed' }),
  outcome('strongroom', 'strongroom', { kind: 'passed' }),
  outcome('strongroom', 'go', { kind: 'passed' }),
  outcome('strongroom', 'go', { kind: 'pending' }),
  outcome('go', 'strongroom', { kind: 'different', difference: 'go-x' }),
  outcome('go', 'go', { kind: 'failed', why: 'x' }),
]

describe('the report', () => {
  const text = report(participants, [tally(group, outcomes)], [difference])

  it('has a row for every writer and a column for every reader', () => {
    expect(text).toContain(
      ['| writes \\ reads | Strongroom | Go |', '| --- | --- | --- |', '| Strongroom | 2 | 1 of 2 |', '| Go | - | - |'].join('\n'),
    )
  })

  it('explains what is missing', () => {
    expect(text).toContain('* 1: Strongroom does not have this yet.\n* 1: Go does not. (`go-x`)')
  })

  it('sums up both ways between ours and each client, and pins versions', () => {
    expect(text).toContain('| A group | 1 of 2, - |')
    expect(text).toContain('| Strongroom | this repository |\n| Go | a 1, b 2 |')
  })
})

describe('the tally', () => {
  it('counts', () => {
    const { passed, pending, failures, differences } = tally(group, outcomes)
    expect([passed, pending, failures.length, [...differences]]).toEqual([3, 1, 1, [['go-x', 1]]])
  })
})
