import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { type ItemSuiteId, type Keyring, multiKeyring, rawAesKeyring } from '@strongroom/core'
import type { TableConfig } from '../src/table-config.ts'

/** A keyring of one AES key that its name decides. */
export function aesKeyring(name: string): Keyring {
  return rawAesKeyring({ namespace: 'test', name, key: Buffer.alloc(32, name) })
}

/** Two recipients; either of them reads. */
export const both: Keyring = multiKeyring({ generator: aesKeyring('ours'), children: [aesKeyring('theirs')] })

/** A table of either header version. */
export function tableOf(version: 1 | 2, suite: ItemSuiteId = '6700'): TableConfig {
  return {
    logicalTableName: 'orders',
    partitionKey: 'id',
    sortKey: 'at',
    actions: {
      email: 'encrypt',
      lines: 'encrypt',
      empty: 'encrypt',
      state: 'sign',
      tags: 'sign',
      note: 'ignore',
      ...(version === 2 ? { tenant: 'context' } : { tenant: 'sign' }),
    },
    suite,
  }
}

/** An item of that table. */
export const order: Readonly<Record<string, AttributeValue>> = {
  id: { S: 'order#1' },
  at: { N: '20260101' },
  email: { S: 'marker@example.com' },
  lines: { L: [{ M: { sku: { S: 'marker-a' }, count: { N: '2' } } }, { B: Uint8Array.of(1, 2, 3) }] },
  empty: { NULL: true },
  state: { S: 'open' },
  tags: { SS: ['new', 'gift'] },
  note: { S: 'leave at the door' },
  tenant: { S: 'blue' },
}
