import { type CallOptions, isStrongroomError, observe } from '@strongroom/core'
import { emptyContext } from '@strongroom/core/keyring-tools'
import { assertItem, copyItem } from './encrypt-item.ts'
import { DynamoDBEncryptionError } from './errors.ts'
import { FOOT, HEAD, isReserved } from './item-attributes.ts'
import type { DecryptItemResult, Item } from './item-encryptor.ts'
import type { ItemEngine } from './item-engine.ts'
import { TAG } from './item-fields.ts'
import { decryptFields, disposeVerified, type ReceivedItem, receiveItem, verifyItem } from './open-item.ts'

/** Verifies and decrypts an item. The snapshot of it is taken before anything is waited for. */
export async function decryptItem(engine: ItemEngine, item: Item, call: CallOptions): Promise<DecryptItemResult> {
  call.signal?.throwIfAborted()
  const { table } = engine
  const observer = call.observer ?? engine.observer
  let received: ReceivedItem | undefined
  try {
    assertItem(table.name, item)
    if (isPlaintextItem(item)) return readPlaintext(engine, item)
    received = receiveItem(engine, item)
    const result = await open(engine, received, call)
    const ciphertextBytes = bytesOf(received)
    const plaintextBytes = received.fields.contentBytes
    observe(observer, { type: 'message.decrypted', suite: received.header.suite.id, plaintextBytes, ciphertextBytes })
    return result
  } catch (error) {
    const code = isStrongroomError(error) ? error.code : undefined
    if (code !== undefined)
      observe(observer, { type: 'message.rejected', code, ciphertextBytes: received === undefined ? 0 : bytesOf(received) })
    throw error
  } finally {
    received?.fields.release()
  }
}

async function open(engine: ItemEngine, received: ReceivedItem, call: CallOptions): Promise<DecryptItemResult> {
  const verified = await verifyItem(engine, received, engine.materials, call)
  try {
    const { clear, header, materials } = verified
    decryptFields(engine.table.name, verified, clear)
    return { item: clear, suite: header.suite.id, encryptionContext: materials.context, openedBy: materials.openedBy }
  } finally {
    disposeVerified(verified)
  }
}

/** Whether an item was written without encryption: it has neither header nor footer. One of the two alone is a damaged item. */
export function isPlaintextItem(item: Item): boolean {
  return [HEAD, FOOT].every((name) => !Object.hasOwn(item, name) || item[name] === undefined)
}

function readPlaintext(engine: ItemEngine, item: Item): DecryptItemResult {
  const { table } = engine
  if (!table.readsPlaintext()) throw notEncrypted(table.name)
  const copy = copyItem(engine, item)
  for (const name of Object.keys(copy)) if (isReserved(name)) delete copy[name]
  return { item: copy, suite: undefined, encryptionContext: emptyContext, openedBy: undefined }
}

/** The error of an item that has neither header nor footer. */
export function notEncrypted(table: string): DynamoDBEncryptionError<'ITEM_NOT_ENCRYPTED'> {
  return new DynamoDBEncryptionError(
    'ITEM_NOT_ENCRYPTED',
    `The item of table ${table} is not encrypted: it has neither ${HEAD} nor ${FOOT}. Either a projection left them out, or something writes without encrypting; during a migration, plaintextOverride lets such items pass.`,
    { table },
  )
}

function bytesOf({ header, footer, fields }: ReceivedItem): number {
  return header.bytes.length + footer.length + fields.contentBytes + TAG * fields.encrypted.length
}
