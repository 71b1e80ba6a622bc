import { defineTable, type ItemOf, typed } from '@strongroom/dynamodb'

const keys = { pk: { type: 'S' }, sk: { type: 'S' } } as const
// Signed, and part of the encryption context: it chooses the branch key. Key services and their logs see it.
const tenant = { type: 'S', action: 'context' } as const
const kind = <K extends string>() => ({ type: typed<K>('S'), action: 'sign' }) as const

/** One table for customers and their orders, written once: for the encryption, and for the compiler. */
export const shop = defineTable({
  logicalTableName: 'shop',
  partitionKey: 'pk',
  sortKey: 'sk',
  suite: '6700',
  entities: {
    customer: {
      ...keys,
      tenant,
      kind: kind<'customer'>(),
      name: { type: 'S', action: 'encrypt' },
      email: { type: 'S', action: 'encrypt', optional: true },
    },
    order: {
      ...keys,
      tenant,
      kind: kind<'order'>(),
      state: { type: typed<'open' | 'paid'>('S'), action: 'sign' },
      lines: { type: typed<{ readonly article: string; readonly price: number }[]>('L'), action: 'encrypt' },
      total: { type: 'N', action: 'encrypt' },
    },
  },
})

/** A customer. */
export type Customer = ItemOf<typeof shop, 'customer'>
/** An order. */
export type Order = ItemOf<typeof shop, 'order'>

export const customerOf = (tenantId: string, id: string, name: string): Customer => ({
  pk: `${tenantId}#${id}`,
  sk: 'customer',
  tenant: tenantId,
  kind: 'customer',
  name,
})

export const orderOf = (tenantId: string, id: string, number: number, lines: Order['lines']): Order => ({
  pk: `${tenantId}#${id}`,
  sk: `order#${String(number).padStart(6, '0')}`,
  tenant: tenantId,
  kind: 'order',
  state: 'open',
  lines,
  total: lines.reduce((sum, { price }) => sum + price, 0),
})
