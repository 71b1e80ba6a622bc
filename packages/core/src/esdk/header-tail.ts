import { serialiseContext } from '../encryption-context.ts'
import { StrongroomError } from '../errors.ts'
import type { EncryptedDataKey } from '../keyring.ts'
import type { EncryptMaterials } from '../materials.ts'
import { FRAMED, IV_LENGTH } from './header.ts'

interface Memo {
  readonly materials: Pick<EncryptMaterials, 'suite' | 'context' | 'requiredKeys'>
  readonly frameLength: number
  readonly tail: Uint8Array
}

/** All messages under one cached data key share the tail of their header; it is serialised once. */
const memos = new WeakMap<readonly EncryptedDataKey[], Memo>()

/** What follows the message id in a header, up to the commitment: context, encrypted data keys, content type and frame length. */
export function headerTail(materials: EncryptMaterials, frameLength: number): Uint8Array {
  const { suite, context, requiredKeys, edks } = materials
  const memo = memos.get(edks)
  if (
    memo !== undefined &&
    memo.frameLength === frameLength &&
    memo.materials.suite === suite &&
    memo.materials.context === context &&
    memo.materials.requiredKeys === requiredKeys
  ) {
    return memo.tail
  }
  const tail = serialiseTail(materials, frameLength)
  if (Object.isFrozen(edks) && Object.isFrozen(context) && Object.isFrozen(requiredKeys)) {
    memos.set(edks, { materials: { suite, context, requiredKeys }, frameLength, tail })
  }
  return tail
}

function serialiseTail({ suite, context, requiredKeys, edks }: EncryptMaterials, frameLength: number): Uint8Array {
  const stored =
    requiredKeys.length === 0 ? context : Object.fromEntries(Object.entries(context).filter(([key]) => !requiredKeys.includes(key)))
  const pairs = serialiseContext(stored)
  const fields = edks.flatMap(({ providerId, providerInfo, ciphertext }) => [Buffer.from(providerId, 'utf8'), providerInfo, ciphertext])
  const end = suite.messageVersion === 1 ? Buffer.of(FRAMED, 0, 0, 0, 0, IV_LENGTH) : Buffer.of(FRAMED)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(frameLength)
  return Buffer.concat([u16(pairs.length), pairs, u16(edks.length), ...fields.flatMap((field) => [u16(field.length), field]), end, length])
}

function u16(value: number): Buffer {
  if (value > 0xffff)
    throw new StrongroomError(
      'MATERIALS_INVALID',
      `An encrypted data key has a field of ${value} bytes; 65,535 is the most that a message can carry.`,
    )
  return Buffer.of(value >>> 8, value & 0xff)
}
