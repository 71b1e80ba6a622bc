import { randomBytes, randomUUID } from 'node:crypto'
import type { EmbeddedKms } from '@strongroom/testing'
import type { KeyringPair } from '../../cells.ts'
import { type Case, cycle, type Group } from '../case.ts'
import type { Exchange } from '../exchanges/exchange.ts'
import { items } from '../exchanges/items.ts'
import { type ItemShape, itemConfig, itemShapes } from './item-shapes.ts'

const suites = ['6700', '6701'] as const

/** Items in every keyring, suite and version. */
export function itemsGroup(keyrings: readonly KeyringPair[], kms: EmbeddedKms): Group {
  const nextShape = cycle(itemShapes)
  const cases = [...keyrings.filter(({ name }) => !name.includes('PKCS1')), ...branchKeyrings(), kmsKeyring(kms)].flatMap((keyring) =>
    suites.flatMap((suite) => [nextShape(), nextShape()].map((shape) => itemCase(keyring, suite, shape))),
  )
  const aes = keyrings[2] as KeyringPair
  return {
    name: 'items',
    title: 'DynamoDB items',
    about:
      'Items of the Database Encryption SDK under every keyring, with both suites, and in shapes that between them have all ten types, sort keys, attributes in the encryption context (format version 2), unsigned ones, empty values, deep nesting, numbers at the limits, and names and values beyond ASCII. What is read is compared as a whole.',
    participants: ['strongroom', 'java'],
    cases: [...cases, ...suites.flatMap((suite) => itemShapes.map((shape) => itemCase(aes, suite, shape)))],
  }
}

/** Items that go through the clients into a table. */
export function tablesGroup(keyring: KeyringPair, tables: Exchange): Group {
  const shapes = itemShapes.filter(({ sortKey, name }) => sortKey === undefined && name !== 'many attributes')
  return {
    name: 'tables',
    title: 'DynamoDB tables',
    about:
      'Items that are put and got by the clients themselves, on an embedded endpoint: what a table makes of them changes nothing. Both suites, every shape that has no sort key.',
    participants: ['strongroom', 'java'],
    cases: suites.flatMap((suite) => shapes.map((shape) => ({ ...itemCase(keyring, suite, shape), exchange: tables }))),
  }
}

export function itemCase(keyring: KeyringPair, suite: string, shape: ItemShape): Case {
  const config = itemConfig(shape, suite)
  return {
    name: `${shape.name}, ${keyring.name}, suite ${suite}`,
    exchange: items,
    plaintext: Buffer.from(JSON.stringify(shape.item)),
    context: {},
    write: { suite, config: { ...config, keyring: keyring.write } },
    reads: [{ name: 'read', request: { config: { ...config, keyring: keyring.read } }, outcome: 'opens' }],
  }
}

function branchKeyrings(): readonly KeyringPair[] {
  const [first, second] = [randomUUID(), randomUUID()].map((version) => ({
    branchKeyId: 'tenant \u{1f511}',
    version,
    branchKey: randomBytes(32),
  }))
  const keyring = (...keys: readonly object[]) => ({
    type: 'hierarchical',
    branchKeyId: 'tenant \u{1f511}',
    ttlMs: 60_000,
    keyStore: { static: keys.map((key, index) => ({ ...key, active: index === 0 })) },
  })
  const write = keyring(first as object)
  return [
    { name: 'hierarchical', write, read: write },
    { name: 'hierarchical, rotated since', write, read: keyring(second as object, first as object) },
  ]
}

function kmsKeyring(kms: EmbeddedKms): KeyringPair {
  const keyring = { type: 'kms', keyId: kms.createKey(), endpoint: kms.endpoint }
  return { name: 'KMS', write: keyring, read: keyring }
}
