import type { Difference } from './differences.ts'
import type { Implementation } from './implementations.ts'
import type { Cell, Tally } from './tally.ts'

/** An implementation that ran, and the versions that its lock file pins. */
export interface Participant extends Pick<Implementation, 'name' | 'title' | 'note'> {
  readonly versions: Readonly<Record<string, string>>
}

/** A report as Markdown. It holds nothing that changes from run to run. */
export function report(participants: readonly Participant[], tallies: readonly Tally[], differences: readonly Difference[]): string {
  const [ours, ...others] = participants
  const sections = [
    '# Interoperability',
    'Written by `npm run test:interop`; do not edit. Every implementation that has a format writes every message, item or object in it, and every one reads it. In a table the row wrote and the column read; a cell has how many of them came out as they must, and of how many, where that is not all. What is missing is explained below the table, and the lab asserts each explanation.',
    '## Implementations',
    table(
      ['implementation', 'versions'],
      participants.map(({ title, versions }) => [title, versionsText(versions)]),
    ),
    ...notesOf(participants),
    ...(ours === undefined || others.length === 0 ? [] : ['## Summary', summary(ours, others, tallies)]),
    ...tallies.flatMap((tally) => groupSection(participants, tally, differences)),
  ]
  return `${sections.join('\n\n')}\n`
}

/** The matrix of a group, and what explains its gaps. */
export function groupSection(participants: readonly Participant[], tally: Tally, differences: readonly Difference[]): readonly string[] {
  const { group, cell, pending } = tally
  const present = participants.filter(({ name }) => group.participants.includes(name))
  const rows = present.map((writer) => [writer.title, ...present.map((reader) => cellText(cell(writer.name, reader.name)))])
  const shown = differences.flatMap(({ name, what }) => {
    const count = tally.differences.get(name)
    return count === undefined ? [] : [`* ${count}: ${what} (\`${name}\`)`]
  })
  const notes = pending > 0 ? [`* ${pending}: Strongroom does not have this yet.`, ...shown] : shown
  return [
    `## ${group.title}`,
    group.about,
    table(['writes \\ reads', ...present.map(({ title }) => title)], rows),
    ...(notes.length > 0 ? [notes.join('\n')] : []),
  ]
}

function summary(ours: Participant, others: readonly Participant[], tallies: readonly Tally[]): string {
  const rows = tallies.map(({ group, cell }) => [
    group.title,
    ...others.map((other) =>
      group.participants.includes(other.name) ? `${cellText(cell(ours.name, other.name))}, ${cellText(cell(other.name, ours.name))}` : '',
    ),
  ])
  return `What each client reads of ours, and what we read of it.\n\n${table(['', ...others.map(({ title }) => title)], rows)}`
}

function notesOf(participants: readonly Participant[]): readonly string[] {
  const notes = participants.flatMap(({ title, note }) => (note === undefined ? [] : [`* ${title}: ${note}`]))
  return notes.length > 0 ? [notes.join('\n')] : []
}

function cellText({ passed, total }: Cell): string {
  if (passed === total) return String(total)
  return passed === 0 ? '-' : `${passed} of ${total}`
}

function versionsText(versions: Readonly<Record<string, string>>): string {
  const names = Object.keys(versions).sort()
  return names.length === 0 ? 'this repository' : names.map((name) => `${name} ${versions[name]}`).join(', ')
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}
