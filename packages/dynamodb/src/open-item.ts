import { createDecipheriv, type Decipheriv, timingSafeEqual } from 'node:crypto'
import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import {
  type CallOptions,
  type DecryptMaterials,
  type DecryptRequest,
  type EncryptionContext,
  isStrongroomError,
  type Materials,
  type SecretBytes,
} from '@strongroom/core'
import { disposeMaterials } from '@strongroom/core/keyring-tools'
import { compareAttributes } from './canonical-path.ts'
import { copyValue } from './copy-value.ts'
import { DynamoDBEncryptionError, itemInvalid, ValueError } from './errors.ts'
import { FOOT, HEAD, isReserved } from './item-attributes.ts'
import { itemBaseContext } from './item-context.ts'
import type { Item } from './item-encryptor.ts'
import type { ItemEngine } from './item-engine.ts'
import { type Field, ItemFields, TAG, TYPE } from './item-fields.ts'
import { itemDigest, verifyFooter } from './item-footer.ts'
import { COMMITMENT, ENCRYPTED, parseHeader, type ReceivedHeader } from './item-header.ts'
import { ItemKeys } from './item-keys.ts'
import { assertOpeningMaterials } from './item-materials.ts'
import { defineOwn } from './own-property.ts'
import { readValue } from './read-value.ts'
import { binaryOf, orInvalid } from './received.ts'
import { binaryContent } from './value-content.ts'
import { typeOf, writeValue } from './write-value.ts'

/** An item as it was when the call was made, unverified. */
export interface ReceivedItem {
  readonly header: ReceivedHeader
  readonly footer: Uint8Array
  readonly fields: ItemFields
  /** The context that its attributes make. */
  readonly context: EncryptionContext
  /** Copies of what is not encrypted, but for the attributes of the format. */
  readonly clear: Record<string, AttributeValue>
}

/** A verified item. Its secrets are the caller's to dispose. */
export interface VerifiedItem extends ReceivedItem {
  readonly materials: DecryptMaterials & { readonly macKey: SecretBytes }
  readonly keys: ItemKeys
}

/**
 * Takes a snapshot of an encrypted item.
 *
 * @throws `ITEM_INVALID`, `ITEM_MISMATCH`, `LIMIT_EXCEEDED`
 */
export function receiveItem({ table, maxEncryptedDataKeys }: ItemEngine, item: Item): ReceivedItem {
  return orInvalid(table.name, () => {
    const header = parseHeader(binaryOf(item, HEAD), { maxEncryptedDataKeys })
    const footer = binaryOf(item, FOOT)
    const clear: Record<string, AttributeValue> = {}
    const signed: string[] = []
    for (const name of Object.keys(item)) {
      const value = item[name]
      if (value === undefined || isReserved(name)) continue
      if (table.isSigned(name)) signed.push(name)
      else defineOwn(clear, name, copyValue(value))
    }
    const { legend } = header
    if (signed.length !== legend.length) throw mismatch(table.name, signed.length, legend.length)
    signed.sort(compareAttributes)
    const attributes = signed.map((name, index) => ({ name, letter: legend[index] as number }))
    const fields = ItemFields.of(table, attributes, (out, name, letter) => {
      const value = item[name] as AttributeValue
      if (letter === ENCRYPTED) {
        const bytes = typeOf(value) === 'B' ? binaryContent(value.B) : undefined
        if (bytes === undefined || bytes.length < TYPE + TAG) throw new ValueError('is not what an encrypted attribute is')
        out.data(bytes)
      } else {
        writeValue(out, value)
        defineOwn(clear, name, copyValue(value))
      }
    })
    return { header, footer, fields, context: itemBaseContext(table, header.version, fields), clear }
  })
}

/**
 * Opens the data key of an item, and verifies all of the item.
 *
 * @throws `ITEM_INVALID`, or what the materials manager throws
 */
export async function verifyItem(engine: ItemEngine, received: ReceivedItem, source: Materials, call: CallOptions): Promise<VerifiedItem> {
  const { header, footer, fields, context } = received
  const { suite, edks } = header
  const table = engine.table.name
  const materials = await openMaterials(table, source, {
    suite,
    context: header.context,
    reproduced: context,
    requiredKeys: Object.keys(context),
    edks,
    signal: call.signal,
    observer: call.observer ?? engine.observer,
  })
  let keys: ItemKeys | undefined
  try {
    call.signal?.throwIfAborted()
    assertOpeningMaterials(materials, suite)
    const { dataKey, macKey, verificationKey } = materials
    if (!holds(materials.context, context) || !holds(materials.context, header.context)) throw itemInvalid(table)
    keys = new ItemKeys(dataKey, header.messageId)
    if (!timingSafeEqual(keys.commitment(header.bytes), header.bytes.subarray(-COMMITMENT))) throw itemInvalid(table)
    const digest = itemDigest(header.bytes, materials.context, fields)
    if (!(await verifyFooter(footer, suite, digest, { edks: edks.length, macKey, verificationKey }))) throw itemInvalid(table)
    call.signal?.throwIfAborted()
    return { ...received, materials, keys }
  } catch (error) {
    keys?.dispose()
    disposeMaterials(materials)
    throw error
  }
}

/** Releases the secrets of a verified item. */
export function disposeVerified({ materials, keys }: VerifiedItem): void {
  keys.dispose()
  disposeMaterials(materials)
}

/**
 * Decrypts the fields of a verified item into `target`.
 *
 * @throws `ITEM_INVALID`
 */
export function decryptFields(table: string, { fields, keys }: VerifiedItem, target: Record<string, AttributeValue>): void {
  const { encrypted } = fields
  orInvalid(table, () =>
    keys.forFields(encrypted.length, (key, iv, index) => {
      const field = encrypted[index] as Field
      const value = fields.valueOf(field)
      const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: TAG })
      decipher.setAAD(fields.pathOf(field)).setAuthTag(value.subarray(value.length - TAG))
      const plaintext = decipher.update(value.subarray(TYPE, value.length - TAG))
      try {
        finish(decipher)
        defineOwn(target, field.name, readValue(value.readUInt16BE(0), plaintext))
      } finally {
        plaintext.fill(0)
      }
    }),
  )
}

function finish(decipher: Decipheriv): void {
  try {
    decipher.final()
  } catch {
    throw new ValueError('does not open')
  }
}

/** Keyrings tell an item that is not theirs from one whose keys are out of reach; the former is as coarse as any other forgery. */
async function openMaterials(table: string, source: Materials, request: DecryptRequest): Promise<DecryptMaterials> {
  try {
    return await source.forDecrypt(request)
  } catch (error) {
    // The context of an item can be forged beyond every length.
    if (isStrongroomError(error, 'CONTEXT_INVALID')) throw itemInvalid(table, error)
    if (!isStrongroomError(error, 'MESSAGE_INVALID')) throw error
    // What the keyrings tried is told by an error that they made safe to tell.
    throw itemInvalid(table, 'attempts' in error ? error : undefined)
  }
}

function holds(context: EncryptionContext, pairs: EncryptionContext): boolean {
  return context === pairs || Object.keys(pairs).every((key) => Object.hasOwn(context, key) && context[key] === pairs[key])
}

function mismatch(table: string, signed: number, covered: number): DynamoDBEncryptionError<'ITEM_MISMATCH'> {
  const seen = signed > covered ? 'attributes were added to it' : 'attributes are missing in it, for example because of a projection'
  return new DynamoDBEncryptionError(
    'ITEM_MISMATCH',
    `The item of table ${table} was signed with ${covered} attributes, and has ${signed} that are to be signed by this configuration: either ${seen}, or the configuration changed which attributes are ignored, which it must not.`,
    { table },
  )
}
