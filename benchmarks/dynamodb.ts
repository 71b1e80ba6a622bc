/**
 * DynamoDB items: 1 KB, five encrypted attributes, under a branch key that is at hand; as a share of the speed of the bare primitives, and against
 * the official Java client where `--java` says so (`npm run bench -- --only=item --java`).
 */
import { randomBytes, randomUUID } from 'node:crypto'
import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { createItemEncryptor, type Item, type TableConfig } from '@strongroom/dynamodb'
import { hierarchicalKeyring, staticKeyStore } from '@strongroom/kms'
import { itemFloor } from './floor.ts'
import type { Timing } from './hierarchy.ts'

const TARGET = 0.7
const text = (length: number): AttributeValue => ({ S: randomBytes(length).toString('base64').slice(0, length) })

/** About 1,000 bytes, names included. */
const item: Item = {
  id: { S: 'order#00000001' },
  at: { S: '2026-11-25T12:00:00Z' },
  state: { S: 'open' },
  name: text(60),
  email: text(60),
  address: { M: { street: text(60), city: text(40), zip: text(10), country: text(20) } },
  lines: {
    L: [{ M: { sku: text(20), count: { N: '2' }, price: { N: '19.99' } } }, { M: { sku: text(20), count: { N: '1' }, price: { N: '5' } } }],
  },
  note: text(300),
}
const branchKey = { branchKeyId: randomUUID(), version: randomUUID(), branchKey: randomBytes(32) }
const encrypted = ['name', 'email', 'address', 'lines', 'note'] as const

function tableOf(suite: '6700' | '6701'): TableConfig {
  return {
    logicalTableName: 'orders',
    partitionKey: 'id',
    sortKey: 'at',
    actions: { state: 'sign', ...Object.fromEntries(encrypted.map((name) => [name, 'encrypt'])) },
    suite,
  }
}

/** Encrypting and decrypting an item in both suites. */
export async function dynamodb({ only, rounds, batchOf, median, middle }: Timing): Promise<void> {
  const keyring = hierarchicalKeyring({ keyStore: staticKeyStore([branchKey]), branchKeyId: branchKey.branchKeyId })
  for (const suite of ['6700', '6701'] as const) {
    const encryptor = createItemEncryptor({ keyring, table: tableOf(suite) })
    const { item: sealed } = await encryptor.encryptItem(item)
    const bytes = (name: string): Uint8Array => sealed[name]?.B as Uint8Array
    const { encryptionContext } = await encryptor.decryptItem(sealed)
    const context = 2 + Object.entries(encryptionContext).reduce((sum, pair) => sum + 4 + Buffer.byteLength(pair.join('')), 0)
    const header = bytes('aws_dbe_head').length
    // Each of eight fields: path, length and label; three in the clear.
    const record = header + 8 + context + 8 * 45 + 60 + encrypted.reduce((sum, name) => sum + bytes(name).length, 0)
    const bare = itemFloor(
      encrypted.map((name) => bytes(name).subarray(18)),
      { header, context, record },
    )
    const signed = suite === '6701'
    const rows = [
      ['encrypt', () => encryptor.encryptItem(item), signed ? bare.encryptSigned : bare.encrypt],
      ['decrypt', () => encryptor.decryptItem(sealed), signed ? bare.decryptSigned : bare.decrypt],
    ] as const
    for (const [verb, ours, floor] of rows) {
      const name = `${verb} item 1 KB ${suite} hierarchy`
      if (!name.includes(only)) continue
      const batch = await batchOf(ours)
      const pairs: (readonly [number, number])[] = []
      for (let round = 0; round < rounds; round += 1) pairs.push([await median(ours, batch), await median(floor, batch)])
      const share = middle(pairs.map(([mine, other]) => other / mine))
      const time = middle(pairs.map(([mine]) => mine)) / 1000
      const verdict = share >= TARGET ? `  target (${TARGET}) met` : `  TARGET (${TARGET}) MISSED`
      console.log(`${name.padEnd(44)} ${time.toFixed(1).padStart(6)} us  ${share.toFixed(2)} of the bare primitives${verdict}`)
    }
  }
}
