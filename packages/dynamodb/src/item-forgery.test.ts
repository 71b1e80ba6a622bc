import { createCipheriv, createHash, hkdfSync } from 'node:crypto'
import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import {
  type DecryptMaterials,
  defaultMaterials,
  isStrongroomError,
  type Keyring,
  type Materials,
  multiKeyring,
  type SecretBytes,
} from '@strongroom/core'
import { hmacOf } from '@strongroom/core/keyring-tools'
import { beforeAll, describe, expect, it } from 'vitest'
import { aesKeyring, both, order, tableOf } from '../test/items.ts'
import { canonicalPath } from './canonical-path.ts'
import { createItemEncryptor, type Item } from './item-encryptor.ts'
import { ItemFields } from './item-fields.ts'
import { itemDigest } from './item-footer.ts'
import { ENCRYPTED, parseHeader } from './item-header.ts'
import { resolveTable } from './table.ts'
import { writeValue } from './write-value.ts'

const MAC = 48
const HEAD = 'aws_dbe_head'
const FOOT = 'aws_dbe_foot'

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = Uint8Array.from(bytes)
  copy[at] = (copy[at] as number) ^ (1 << (at % 8))
  return copy
}

function bytesOf(item: Item, name: string): Uint8Array {
  return item[name]?.B as Uint8Array
}

/** A signed value that is another one, for every byte of it that can be. */
function* changedValues(value: AttributeValue): Iterable<AttributeValue> {
  if (value.S !== undefined) {
    const text = value.S
    for (let at = 0; at < text.length; at += 1)
      yield { S: text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ 1) + text.slice(at + 1) }
    yield { S: `${text} ` }
    yield { S: text.slice(1) }
    yield { B: Buffer.from(text) }
  } else if (value.N !== undefined) {
    for (const number of [`${value.N}0`, `-${value.N}`, value.N.slice(1)]) yield { N: number }
    yield { S: value.N }
  } else if (value.SS !== undefined) {
    yield { SS: value.SS.slice(1) }
    yield { SS: [...value.SS, 'more'] }
    yield { L: value.SS.map((S) => ({ S })) }
  }
  yield { NULL: true }
  yield { BOOL: true }
}

describe.each([1, 2] as const)('an item of version %i', (version) => {
  describe.each(['6700', '6701'] as const)('in suite %s', (suite) => {
    const table = tableOf(version, suite)
    const writer = createItemEncryptor({ keyring: both, table })
    const reader = createItemEncryptor({ keyring: aesKeyring('theirs'), table })
    let item: Item
    let another: Item

    beforeAll(async () => {
      item = (await writer.encryptItem(order)).item
      another = (await writer.encryptItem({ ...order, email: { S: 'second@example.com' } })).item
    })

    async function refused(forged: Item): Promise<void> {
      const failure = await reader.decryptItem(forged).then(
        () => 'opened',
        (error: unknown) => error,
      )
      if (failure !== 'opened' && (isStrongroomError(failure, 'ITEM_INVALID') || isStrongroomError(failure, 'ITEM_MISMATCH'))) return
      // A count of encrypted data keys may be forged beyond the limit.
      expect(failure).toMatchObject({ code: 'LIMIT_EXCEEDED', option: 'maxEncryptedDataKeys' })
    }

    it('opens as it was written', async () => {
      expect((await reader.decryptItem(item)).item).toEqual(order)
    })

    it('is refused with any byte of its header changed', async () => {
      const head = bytesOf(item, HEAD)
      for (let at = 0; at < head.length; at += 1) await refused({ ...item, [HEAD]: { B: flipped(head, at) } })
    })

    it('is refused with any byte of its footer changed, but of the code of another recipient', async () => {
      const foot = bytesOf(item, FOOT)
      for (let at = MAC; at < foot.length; at += 1) await refused({ ...item, [FOOT]: { B: flipped(foot, at) } })
      const own = createItemEncryptor({ keyring: aesKeyring('ours'), table })
      for (let at = 0; at < MAC; at += 1) {
        const forged = { ...item, [FOOT]: { B: flipped(foot, at) } }
        await expect(own.decryptItem(forged)).rejects.toMatchObject({ code: 'ITEM_INVALID' })
      }
    })

    it('is refused with header or footer cut, continued, empty, missing, exchanged or of another type', async () => {
      for (const name of [HEAD, FOOT]) {
        const bytes = bytesOf(item, name)
        for (let length = 0; length < bytes.length; length += 1) await refused({ ...item, [name]: { B: bytes.slice(0, length) } })
        await refused({ ...item, [name]: { B: Uint8Array.of(...bytes, 0) } })
        await refused({ ...item, [name]: { B: Uint8Array.of(0, ...bytes) } })
        await refused({ ...item, [name]: { S: Buffer.from(bytes).toString('latin1') } })
        await refused({ ...item, [name]: another[name] as AttributeValue })
        const { [name]: _, ...rest } = item
        await refused(rest)
      }
      await refused({ ...item, [HEAD]: item[FOOT] as AttributeValue, [FOOT]: item[HEAD] as AttributeValue })
    })

    it('is no item at all with both header and footer stripped', async () => {
      const { [HEAD]: _, [FOOT]: __, ...rest } = item
      await expect(reader.decryptItem(rest)).rejects.toMatchObject({ code: 'ITEM_NOT_ENCRYPTED' })
    })

    it('is refused with any byte of an encrypted attribute changed, and with it cut or replaced', async () => {
      for (const name of ['email', 'lines', 'empty']) {
        const bytes = bytesOf(item, name)
        for (let at = 0; at < bytes.length; at += 1) await refused({ ...item, [name]: { B: flipped(bytes, at) } })
        for (const wrong of [bytes.slice(1), bytes.slice(0, -1), bytes.slice(0, 17), new Uint8Array(0)])
          await refused({ ...item, [name]: { B: wrong } })
        await refused({ ...item, [name]: order[name] as AttributeValue })
        await refused({ ...item, [name]: { S: 'x' } })
      }
    })

    it('is refused with any signed attribute changed', async () => {
      for (const name of ['id', 'at', 'state', 'tags', 'tenant'])
        for (const value of changedValues(item[name] as AttributeValue)) await refused({ ...item, [name]: value })
    })

    it('is refused with attributes exchanged, within it and with another', async () => {
      const names = Object.keys(item).filter((name) => name !== 'note' && !name.startsWith('aws_dbe_'))
      for (const [index, first] of names.entries()) {
        for (const second of names.slice(index + 1))
          await refused({ ...item, [first]: item[second] as AttributeValue, [second]: item[first] as AttributeValue })
      }
      for (const name of ['email', 'lines', 'empty']) await refused({ ...item, [name]: another[name] as AttributeValue })
    })

    it('is refused with a signed attribute removed, renamed or added', async () => {
      for (const name of ['email', 'state', 'id', 'tenant']) {
        const { [name]: value, ...rest } = item
        await refused(rest)
        await refused({ ...rest, renamed: value as AttributeValue })
        await refused({ ...rest, ':note': value as AttributeValue })
      }
      for (const name of ['added', '__proto__', 'Email', 'emaiL'])
        await refused(Object.defineProperty({ ...item }, name, { value: { S: 'x' }, enumerable: true }))
    })

    it('is refused with what is ignored given to a signed name', async () => {
      const { note, state: _, ...rest } = item
      await refused({ ...rest, state: note as AttributeValue })
      await refused({ ...item, state: note as AttributeValue })
      await refused({ ...item, email: note as AttributeValue })
    })

    it('opens whatever became of what is ignored, and of what only looks like the format', async () => {
      const { note: _, ...rest } = item
      const opened = await reader.decryptItem({
        ...rest,
        note: { S: 'changed' },
        aws_dbe_b_email: { S: 'beacon' },
        aws_dbe_v_1: { S: ' ' },
      })
      expect(opened.item).toEqual({ ...order, note: { S: 'changed' } })
    })

    it('is refused where a recipient changed it and could only redo a code of its own', async () => {
      for (const forger of ['ours', 'theirs']) {
        const forged = await redone(table, item, forger)
        // It has the data key, and its own code is right: for its own eyes the forgery is perfect, but for the signature.
        const own = createItemEncryptor({ keyring: aesKeyring(forger), table }).decryptItem(forged)
        if (suite === '6700') expect((await own).item).toMatchObject({ state: { S: 'sent' }, email: { S: 'forged@example.com' } })
        else await expect(own).rejects.toMatchObject({ code: 'ITEM_INVALID' })
        const victim = createItemEncryptor({ keyring: aesKeyring(forger === 'ours' ? 'theirs' : 'ours'), table })
        await expect(victim.decryptItem(forged)).rejects.toMatchObject({ code: 'ITEM_INVALID' })
      }
    })
  })
})

/** The item with a changed state and a changed e-mail address, encrypted and authenticated with what one recipient knows. */
async function redone(config: ReturnType<typeof tableOf>, item: Item, forger: string): Promise<Item> {
  const { materials, restore } = spying(aesKeyring(forger))
  await createItemEncryptor({ materials, table: config }).decryptItem(item)
  const { context, openedBy, dataKey, macKey } = restore()
  const table = resolveTable(config)
  const head = bytesOf(item, HEAD)
  const header = parseHeader(head, { maxEncryptedDataKeys: 16 })
  const names = Object.keys(item).filter((name) => table.isSigned(name))
  const sorted = names.sort((a, b) => Buffer.compare(canonicalPath('orders', a), canonicalPath('orders', b)))
  const ordinal = sorted.filter((_name, index) => header.legend[index] === ENCRYPTED).indexOf('email')
  const forged = { ...item, state: { S: 'sent' }, email: { B: sealed(dataKey, header.messageId, ordinal, 'forged@example.com') } }
  const fields = ItemFields.of(
    table,
    sorted.map((name, index) => ({ name, letter: header.legend[index] as number })),
    (out, name, letter) =>
      letter === ENCRYPTED ? out.data(bytesOf(forged, name)) : writeValue(out, forged[name as 'state'] as AttributeValue),
  )
  const code = hmacOf('sha384', macKey, itemDigest(head, context, fields))
  const foot = Uint8Array.from(bytesOf(item, FOOT))
  foot.set(code, MAC * (openedBy.edk ?? 0))
  return { ...forged, [FOOT]: { B: foot } }
}

/** Field keys as the specification has them, from node:crypto alone. */
function sealed(dataKey: Uint8Array, messageId: Uint8Array, ordinal: number, text: string): Uint8Array {
  const root = Buffer.from(hkdfSync('sha512', dataKey, '', Buffer.concat([Buffer.from('AWS_DBE_DERIVE_KEY'), messageId]), 32))
  const counter = Buffer.concat([Buffer.from('AwsDbeField,'), Buffer.alloc(4)])
  counter.writeUInt32BE(3 * ordinal, 12)
  const stream = createCipheriv('aes-256-ctr', root, counter).update(Buffer.alloc(44))
  const cipher = createCipheriv('aes-256-gcm', stream.subarray(0, 32), stream.subarray(32))
  cipher.setAAD(canonicalPath('orders', 'email'))
  return Uint8Array.from(Buffer.concat([Buffer.of(0, 1), cipher.update(text), cipher.final(), cipher.getAuthTag()]))
}

/** A materials manager whose answer stays known. */
function spying(keyring: Keyring): {
  materials: Materials
  restore: () => Pick<DecryptMaterials, 'context' | 'openedBy'> & { dataKey: Uint8Array; macKey: Uint8Array }
} {
  const inner = defaultMaterials(keyring)
  let seen: ReturnType<typeof copyOf> | undefined
  const copyOf = ({ context, openedBy, dataKey, macKey }: DecryptMaterials) => ({
    context,
    openedBy,
    dataKey: dataKey.use((bytes) => Uint8Array.from(bytes)),
    macKey: (macKey as SecretBytes).use((bytes) => Uint8Array.from(bytes)),
  })
  return {
    materials: {
      forEncrypt: (request) => inner.forEncrypt(request),
      async forDecrypt(request) {
        const materials = await inner.forDecrypt(request)
        seen = copyOf(materials)
        return materials
      },
    },
    restore() {
      if (seen === undefined) throw new Error('nothing was opened')
      return seen
    },
  }
}

describe('the error of a forgery', () => {
  it('is the same whatever was forged, and shows nothing of the item', async () => {
    const table = tableOf(1, '6701')
    const { item } = await createItemEncryptor({ keyring: both, table }).encryptItem(order)
    const messages = new Set<string>()
    const reader = createItemEncryptor({ keyring: aesKeyring('ours'), table })
    const forgeries: Item[] = [
      { ...item, state: { S: 'sent' } },
      { ...item, email: { B: flipped(bytesOf(item, 'email'), 5) } },
      ...[2, 40, 60, -1, -40].map((at) => ({
        ...item,
        [HEAD]: { B: flipped(bytesOf(item, HEAD), at < 0 ? bytesOf(item, HEAD).length + at : at) },
      })),
      ...[0, -1].map((at) => ({ ...item, [FOOT]: { B: flipped(bytesOf(item, FOOT), at < 0 ? bytesOf(item, FOOT).length + at : at) } })),
    ]
    for (const forged of forgeries) {
      const failure = await reader.decryptItem(forged).catch((error: Error) => error)
      messages.add((failure as Error).message)
    }
    expect([...messages]).toEqual([expect.stringContaining('table orders cannot be decrypted')])
  })

  it('tells of keys that are out of reach, which a forgery is not', async () => {
    const table = tableOf(1)
    const { item } = await createItemEncryptor({ keyring: both, table }).encryptItem(order)
    const down: Keyring = {
      recipients: async () => [],
      unwrap: async (edks) => ({ attempts: edks.map((_, edk) => ({ edk, outcome: 'transient' as const, keyId: 'down' })) }),
    }
    await expect(createItemEncryptor({ keyring: down, table }).decryptItem(item)).rejects.toMatchObject({ code: 'KEY_TRANSIENT' })
    const mended = createItemEncryptor({ keyring: multiKeyring({ children: [down, aesKeyring('ours')] }), table })
    expect((await mended.decryptItem(item)).item).toEqual(order)
  })
})

describe('a digest', () => {
  it('covers header, the whole context and every signed attribute, each with its length', () => {
    const table = resolveTable(tableOf(1))
    const fields = ItemFields.of(table, [{ name: 'id', letter: 0x73 }], (out) => writeValue(out, { S: 'x' }))
    const expected = createHash('sha384')
      .update('header')
      .update(Buffer.from('0000000000000008' + '0001' + '0001' + '61' + '0001' + '62', 'hex'))
      .update(Buffer.from('orders'))
      .update(Buffer.from('0000000000000001' + '24' + '0000000000000002', 'hex'))
      .update('id')
      .update(Buffer.from('0000000000000001', 'hex'))
      .update('PLAINTEXT')
      .update(Buffer.from('000178', 'hex'))
      .digest('hex')
    expect(Buffer.from(itemDigest(Buffer.from('header'), { a: 'b' }, fields)).toString('hex')).toBe(expected)
  })
})
