import type { EncryptedDataKey } from '../keyring.ts'

/** A wrapping key of an official keyring, as far as its public fields tell. */
export interface OfficialKey {
  readonly providerId: string
  readonly keyId: string
  /** Whether it is held by this process, so that the keyring tells nothing of a failure but that there is no data key. */
  readonly raw: boolean
  owns(edk: EncryptedDataKey): boolean
}

/** Fields by which the official classes identify their keys. */
interface Fields {
  readonly keyNamespace?: unknown
  readonly keyName?: unknown
  readonly generatorKeyId?: unknown
  readonly keyIds?: unknown
  readonly keyId?: unknown
  readonly branchKeyId?: unknown
  readonly generator?: unknown
  readonly children?: unknown
}

/** Tag length in bits and IV length, between the key name and the IV in the provider info of raw AES. */
const AES_LENGTHS = Buffer.from([0, 0, 0, 128, 0, 0, 0, 12])
const AES_SUFFIX = AES_LENGTHS.length + 12

/** The wrapping keys of an official keyring in the order in which it wraps; none where it is of a class that nobody here knows. */
export function officialKeys(keyring: object): readonly OfficialKey[] {
  const { keyNamespace, keyName, generatorKeyId, keyIds, keyId, branchKeyId, generator, children } = keyring as Fields
  if (typeof keyNamespace === 'string' && typeof keyName === 'string') return [rawKey(keyNamespace, keyName)]
  const members = [generator, ...(Array.isArray(children) ? (children as unknown[]) : [])]
  if (Array.isArray(children))
    return members.flatMap((member) => (typeof member === 'object' && member !== null ? officialKeys(member) : []))
  const arns = [generatorKeyId, ...(Array.isArray(keyIds) ? (keyIds as unknown[]) : []), keyId].filter((arn) => typeof arn === 'string')
  if (arns.length > 0) return arns.map((arn) => namedKey('aws-kms', arn))
  return typeof branchKeyId === 'string' ? [namedKey('aws-kms-hierarchy', branchKeyId)] : []
}

function namedKey(providerId: string, keyId: string): OfficialKey {
  return { providerId, keyId, raw: false, owns: (edk) => edk.providerId === providerId && isText(edk.providerInfo, keyId) }
}

function rawKey(providerId: string, keyId: string): OfficialKey {
  return {
    providerId,
    keyId,
    raw: true,
    owns: (edk) => edk.providerId === providerId && (isText(edk.providerInfo, keyId) || isText(aesName(edk.providerInfo), keyId)),
  }
}

function aesName(info: Uint8Array): Uint8Array {
  const end = info.length - AES_SUFFIX
  return end > 0 && Buffer.compare(info.subarray(end, end + AES_LENGTHS.length), AES_LENGTHS) === 0
    ? info.subarray(0, end)
    : new Uint8Array(0)
}

function isText(bytes: Uint8Array, text: string): boolean {
  return Buffer.compare(bytes, Buffer.from(text, 'utf8')) === 0
}
