import { type CallOptions, defaultMaterials, type EncryptMaterials, itemSuiteById, type Keyring, serialiseContext } from '@strongroom/core'
import { contextFromEntries, generateSigningKey, PUBLIC_KEY_FIELD, wrapUnderIntermediates } from '@strongroom/core/keyring-tools'
import { isPlaintextItem, notEncrypted } from './decrypt-item.ts'
import { assertItem, letterOf, sealAnew } from './encrypt-item.ts'
import { itemBaseContext } from './item-context.ts'
import type { Item, RewrapItemResult, RewrapOptions } from './item-encryptor.ts'
import type { ItemEngine } from './item-engine.ts'
import { ENCRYPTED } from './item-header.ts'
import { assertSealingMaterials } from './item-materials.ts'
import { decryptFields, disposeVerified, receiveItem, type VerifiedItem, verifyItem } from './open-item.ts'
import { defineOwn } from './own-property.ts'
import { sealItem } from './seal-item.ts'
import type { Table } from './table.ts'

/**
 * Wraps the data key of an item anew. The keys of fields depend on data key, message id and names alone, so that ciphertext can stay as it is; header,
 * codes and signature are made anew, the signature with a key pair of its own.
 */
export async function rewrapItem(engine: ItemEngine, item: Item, { from, ...call }: RewrapOptions): Promise<RewrapItemResult> {
  call.signal?.throwIfAborted()
  const { table, keyring } = engine
  assertItem(table.name, item)
  if (isPlaintextItem(item)) throw notEncrypted(table.name)
  const received = receiveItem(engine, item)
  const verified = await verifyItem(engine, received, from === undefined ? engine.materials : defaultMaterials(from), call)
  try {
    if (keyring !== undefined && keepsFields(table, verified)) return await rewrap(engine, keyring, verified, call)
    decryptFields(table.name, verified, verified.clear)
    const { item: encrypted, suite } = await sealAnew(engine, verified.clear, call)
    return { item: encrypted, fields: 're-encrypted', suite }
  } finally {
    disposeVerified(verified)
  }
}

/** Whether the configuration encrypts the very attributes that are encrypted. */
function keepsFields(table: Table, { fields }: VerifiedItem): boolean {
  return fields.fields.every(({ name, letter }) => {
    const action = table.actions.get(name)
    return action !== undefined && action !== 'ignore' && (action === 'encrypt') === (letter === ENCRYPTED)
  })
}

async function rewrap(engine: ItemEngine, keyring: Keyring, verified: VerifiedItem, call: CallOptions): Promise<RewrapItemResult> {
  const { table, maxEncryptedDataKeys } = engine
  const { clear, header, materials: old } = verified
  const suite = itemSuiteById(table.suite)
  const fields = verified.fields.relabelled((name) => letterOf[table.actions.get(name) as keyof typeof letterOf])
  const base = itemBaseContext(table, table.version, fields)
  const pair = suite.signature === undefined ? undefined : await generateSigningKey(suite.signature)
  const context = pair === undefined ? base : contextFromEntries([...Object.entries(base), [PUBLIC_KEY_FIELD, pair.publicKey]])
  const { signal, observer = engine.observer } = call
  const request = { suite, context, aad: serialiseContext(context), signal, observer }
  const { edks, macKeys } = await wrapUnderIntermediates(keyring, old.dataKey, request)
  try {
    signal?.throwIfAborted()
    const materials: EncryptMaterials = {
      suite,
      context,
      requiredKeys: Object.keys(base),
      dataKey: old.dataKey,
      edks,
      macKeys,
      signingKey: pair?.signingKey,
    }
    assertSealingMaterials(materials, { suite, context: base, maxEncryptedDataKeys })
    const { attributes } = await sealItem(fields, { version: table.version, suite, messageId: header.messageId, materials, sealed: true })
    for (const [name, value] of Object.entries(attributes)) defineOwn(clear, name, value)
    return { item: clear, fields: 'kept', suite: suite.id }
  } finally {
    for (const key of macKeys) key.dispose()
  }
}
