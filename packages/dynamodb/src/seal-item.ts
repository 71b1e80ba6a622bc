import { createCipheriv } from 'node:crypto'
import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import type { EncryptMaterials, ItemSuiteId, SecretBytes, Suite } from '@strongroom/core'
import { contextFromEntries, emptyContext } from '@strongroom/core/keyring-tools'
import { FOOT, HEAD } from './item-attributes.ts'
import { type ItemFields, TAG, TYPE } from './item-fields.ts'
import { itemDigest, makeFooter } from './item-footer.ts'
import { COMMITMENT, writeHeader } from './item-header.ts'
import { ItemKeys } from './item-keys.ts'
import { defineOwn } from './own-property.ts'

/** The attributes that sealing makes. */
export interface Sealed {
  readonly attributes: Record<string, AttributeValue>
  /** Bytes that header, footer and tags add. */
  readonly addedBytes: number
}

/** What an item is sealed with. */
export interface Sealing {
  readonly version: 1 | 2
  readonly suite: Suite<ItemSuiteId>
  readonly messageId: Uint8Array
  readonly materials: EncryptMaterials & { readonly macKeys: readonly SecretBytes[] }
  /** Whether the fields are ciphertext already. */
  readonly sealed: boolean
}

/**
 * Encrypts the fields of an item where they lie, signs it, and answers the attributes that replace or join those of the item. Everything but the
 * signature of a key pair happens at once.
 *
 * @throws `LIMIT_EXCEEDED`
 */
export async function sealItem(fields: ItemFields, sealing: Sealing): Promise<Sealed> {
  const { version, suite, messageId, materials, sealed } = sealing
  const { context, requiredKeys, edks, macKeys, signingKey } = materials
  const kept = Object.keys(context).filter((key) => !requiredKeys.includes(key))
  const stored = kept.length === 0 ? emptyContext : contextFromEntries(kept.map((key) => [key, context[key] as string]))
  const header = writeHeader({ version, suite, messageId, legend: fields.legend, context: stored, edks })
  const keys = new ItemKeys(materials.dataKey, messageId)
  try {
    header.set(keys.commitment(header), header.length - COMMITMENT)
    if (!sealed) encryptFields(fields, keys)
  } finally {
    keys.dispose()
  }
  const attributes: Record<string, AttributeValue> = {}
  for (const field of fields.encrypted) defineOwn(attributes, field.name, { B: new Uint8Array(fields.valueOf(field)) })
  attributes[HEAD] = { B: header }
  const footer = await makeFooter(suite, itemDigest(header, context, fields), macKeys, signingKey)
  attributes[FOOT] = { B: footer }
  return { attributes, addedBytes: header.length + footer.length + TAG * fields.encrypted.length }
}

function encryptFields(fields: ItemFields, keys: ItemKeys): void {
  const { encrypted } = fields
  keys.forFields(encrypted.length, (key, iv, index) => {
    const field = encrypted[index] as (typeof encrypted)[number]
    const value = fields.valueOf(field)
    const content = value.subarray(TYPE, value.length - TAG)
    const cipher = createCipheriv('aes-256-gcm', key, iv)
    cipher.setAAD(fields.pathOf(field))
    content.set(cipher.update(content))
    cipher.final()
    value.set(cipher.getAuthTag(), value.length - TAG)
  })
}
