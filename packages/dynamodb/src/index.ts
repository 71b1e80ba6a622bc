/**
 * Encryption of DynamoDB items, attribute by attribute, in the format of the AWS Database Encryption SDK.
 *
 * @module @strongroom/dynamodb
 */
export type { AttributeTypeName } from './attribute-types.ts'
export { backfill } from './backfill.ts'
export type { DynamoDBEncryptionConfig, DynamoDBEncryptionSettings, ItemKeyring, ItemMaterials } from './config.ts'
export type { DefinedTable, ItemOf, WithSchema } from './define-table.ts'
export { defineTable } from './define-table.ts'
export type { DataKeyDescription, DescribeItemOptions, ItemDescription } from './describe-item.ts'
export { describeItem } from './describe-item.ts'
export type { DynamoDBEncryptionPlugin, DynamoDBEncryptionPluginConfig } from './dynamodb-encryption.ts'
export { dynamodbEncryption } from './dynamodb-encryption.ts'
export type { DynamoDBErrorCode, DynamoDBErrorDetails } from './errors.ts'
export { DynamoDBEncryptionError } from './errors.ts'
export { ExpressionError } from './expressions/expression-error.ts'
export { isEncryptedItem } from './item-attributes.ts'
export { contextAttributes } from './item-context.ts'
export type {
  DecryptDocumentResult,
  DecryptItemResult,
  EncryptDocumentResult,
  EncryptItemResult,
  Item,
  ItemDocument,
  ItemEncryptor,
  ItemEncryptorOptions,
  RewrapItemResult,
  RewrapOptions,
} from './item-encryptor.ts'
export { createItemEncryptor } from './item-encryptor.ts'
export type { Checkpoint } from './migration/checkpoint.ts'
export type { FailedItem, WalkOptions, WalkProgress, WalkResult } from './migration/walk.ts'
export type { RejectedItemAction, RejectedItemHandler } from './plugin/plugin-config.ts'
export type { ItemRejectionClass, RejectedItem } from './plugin/rejected-item.ts'
export { isUndecryptableItemsError, UndecryptableItemsError } from './plugin/undecryptable-items-error.ts'
export type { RotateTableOptions } from './rotate-table.ts'
export { rotateTable } from './rotate-table.ts'
export type { DecryptedStreamRecord, DecryptStreamRecordOptions, StreamRecord } from './stream-record.ts'
export { decryptStreamRecord } from './stream-record.ts'
export type { Table } from './table.ts'
export type { AttributeAction, PlaintextOverride, TableConfig, TypedTable } from './table-config.ts'
export type {
  AttributeSchema,
  DocumentOf,
  DocumentsOf,
  DocumentTypes,
  EntitiesSchema,
  EntitySchema,
  IsOptional,
  OneDocument,
  OptionalNames,
  SingleEntitySchema,
  TableSchema,
  TableSettings,
  TypedAttribute,
  ValueOf,
  WithAttributes,
  WithEntities,
  WithType,
} from './table-schema.ts'
export { typed } from './table-schema.ts'
export type { UpdateItemOptions, UpdateItemResult } from './update-item.ts'
export { updateItem } from './update-item.ts'
export type { EncryptableClient } from './with-encryption.ts'
export { withEncryption } from './with-encryption.ts'
