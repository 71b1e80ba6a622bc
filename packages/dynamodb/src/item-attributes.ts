/** Names with this prefix belong to the format. */
export const RESERVED_PREFIX = 'aws_dbe_'
/** Attribute that holds the header. */
export const HEAD = 'aws_dbe_head'
/** Attribute that holds the footer. */
export const FOOT = 'aws_dbe_foot'

/** Whether a name belongs to the format. */
export function isReserved(attribute: string): boolean {
  return attribute.startsWith(RESERVED_PREFIX)
}

/** Whether an item has what every encrypted item has; whether it decrypts is not asked. */
export function isEncryptedItem(item: Readonly<Record<string, unknown>>): boolean {
  return Object.hasOwn(item, HEAD) && Object.hasOwn(item, FOOT)
}
