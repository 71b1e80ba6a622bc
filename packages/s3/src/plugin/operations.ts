/**
 * What becomes of an operation on an encrypted client: it encrypts or decrypts a body, is adapted so that it keeps or tells of an envelope, passes
 * as it is, or is refused.
 */
export type OperationKind = 'encrypts' | 'decrypts' | 'adapts' | 'passes' | 'refuses'

const encrypts = ['PutObject']
const decrypts = ['GetObject']
const adapts = ['HeadObject', 'GetObjectAttributes', 'CopyObject', 'DeleteObject', 'DeleteObjects', 'RenameObject', 'RestoreObject']

/** Operations that would send plaintext or take ciphertext apart, with what to do instead. */
const refusals: ReadonlyMap<string, string> = new Map([
  ['CreateMultipartUpload', 'Use EncryptedUpload, which encrypts the whole as one and uploads it in parts.'],
  ['UploadPart', 'Use EncryptedUpload, which encrypts the whole as one and uploads it in parts.'],
  ['UploadPartCopy', 'An object that is put together of parts of others cannot be decrypted. Use CopyObject, or read and write it anew.'],
  ['SelectObjectContent', 'S3 cannot look into an encrypted object. Read it and select from the plaintext.'],
  [
    'WriteGetObjectResponse',
    'The answer of an S3 Object Lambda is not stored, and nothing encrypts it. Use a client without encryption for it.',
  ],
  ['PutObjectAnnotation', 'Annotations are not encrypted. Use a client without encryption for what may stand in the clear.'],
])

const passes = [
  'AbortMultipartUpload',
  'CompleteMultipartUpload',
  'CreateBucket',
  'CreateBucketMetadataConfiguration',
  'CreateBucketMetadataTableConfiguration',
  'CreateSession',
  'DeleteBucket',
  'DeleteBucketAnalyticsConfiguration',
  'DeleteBucketCors',
  'DeleteBucketEncryption',
  'DeleteBucketIntelligentTieringConfiguration',
  'DeleteBucketInventoryConfiguration',
  'DeleteBucketLifecycle',
  'DeleteBucketMetadataConfiguration',
  'DeleteBucketMetadataTableConfiguration',
  'DeleteBucketMetricsConfiguration',
  'DeleteBucketOwnershipControls',
  'DeleteBucketPolicy',
  'DeleteBucketReplication',
  'DeleteBucketTagging',
  'DeleteBucketWebsite',
  'DeleteObjectAnnotation',
  'DeleteObjectTagging',
  'DeletePublicAccessBlock',
  'GetBucketAbac',
  'GetBucketAccelerateConfiguration',
  'GetBucketAcl',
  'GetBucketAnalyticsConfiguration',
  'GetBucketCors',
  'GetBucketEncryption',
  'GetBucketIntelligentTieringConfiguration',
  'GetBucketInventoryConfiguration',
  'GetBucketLifecycleConfiguration',
  'GetBucketLocation',
  'GetBucketLogging',
  'GetBucketMetadataConfiguration',
  'GetBucketMetadataTableConfiguration',
  'GetBucketMetricsConfiguration',
  'GetBucketNotificationConfiguration',
  'GetBucketOwnershipControls',
  'GetBucketPolicy',
  'GetBucketPolicyStatus',
  'GetBucketReplication',
  'GetBucketRequestPayment',
  'GetBucketTagging',
  'GetBucketVersioning',
  'GetBucketWebsite',
  'GetObjectAcl',
  'GetObjectAnnotation',
  'GetObjectLegalHold',
  'GetObjectLockConfiguration',
  'GetObjectRetention',
  'GetObjectTagging',
  'GetObjectTorrent',
  'GetPublicAccessBlock',
  'HeadBucket',
  'ListBucketAnalyticsConfigurations',
  'ListBucketIntelligentTieringConfigurations',
  'ListBucketInventoryConfigurations',
  'ListBucketMetricsConfigurations',
  'ListBuckets',
  'ListDirectoryBuckets',
  'ListMultipartUploads',
  'ListObjectAnnotations',
  'ListObjectVersions',
  'ListObjects',
  'ListObjectsV2',
  'ListParts',
  'PutBucketAbac',
  'PutBucketAccelerateConfiguration',
  'PutBucketAcl',
  'PutBucketAnalyticsConfiguration',
  'PutBucketCors',
  'PutBucketEncryption',
  'PutBucketIntelligentTieringConfiguration',
  'PutBucketInventoryConfiguration',
  'PutBucketLifecycleConfiguration',
  'PutBucketLogging',
  'PutBucketMetricsConfiguration',
  'PutBucketNotificationConfiguration',
  'PutBucketOwnershipControls',
  'PutBucketPolicy',
  'PutBucketReplication',
  'PutBucketRequestPayment',
  'PutBucketTagging',
  'PutBucketVersioning',
  'PutBucketWebsite',
  'PutObjectAcl',
  'PutObjectLegalHold',
  'PutObjectLockConfiguration',
  'PutObjectRetention',
  'PutObjectTagging',
  'PutPublicAccessBlock',
  'UpdateBucketMetadataAnnotationTableConfiguration',
  'UpdateBucketMetadataInventoryTableConfiguration',
  'UpdateBucketMetadataJournalTableConfiguration',
  'UpdateObjectEncryption',
]

const kinds: ReadonlyMap<string, OperationKind> = new Map([
  ...encrypts.map((name): [string, OperationKind] => [name, 'encrypts']),
  ...decrypts.map((name): [string, OperationKind] => [name, 'decrypts']),
  ...adapts.map((name): [string, OperationKind] => [name, 'adapts']),
  ...passes.map((name): [string, OperationKind] => [name, 'passes']),
  ...[...refusals.keys()].map((name): [string, OperationKind] => [name, 'refuses']),
])

/** Names of all operations that are known. */
export const operationNames: readonly string[] = [...kinds.keys()]

/** What becomes of an operation; undefined where it is not known, and nobody can tell whether it carries plaintext. */
export function operationKind(operation: string): OperationKind | undefined {
  return kinds.get(operation)
}

/** What to do instead of an operation that is refused. */
export function remedyFor(operation: string): string {
  return (
    refusals.get(operation) ??
    'It is not known to this version, so it cannot be told whether it carries plaintext. Use a client without encryption for it.'
  )
}

/** An operation by the name of its command. */
export function operationOf(commandName: string): string {
  return commandName.replace(/Command$/, '')
}
