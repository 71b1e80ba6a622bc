import { type ErrorDetails, StrongroomError } from '@strongroom/core'

/** Every code that `@strongroom/dynamodb` throws, beside those of the core. The set is closed. */
export type DynamoDBErrorCode =
  /** The item is damaged, forged, or not for these keys. Deliberately coarse. */
  | 'ITEM_INVALID'
  /** The item covers other attributes than the configuration calls signed. Told before anything is decrypted, so of an item that may be forged too. */
  | 'ITEM_MISMATCH'
  /** The item is not encrypted, and the configuration does not let such items be read. */
  | 'ITEM_NOT_ENCRYPTED'
  /** A written item has an attribute that the configuration has no action for. */
  | 'ATTRIBUTE_NOT_CONFIGURED'
  /** A written item uses a name that belongs to the format (`aws_dbe_…`). */
  | 'ATTRIBUTE_RESERVED'
  /** A written item lacks a key or an attribute of the encryption context. */
  | 'ATTRIBUTE_MISSING'
  /** An attribute has a value that DynamoDB, the format or the declared type does not allow. */
  | 'ATTRIBUTE_INVALID'
  /** An expression compares an encrypted attribute, of which DynamoDB has ciphertext only. */
  | 'ATTRIBUTE_ENCRYPTED'
  /** The client or middleware stack encrypts already. */
  | 'ALREADY_APPLIED'
  /** The call is about a table that `tables` does not have, and `otherTables` is not `pass`. */
  | 'TABLE_NOT_CONFIGURED'
  /** The operation is not known, or is not supported on an encrypted table. */
  | 'OPERATION_UNSUPPORTED'
  /** A legacy parameter is not supported on an encrypted table. */
  | 'PARAMETER_UNSUPPORTED'
  /** An expression cannot be understood, or an update cannot be made to the item. */
  | 'EXPRESSION_INVALID'
  /** An update expression changes signed attributes, and `updates` is not `rewrite`. */
  | 'UPDATE_FORBIDDEN'
  /** Others changed the item in between, in every attempt to update it. */
  | 'UPDATE_CONFLICT'
  /** An item is larger than DynamoDB takes, once it is encrypted. */
  | 'ITEM_TOO_LARGE'
  /** A batch, a transaction or an expression is larger than DynamoDB takes, once its items are encrypted. */
  | 'REQUEST_TOO_LARGE'
  /** An operation answered items that cannot be decrypted. */
  | 'ITEMS_UNDECRYPTABLE'
  /** The serialised request is not what was encrypted for it. Nothing was sent. */
  | 'PLAINTEXT_REFUSED'

/** Structured facts of an error; each is safe to log. */
export interface DynamoDBErrorDetails extends ErrorDetails {
  /** Name of the table, as the configuration calls it. */
  readonly table?: string | undefined
  /** Name of the attribute at fault; never its value. */
  readonly attribute?: string | undefined
}

/** An error about a table's items. */
export class DynamoDBEncryptionError<Code extends string = DynamoDBErrorCode> extends StrongroomError<Code> {
  /** Name of the table, as the configuration calls it. */
  declare readonly table?: string
  /** Name of the attribute at fault, where one is; never its value. */
  declare readonly attribute?: string

  /** `message` says what went wrong, where, and the remedy; no secret and no plaintext. `details` become fields. */
  constructor(code: Code, message: string, details: DynamoDBErrorDetails = {}) {
    super(code, message, details)
    if (details.table !== undefined) this.table = details.table
    if (details.attribute !== undefined) this.attribute = details.attribute
  }

  /** Always `DynamoDBEncryptionError`, or the name of the subclass. */
  override get name(): string {
    return 'DynamoDBEncryptionError'
  }
}

/** The one error of an item that does not decrypt; which check failed stays untold. `cause` is only what says nothing about the checks. */
export function itemInvalid(table: string | undefined, cause?: unknown): DynamoDBEncryptionError<'ITEM_INVALID'> {
  const item = table === undefined ? 'The item' : `The item of table ${table}`
  return new DynamoDBEncryptionError(
    'ITEM_INVALID',
    `${item} cannot be decrypted: it is damaged, forged, of another logical table, or not for these keys.`,
    cause === undefined ? { table } : { table, cause },
  )
}

/** An attribute's name, for messages: short, and quoted. */
export function shown(attribute: string): string {
  return JSON.stringify(attribute.length > 64 ? `${attribute.slice(0, 64)}…` : attribute)
}

/** An error of a limit that an option sets, or the format. */
export function limitExceeded(option: string | undefined, message: string): StrongroomError<'LIMIT_EXCEEDED'> {
  return new StrongroomError('LIMIT_EXCEEDED', message, option === undefined ? {} : { option })
}

/** Something that the format does not take, before it is known whose it is. Says what is wrong as the end of a sentence, and nothing of the value. */
export class ValueError extends Error {}
