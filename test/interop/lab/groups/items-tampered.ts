import type { KeyringPair } from '../../cells.ts'
import type { Fields } from '../../protocol.ts'
import type { Case, Group, Read } from '../case.ts'
import { type ItemShape, itemConfig, itemShapes } from './item-shapes.ts'
import { itemCase } from './items.ts'

type Item = Record<string, Record<string, unknown>>

/** Items that were changed on the way, or are opened under the wrong key or configuration: both clients must refuse. */
export function itemsTamperedGroup(keyring: KeyringPair, other: KeyringPair): Group {
  const shapes = itemShapes.filter(({ name }) => name === 'a sort key and unsigned attributes' || name === 'keys and more in the context')
  return {
    name: 'items-tampered',
    title: 'Tampered DynamoDB items',
    about:
      'A bit flipped in every 16th byte of the header and of the footer, and in the first and last byte of what is encrypted; signed attributes changed, removed and renamed, values exchanged, header and footer removed, exchanged and cut, an attribute that is not signed given to a signed name; another logical table, another key name, another key. A cell counts refusals, and the untouched item opened.',
    participants: ['strongroom', 'java'],
    cases: ['6700', '6701'].flatMap((suite) => shapes.map((shape) => tamperedCase(keyring, other, suite, shape))),
  }
}

function tamperedCase(keyring: KeyringPair, other: KeyringPair, suite: string, shape: ItemShape): Case {
  const plain = itemCase(keyring, suite, shape)
  const request = plain.reads[0]?.request as Fields
  const refused = (name: string, change: (item: Item) => void): Read => ({ name, request, tamper: changing(change), outcome: 'refused' })
  const config = itemConfig(shape, suite)
  const under = (name: string, changed: Fields): Read => ({
    name,
    request: { config: { ...config, keyring: keyring.read, ...changed } },
    outcome: 'refused',
  })
  // A header has 208 bytes at least, a footer 48.
  const places = Array.from({ length: 13 }, (_, index) => index * 16)
  return {
    ...plain,
    reads: [
      ...plain.reads,
      ...places.map((at) => refused(`byte ${at} of the header`, (item) => flip(item, 'aws_dbe_head', at))),
      ...[0, 16, 32, 47].map((at) => refused(`byte ${at} of the footer`, (item) => flip(item, 'aws_dbe_foot', at))),
      ...(suite === '6701' ? [48, 60, 100, 150] : []).map((at) =>
        refused(`byte ${at} of the footer`, (item) => flip(item, 'aws_dbe_foot', at)),
      ),
      ...[0, 1, 2, -1].map((at) => refused(`byte ${at} of an encrypted attribute`, (item) => flip(item, 'secret', at))),
      refused('the sort key changed', (item) => {
        item['at'] = { N: '6' }
      }),
      refused('an encrypted attribute removed', (item) => {
        delete item['secret']
      }),
      refused('an encrypted attribute in plaintext', (item) => {
        item['secret'] = { S: 'forged' }
      }),
      refused('an encrypted attribute under another signed name', (item) => {
        item['id'] = item['secret'] as Item[string]
      }),
      refused('header and footer exchanged', (item) => {
        ;[item['aws_dbe_head'], item['aws_dbe_foot']] = [item['aws_dbe_foot'] as Item[string], item['aws_dbe_head'] as Item[string]]
      }),
      refused('no header', (item) => {
        delete item['aws_dbe_head']
      }),
      refused('no footer', (item) => {
        delete item['aws_dbe_foot']
      }),
      refused('neither', (item) => {
        delete item['aws_dbe_head']
        delete item['aws_dbe_foot']
      }),
      refused('a cut header', (item) => resize(item, 'aws_dbe_head', -1)),
      refused('a longer header', (item) => resize(item, 'aws_dbe_head', 1)),
      refused('a cut footer', (item) => resize(item, 'aws_dbe_foot', -1)),
      refused('a longer footer', (item) => resize(item, 'aws_dbe_foot', 1)),
      under('another logical table', { logicalTableName: 'another' }),
      under('another key', { keyring: other.read }),
      under('keys the other way round', { partitionKey: 'at', sortKey: 'id' }),
    ],
  }
}

function changing(change: (item: Item) => void): (message: Buffer) => Buffer {
  return (message) => {
    const item = JSON.parse(message.toString()) as Item
    change(item)
    return Buffer.from(JSON.stringify(item))
  }
}

function flip(item: Item, name: string, at: number): void {
  const bytes = bytesOf(item, name)
  const place = at < 0 ? bytes.length + at : at
  if (bytes[place] === undefined) throw new Error(`${name} has no byte ${at}`)
  bytes[place] = (bytes[place] as number) ^ (1 << (place % 8))
  item[name] = { B: bytes.toString('base64') }
}

function resize(item: Item, name: string, by: 1 | -1): void {
  const bytes = bytesOf(item, name)
  item[name] = { B: (by === 1 ? Buffer.concat([bytes, Buffer.alloc(1)]) : bytes.subarray(0, -1)).toString('base64') }
}

function bytesOf(item: Item, name: string): Buffer {
  return Buffer.from(item[name]?.['B'] as string, 'base64')
}
