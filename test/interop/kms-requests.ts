import { createPublicKey } from 'node:crypto'
import { type FieldReader, oneOf, optional, readFields, text, texts } from './fields.ts'
import { type Fields, RequestError } from './protocol.ts'

/** A KMS key, and where it is. */
interface PlacedKey {
  readonly keyId: string
  readonly endpoint: string
  readonly region: string
}
export interface KmsRequest extends PlacedKey {
  readonly type: 'kms' | 'kms-mrk'
}
export interface KmsDiscoveryRequest {
  readonly type: 'kms-discovery'
  readonly endpoint: string
  readonly accounts: readonly string[] | 'any'
  readonly partition: string | undefined
  /** Undefined: every Region that a message names. */
  readonly region: string | undefined
}
export interface KmsRsaRequest extends PlacedKey {
  readonly type: 'kms-rsa'
  readonly padding: 'OAEP_SHA1' | 'OAEP_SHA256'
  /** PEM. Undefined: KMS is asked for it. */
  readonly publicKey: string | undefined
}
export interface KmsEcdhRequest extends PlacedKey {
  readonly type: 'kms-ecdh'
  readonly curve: Curve
  readonly schema: 'static' | 'discovery'
  /** The own public key in PEM. Undefined: KMS is asked for it. */
  readonly publicKey: string | undefined
  readonly recipientPublicKey: string | undefined
}
type Curve = 'P-256' | 'P-384' | 'P-521'

/** A keyring of KMS keys. */
export type KmsKeyringRequest = KmsRequest | KmsDiscoveryRequest | KmsRsaRequest | KmsEcdhRequest

const key = { keyId: text, endpoint: text, region: optional(text) }
const accounts: FieldReader<readonly string[] | 'any'> = (value, name) => (value === 'any' ? value : texts(value, name))

/** Reads a keyring of KMS keys; undefined where the type is of another kind. */
export function readKmsKeyring(type: unknown, fields: Fields): KmsKeyringRequest | undefined {
  if (type === 'kms' || type === 'kms-mrk') return { type, ...placed(readFields(type, fields, key)) }
  if (type === 'kms-discovery') {
    return { type, ...readFields(type, fields, { endpoint: text, accounts, partition: optional(text), region: optional(text) }) }
  }
  if (type === 'kms-rsa') {
    const padding = optional(oneOf<KmsRsaRequest['padding']>('OAEP_SHA1', 'OAEP_SHA256'))
    const read = readFields(type, fields, { ...key, publicKey: optional(text), padding })
    return { type, ...placed(read), publicKey: read.publicKey, padding: read.padding ?? 'OAEP_SHA256' }
  }
  return type === 'kms-ecdh' ? readEcdh(fields) : undefined
}

/** The schema is static where there is a recipient, and the curve is the recipient's, unless they are said. */
function readEcdh(fields: Fields): KmsEcdhRequest {
  const read = readFields('kms-ecdh', fields, {
    ...key,
    curve: optional(oneOf<Curve>('P-256', 'P-384', 'P-521')),
    schema: optional(oneOf<KmsEcdhRequest['schema']>('static', 'discovery')),
    publicKey: optional(text),
    recipientPublicKey: optional(text),
  })
  const { publicKey, recipientPublicKey } = read
  const curve = read.curve ?? curveOf(recipientPublicKey ?? publicKey)
  if (curve === undefined) throw new RequestError('INPUT_INVALID', 'kms-ecdh: curve or a public key is needed')
  const schema = read.schema ?? (recipientPublicKey === undefined ? 'discovery' : 'static')
  return { type: 'kms-ecdh', ...placed(read), curve, schema, publicKey, recipientPublicKey }
}

const curves: Readonly<Record<string, Curve>> = { prime256v1: 'P-256', secp384r1: 'P-384', secp521r1: 'P-521' }

function curveOf(pem: string | undefined): Curve | undefined {
  return pem === undefined ? undefined : curves[createPublicKey(pem).asymmetricKeyDetails?.namedCurve ?? '']
}

function placed({ keyId, endpoint, region }: Omit<PlacedKey, 'region'> & { readonly region: string | undefined }): PlacedKey {
  return { keyId, endpoint, region: region ?? keyId.split(':')[3] ?? '' }
}
