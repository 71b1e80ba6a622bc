import type { KeyringPair } from '../../cells.ts'
import { type Group, messageClients } from '../case.ts'
import { plainCase } from './plain-case.ts'

/** Contexts that not every client takes. */
export function contextsGroup(keyring: KeyringPair): Group {
  const pairs = (count: number, length: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`key-${index}`, 'v'.repeat(length)]))
  const edges: readonly Readonly<Record<string, string>>[] = [
    { key: '' },
    { '': 'value' },
    pairs(1, 20_000),
    pairs(2, 16_500),
    pairs(1, 40_000),
    pairs(50, 1),
  ]
  return {
    name: 'contexts',
    title: 'Contexts at the limits',
    about: 'An empty value, an empty key, one value of 20,000 bytes, two of 16,500, one of 40,000, and 50 pairs; suites 0478 and 0578.',
    participants: messageClients,
    cases: ['0478', '0578'].flatMap((suite) => edges.map((context) => plainCase({ keyring, suite, context, size: 20 }))),
  }
}
