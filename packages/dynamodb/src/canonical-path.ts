/**
 * The canonical path of a top-level attribute: it is signed with the attribute, authenticated with its ciphertext, and orders them all (integers
 * big-endian, sizes in bytes).
 *
 *     table name | depth(8) = 1 | '$' | UTF-16 code units of the attribute's name(8) | its UTF-8
 *
 * Source: DB-ESDK specification, "Canonical Path". The length is one of UTF-16 code units wherever the official clients run.
 */
import { compareUtf8 } from '@strongroom/core/keyring-tools'

/** The canonical path of an attribute. */
export function canonicalPath(tableName: string, attribute: string): Uint8Array {
  const table = Buffer.from(tableName, 'utf8')
  const name = Buffer.from(attribute, 'utf8')
  const path = Buffer.alloc(table.length + 8 + 1 + 8 + name.length)
  path.set(table)
  path.writeUInt32BE(1, table.length + 4)
  path.write('$', table.length + 8)
  path.writeUInt32BE(attribute.length, table.length + 13)
  path.set(name, table.length + 17)
  return path
}

/** Orders attributes as their canonical paths are ordered, byte by byte: shorter names first. */
export function compareAttributes(a: string, b: string): number {
  return a.length === b.length ? compareUtf8(a, b) : a.length - b.length
}
