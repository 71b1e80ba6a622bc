import { bytes, type FieldReader, flag, number, object, oneOf, optional, type Read, readFields, stringMap, text, texts } from './fields.ts'
import type { Fields } from './protocol.ts'

const policy = optional(oneOf('FORBID_ENCRYPT_ALLOW_DECRYPT', 'REQUIRE_ENCRYPT_ALLOW_DECRYPT', 'REQUIRE_ENCRYPT_REQUIRE_DECRYPT'))

const encryptFields = {
  keyring: object,
  plaintext: bytes,
  suite: optional(text),
  commitmentPolicy: policy,
  frameLength: optional(number),
  encryptionContext: optional(stringMap),
  requiredKeys: optional(texts),
  maxEncryptedDataKeys: optional(number),
  stream: optional(flag),
  chunk: optional(number),
}

const decryptFields = {
  keyring: object,
  ciphertext: bytes,
  commitmentPolicy: policy,
  encryptionContext: optional(stringMap),
  requiredKeys: optional(texts),
  maxEncryptedDataKeys: optional(number),
  stream: optional(flag),
  chunk: optional(number),
  legacyNetRetry: optional(flag),
}

/** A request to `esdk.encrypt`. */
export type EncryptRequest = Read<typeof encryptFields>
/** A request to `esdk.decrypt`. */
export type DecryptRequest = Read<typeof decryptFields>

/** Reads a request to `esdk.encrypt`; fields named in `instead` are read by those readers. */
export function readEncrypt(fields: Fields, instead: Record<string, FieldReader<undefined>> = {}): EncryptRequest {
  return readFields('esdk.encrypt', fields, { ...encryptFields, ...instead }) as EncryptRequest
}

/** Reads a request to `esdk.decrypt`; fields named in `instead` are read by those readers. */
export function readDecrypt(fields: Fields, instead: Record<string, FieldReader<undefined>> = {}): DecryptRequest {
  return readFields('esdk.decrypt', fields, { ...decryptFields, ...instead }) as DecryptRequest
}
