import { bytes, object, objects, oneOf, optional, readFields, text } from './fields.ts'
import { type HierarchicalRequest, readHierarchical } from './hierarchical-requests.ts'
import { type HsmRequest, readHsm } from './hsm-requests.ts'
import { type KmsKeyringRequest, readKmsKeyring } from './kms-requests.ts'
import { type Fields, RequestError } from './protocol.ts'

/** RSA paddings by their names in the protocol. */
export type Padding = 'PKCS1' | 'OAEP_SHA1' | 'OAEP_SHA256' | 'OAEP_SHA384' | 'OAEP_SHA512'

export interface RawAesRequest {
  readonly type: 'raw-aes'
  readonly namespace: string
  readonly name: string
  readonly key: Uint8Array
}
export interface RawRsaRequest {
  readonly type: 'raw-rsa'
  readonly namespace: string
  readonly name: string
  readonly padding: Padding
  readonly publicKey: string | undefined
  readonly privateKey: string | undefined
}
export interface RawEcdhRequest {
  readonly type: 'raw-ecdh'
  readonly curve: 'P-256' | 'P-384' | 'P-521'
  readonly schema: 'static' | 'ephemeral' | 'discovery'
  readonly privateKey: string | undefined
  readonly recipientPublicKey: string | undefined
}
export interface MultiRequest {
  readonly type: 'multi'
  readonly generator: KeyringRequest | undefined
  readonly children: readonly KeyringRequest[]
}

/** A keyring of the kinds that the drivers in this folder can make. */
export type KeyringRequest =
  | RawAesRequest
  | RawRsaRequest
  | RawEcdhRequest
  | MultiRequest
  | KmsKeyringRequest
  | HierarchicalRequest
  | HsmRequest

/** Reads a keyring. */
export function readKeyring(fields: Fields): KeyringRequest {
  const { type, ...rest } = fields
  if (type === 'raw-aes') return { type, ...readFields('raw-aes', rest, { namespace: text, name: text, key: bytes }) }
  if (type === 'raw-rsa') {
    const padding = oneOf<Padding>('PKCS1', 'OAEP_SHA1', 'OAEP_SHA256', 'OAEP_SHA384', 'OAEP_SHA512')
    return {
      type,
      ...readFields('raw-rsa', rest, { namespace: text, name: text, padding, publicKey: optional(text), privateKey: optional(text) }),
    }
  }
  if (type === 'raw-ecdh') {
    const curve = oneOf<RawEcdhRequest['curve']>('P-256', 'P-384', 'P-521')
    const schema = oneOf<RawEcdhRequest['schema']>('static', 'ephemeral', 'discovery')
    return { type, ...readFields('raw-ecdh', rest, { curve, schema, privateKey: optional(text), recipientPublicKey: optional(text) }) }
  }
  if (type === 'multi') {
    const { generator, children } = readFields('multi', rest, { generator: optional(object), children: optional(objects) })
    return { type, generator: generator && readKeyring(generator), children: (children ?? []).map(readKeyring) }
  }
  const kms = readKmsKeyring(type, rest)
  if (kms !== undefined) return kms
  if (type === 'hierarchical') return readHierarchical(rest)
  if (type === 'hsm') return readHsm(rest)
  throw new RequestError('INPUT_INVALID', `no keyring has the type ${JSON.stringify(type)}`)
}
