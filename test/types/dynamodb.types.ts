// Tables that cannot work do not compile, and documents have the types that their table declares.
import type { Keyring } from '@strongroom/core'
import { createItemEncryptor, defineTable, type ItemOf, typed } from '@strongroom/dynamodb'

declare const keyring: Keyring

const shop = defineTable({
  logicalTableName: 'shop',
  partitionKey: 'pk',
  sortKey: 'sk',
  entities: {
    customer: {
      pk: { type: 'S' },
      sk: { type: 'S' },
      email: { type: 'S', action: 'encrypt' },
      tags: { type: 'SS', action: 'encrypt', optional: true },
    },
    order: {
      pk: { type: 'S' },
      sk: { type: 'S' },
      total: { type: 'N', action: 'encrypt' },
      state: { type: typed<'open' | 'sent'>('S'), action: 'sign' },
    },
  },
})

type Customer = ItemOf<typeof shop, 'customer'>
type Order = ItemOf<typeof shop, 'order'>

export function documents(): readonly [Customer, Order, ItemOf<typeof shop>] {
  const customer: Customer = { pk: 'c#1', sk: 'profile', email: 'a@example.com' }
  const tagged: Customer = { ...customer, tags: new Set(['new']) }
  const order: Order = { pk: 'c#1', sk: 'o#1', total: 12.5, state: 'open' }
  // @ts-expect-error email: it is not optional
  const incomplete: Customer = { pk: 'c#1', sk: 'profile' }
  // @ts-expect-error string: a total is a number
  const text: Order = { ...order, total: '12.5' }
  // @ts-expect-error "lost": it is none of the states
  const lost: Order = { ...order, state: 'lost' }
  return [incomplete ?? tagged, lost ?? text, order]
}

export async function encryptors(): Promise<void> {
  const encryptor = createItemEncryptor({ keyring, table: shop })
  await encryptor.encryptDocument({ pk: 'c#1', sk: 'profile', email: 'a@example.com' })
  const { document } = await encryptor.decryptDocument({})
  if ('total' in document) document.total.toFixed(2)
  // @ts-expect-error emial: no kind of item has it
  await encryptor.encryptDocument({ pk: 'c#1', sk: 'profile', emial: 'a@example.com' })
  // @ts-expect-error maxAgeMs: there is nothing that one could be found in
  createItemEncryptor({ keyring, table: shop, cache: { maxAgeMs: 1000 } })
}

export function tables(): void {
  const names = { logicalTableName: 'shop', partitionKey: 'pk' }
  // @ts-expect-error "hash": there is no such action
  defineTable({ ...names, attributes: { pk: { type: 'S' }, email: { action: 'hash' } } })
  // @ts-expect-error "string": types have DynamoDB's names
  defineTable({ ...names, attributes: { pk: { type: 'string' } } })
  // @ts-expect-error logicalTableName: items are bound to it
  defineTable({ partitionKey: 'pk', attributes: { pk: { type: 'S' } } })
}
