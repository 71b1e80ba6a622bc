import type { Fields } from '../../protocol.ts'

/** An item and what is done to its attributes. */
export interface ItemShape {
  readonly name: string
  readonly item: Fields
  readonly sortKey?: string
  readonly actions: Readonly<Record<string, 'encrypt' | 'sign' | 'context' | 'ignore'>>
  readonly allowedUnsigned?: readonly string[]
  readonly allowedUnsignedPrefix?: string
}

const binary = (...bytes: readonly number[]) => ({ B: Buffer.from(bytes).toString('base64') })

/** Every type, with the odd values of each. */
const everyType: Fields = {
  text: { S: 'text \u{1f511} \u2028' },
  emptyText: { S: '' },
  number: { N: '-12.5' },
  zero: { N: '0' },
  precise: { N: '12345678901234567890123456789012345678' },
  tiny: { N: '0.00000000000000000000000000000000000000000000000000000000001' },
  large: { N: '90000000000000000000000000000000000000000000000000000000000' },
  bytes: binary(0, 255, 128),
  noBytes: binary(),
  yes: { BOOL: true },
  no: { BOOL: false },
  nothing: { NULL: true },
  texts: { SS: ['b', 'a', '\uff21', '\u{10000}'] },
  numbers: { NS: ['2', '10', '-1.5'] },
  manyBytes: { BS: [binary(2).B, binary(1, 1).B, binary(1).B] },
  list: { L: [{ S: 'first' }, { N: '2' }, { L: [] }, { NULL: true }] },
  map: { M: { b: { S: '2' }, a: { M: { deeper: { SS: ['x'] } } }, '\uff21': { N: '1' }, '\u{10000}': { N: '2' } } },
  emptyMap: { M: {} },
}

const all = (action: ItemShape['actions'][string]) => Object.fromEntries(Object.keys(everyType).map((name) => [name, action]))

const key = { id: { S: 'order-1' } }

export const itemShapes: readonly ItemShape[] = [
  { name: 'one attribute', item: { ...key, secret: { S: 'x' } }, actions: { id: 'sign', secret: 'encrypt' } },
  { name: 'every type encrypted', item: { ...key, ...everyType }, actions: { id: 'sign', ...all('encrypt') } },
  { name: 'every type signed', item: { ...key, ...everyType }, actions: { id: 'sign', ...all('sign') } },
  {
    name: 'every type in the context',
    item: { ...key, ...everyType },
    actions: { id: 'context', ...all('context') },
  },
  {
    name: 'a sort key and unsigned attributes',
    item: { ...key, at: { N: '1764072000' }, secret: { M: { card: { S: '4111' } } }, ':note': { S: 'free' }, views: { N: '7' } },
    sortKey: 'at',
    actions: { id: 'sign', at: 'sign', secret: 'encrypt', ':note': 'ignore', views: 'ignore' },
    allowedUnsigned: ['views'],
    allowedUnsignedPrefix: ':',
  },
  {
    name: 'keys and more in the context',
    item: { id: binary(1, 2, 3), at: { N: '5' }, tenant: { S: 'blue' }, flag: { BOOL: false }, none: { NULL: true }, secret: { N: '1' } },
    sortKey: 'at',
    actions: { id: 'context', at: 'context', tenant: 'context', flag: 'context', none: 'context', secret: 'encrypt' },
  },
  {
    name: 'names beyond ASCII',
    item: { ...key, '\u{10001}': { S: '1' }, '\ufe4c': { S: '2' }, é: { S: '3' }, 'a.b': { S: '4' }, 'a b': { S: '5' } },
    actions: { id: 'sign', '\u{10001}': 'encrypt', '\ufe4c': 'encrypt', é: 'sign', 'a.b': 'encrypt', 'a b': 'sign' },
  },
  { name: 'nothing encrypted', item: { ...key, shown: { S: 'x' } }, actions: { id: 'sign', shown: 'sign' } },
  {
    name: 'deep',
    item: { ...key, deep: nested(30) },
    actions: { id: 'sign', deep: 'encrypt' },
  },
  {
    name: 'many attributes',
    item: { ...key, ...Object.fromEntries(Array.from({ length: 120 }, (_, index) => [`a${index}`, { N: String(index) }])) },
    actions: {
      id: 'sign',
      ...Object.fromEntries(
        Array.from({ length: 120 }, (_, index) => [`a${index}`, index % 3 === 0 ? ('sign' as const) : ('encrypt' as const)]),
      ),
    },
  },
]

/** The configuration of a shape but its keyring. */
export function itemConfig({ sortKey, actions, allowedUnsigned, allowedUnsignedPrefix }: ItemShape, suite: string): Fields {
  return {
    logicalTableName: 'interop \u{1f511}',
    partitionKey: 'id',
    actions,
    suite,
    ...(sortKey === undefined ? {} : { sortKey }),
    ...(allowedUnsigned === undefined ? {} : { allowedUnsigned }),
    ...(allowedUnsignedPrefix === undefined ? {} : { allowedUnsignedPrefix }),
  }
}

function nested(depth: number): Fields {
  return depth === 0 ? { S: 'bottom' } : depth % 2 === 0 ? { L: [nested(depth - 1)] } : { M: { down: nested(depth - 1) } }
}
