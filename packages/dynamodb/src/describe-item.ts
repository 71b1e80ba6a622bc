import type { EncryptionContext, ItemSuiteId } from '@strongroom/core'
import { isInteger, validateOptions } from '@strongroom/core/options'
import { HEAD } from './item-attributes.ts'
import type { Item } from './item-encryptor.ts'
import { ENCRYPTED, parseHeader } from './item-header.ts'
import { binaryOf, orInvalid } from './received.ts'

/** Provider of encrypted data keys under branch keys. */
const HIERARCHY = 'aws-kms-hierarchy'
/** Where the branch key's version is: behind the sealed data key(48), salt(16) and IV(12). */
const VERSION_AT = 48 + 16 + 12
const VERSION = 16

/** An encrypted data key of an item, without its ciphertext. */
export interface DataKeyDescription {
  /** Which kind of keyring wrote it: `aws-kms`, `aws-kms-hierarchy`, a namespace. */
  readonly providerId: string
  /** The keyring's note on the key: an ARN, the id of a branch key, for raw AES a name and more. */
  readonly providerInfo: Uint8Array
  /** Id of the branch key, where it is one. */
  readonly branchKeyId?: string
  /** Version of the branch key, a UUID, where it is one. */
  readonly branchKeyVersion?: string
}

/** What an encrypted item says about itself. Unverified: whoever can write to the table can have it say anything. */
export interface ItemDescription {
  /** Version of the header: 2 where signed attributes are part of the encryption context. */
  readonly version: 1 | 2
  /** The suite. */
  readonly suite: ItemSuiteId
  /** The stored pairs of the encryption context: with suite `6701` the public key of the signature. Those that the attributes make are not stored. */
  readonly encryptionContext: EncryptionContext
  /** Number of signed attributes. */
  readonly signedAttributes: number
  /** Number of encrypted attributes among them. */
  readonly encryptedAttributes: number
  /** The encrypted data keys, in the item's order. */
  readonly encryptedDataKeys: readonly DataKeyDescription[]
}

/** Options of {@link describeItem}. */
export interface DescribeItemOptions {
  /** Most encrypted data keys in an item. Default 16. */
  readonly maxEncryptedDataKeys?: number
}

/**
 * What an encrypted item, or the value of its attribute `aws_dbe_head`, says about itself. Needs no key and asks none.
 *
 * @throws `ITEM_INVALID`, `LIMIT_EXCEEDED`, `OPTION_INVALID`
 * @example
 * ```ts
 * const { suite, encryptedDataKeys } = describeItem(item)
 * const [{ branchKeyId, branchKeyVersion }] = encryptedDataKeys
 * ```
 */
export function describeItem(item: Item | Uint8Array, options: DescribeItemOptions = {}): ItemDescription {
  validateOptions('describeItem', options, { maxEncryptedDataKeys: isInteger(1, 255) })
  const maxEncryptedDataKeys = options.maxEncryptedDataKeys ?? 16
  const { version, suite, context, legend, edks } = orInvalid(undefined, () => {
    const header = item instanceof Uint8Array ? Uint8Array.from(item) : binaryOf(item, HEAD)
    return parseHeader(header, { maxEncryptedDataKeys })
  })
  return {
    version,
    suite: suite.id,
    encryptionContext: context,
    signedAttributes: legend.length,
    encryptedAttributes: legend.filter((letter) => letter === ENCRYPTED).length,
    encryptedDataKeys: edks.map(({ providerId, providerInfo, ciphertext }) => ({
      providerId,
      providerInfo: Uint8Array.from(providerInfo),
      ...(providerId === HIERARCHY ? branchKeyOf(providerInfo, ciphertext) : {}),
    })),
  }
}

function branchKeyOf(info: Uint8Array, ciphertext: Uint8Array): Partial<DataKeyDescription> {
  const branchKeyId = Buffer.from(info).toString('utf8')
  const hex = Buffer.from(ciphertext.subarray(VERSION_AT, VERSION_AT + VERSION)).toString('hex')
  if (hex.length < 2 * VERSION) return { branchKeyId }
  const branchKeyVersion = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
  return { branchKeyId, branchKeyVersion }
}
