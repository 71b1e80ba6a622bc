/**
 * The ARN of a KMS key.
 *
 *     arn : partition : kms : region : account : key/id       or alias/name
 *
 * Source: AWS Encryption SDK specification, "AWS KMS Key ARN". Parts are printable ASCII here, so that one read from a message is safe to log.
 */
export interface KeyArn {
  /** The whole ARN, as it was given. */
  readonly arn: string
  /** `aws`, `aws-cn`, `aws-us-gov`. */
  readonly partition: string
  /** The Region of the key, `eu-west-1`. */
  readonly region: string
  /** Id of the account that owns the key: 12 digits. */
  readonly account: string
  /** What the ARN names. */
  readonly resourceType: 'key' | 'alias'
  /** Key id or alias name, without its type. */
  readonly id: string
  /** Whether it names a multi-Region key, primary or replica. An alias never does. */
  readonly multiRegion: boolean
}

/** KMS takes no longer KeyId. */
const MAX_LENGTH = 2048
const GRAMMAR = /^arn:([!-9;-~]+):kms:([!-9;-~]+):([!-9;-~]+):(key|alias)\/([!-9;-~]+)$/

/** Parses a key or alias ARN; undefined for anything else. */
export function parseKeyArn(text: string): KeyArn | undefined {
  if (text.length > MAX_LENGTH) return undefined
  const match = GRAMMAR.exec(text)
  if (match === null) return undefined
  const [, partition, region, account, resourceType, id] = match as unknown as [
    string,
    string,
    string,
    string,
    KeyArn['resourceType'],
    string,
  ]
  return Object.freeze({
    arn: text,
    partition,
    region,
    account,
    resourceType,
    id,
    multiRegion: resourceType === 'key' && id.startsWith('mrk-'),
  })
}

/** Parses the provider info of an encrypted data key as the ARN of a key (not of an alias); undefined for anything else. */
export function keyArnFromBytes(bytes: Uint8Array): KeyArn | undefined {
  if (bytes.length > MAX_LENGTH) return undefined
  // Latin-1 maps bytes to characters one to one: what is not ASCII stays what the grammar refuses.
  const parsed = parseKeyArn(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1'))
  return parsed?.resourceType === 'key' ? parsed : undefined
}
