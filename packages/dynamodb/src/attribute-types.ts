/**
 * Values of attributes as they are encrypted and signed (integers big-endian, sizes in bytes).
 *
 *     NULL 0000  nothing
 *     S    0001  UTF-8
 *     N    0002  the normal form of the number, UTF-8
 *     BOOL 0004  00 or 01
 *     B    FFFF  the bytes
 *     SS   0101, NS 0102, BS 01FF   count(4), then for each length(4) bytes; in ascending order, of UTF-16 code units or of bytes
 *     M    0200  count(4), then for each, in ascending order of UTF-16 code units of the keys: 0001 keyLength(4) key type(2) length(4) value
 *     L    0300  count(4), then for each type(2) length(4) value
 *
 * Source: DB-ESDK specification, "DynamoDB Item Conversion".
 */

/** The types of attributes, as the SDK names them. */
export type AttributeTypeName = 'NULL' | 'S' | 'N' | 'BOOL' | 'B' | 'SS' | 'NS' | 'BS' | 'M' | 'L'

/** Their identifiers on the wire. */
export const typeIds: Readonly<Record<AttributeTypeName, number>> = {
  NULL: 0x0000,
  S: 0x0001,
  N: 0x0002,
  BOOL: 0x0004,
  B: 0xffff,
  SS: 0x0101,
  NS: 0x0102,
  BS: 0x01ff,
  M: 0x0200,
  L: 0x0300,
}

/** The type with an identifier. */
export const typesById: ReadonlyMap<number, AttributeTypeName> = new Map(
  Object.entries(typeIds).map(([name, id]) => [id, name as AttributeTypeName]),
)

/** Deepest nesting of a value: a scalar is 1 deep. */
export const MAX_DEPTH = 32
