/**
 * Client-side encryption of Amazon S3 objects: the formats of the S3 Encryption Client, and AWS Encryption SDK messages as objects.
 *
 * Begin with {@link withEncryption}; without the SDK, with {@link encryptObject} and {@link decryptObject}.
 *
 * @module @strongroom/s3
 */
export type {
  AdditionalKey,
  ObjectEncryptionConfig,
  ObjectEncryptionSettings,
  ObjectKeyring,
  ObjectMaterials,
  ReadFormat,
  WrittenFormat,
} from './config.ts'
export type { DecryptedObject, DecryptObjectCall, DecryptObjectOptions, ObjectFacts, StoredObject } from './decrypt-object.ts'
export { decryptObject, decryptObjectStream } from './decrypt-object.ts'
export type { EncryptedObject, EncryptObjectCall, EncryptObjectOptions, EncryptObjectStreamOptions } from './encrypt-object.ts'
export { encryptObject, encryptObjectStream } from './encrypt-object.ts'
export type { UploadEvents, UploadProgress } from './encrypted-upload.ts'
export { EncryptedUpload } from './encrypted-upload.ts'
export type { ObjectMetadata } from './envelope/entries.ts'
export type { InstructionFile, MetadataRecord } from './envelope/write-envelope.ts'
export type { S3ErrorCode } from './errors.ts'
export { headersFromMetadata, metadataFromHeaders } from './metadata-headers.ts'
export type { ObjectRangeSource, ObjectRanges, ReadRangeOptions } from './object-ranges.ts'
export { openObjectRanges } from './object-ranges.ts'
export type { ObjectOptions } from './plugin/call-options.ts'
export { objectOptions } from './plugin/call-options.ts'
export type { ObjectLocation, S3EncryptionConfig, S3EncryptionSettings } from './plugin-config.ts'
export type { S3EncryptionPlugin, S3EncryptionPluginConfig } from './s3-encryption.ts'
export { s3Encryption } from './s3-encryption.ts'
export type { EncryptedUploadOptions, EncryptedUploadParams } from './upload/upload-options.ts'
export { withEncryption } from './with-encryption.ts'
