/**
 * The signed attributes of an item, one after the other, as the signature covers them (integers big-endian, sizes in bytes).
 *
 *     canonicalPath | length(8) | label(9) | type(2) | content(length)
 *
 *     encrypted: label "ENCRYPTED", content ciphertext | tag(16)
 *     clear:     label "PLAINTEXT", content the serialised value
 *
 * One buffer holds them all, in the order of canonical paths. Values are encrypted and decrypted where they lie.
 *
 * Source: DB-ESDK specification, "Structured Encryption Footer", "Canonical Record".
 */
import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { ByteWriter } from './byte-writer.ts'
import { ENCRYPTED } from './item-header.ts'
import type { ResolvedTable } from './table.ts'
import { writeValue } from './write-value.ts'

/** Bytes of a type identifier, in front of a value. */
export const TYPE = 2
/** Bytes of the tag behind a ciphertext. */
export const TAG = 16
const LENGTH = 8
/** Items of a table are alike: the buffer of one is as large as the last one needed, within bounds. */
const LEAST_CAPACITY = 1024
const MOST_CAPACITY = 65_536
let usualCapacity = LEAST_CAPACITY
const labels = { encrypted: Buffer.from('ENCRYPTED', 'latin1'), clear: Buffer.from('PLAINTEXT', 'latin1') }

/** Where an attribute lies in the buffer. */
export interface Field {
  readonly name: string
  /** Its letter of the legend. */
  readonly letter: number
  /** Start of the canonical path. */
  readonly path: number
  readonly pathEnd: number
  /** Start of the type identifier. */
  readonly start: number
  readonly end: number
}

/** The buffer of an item, and what lies where. */
export class ItemFields {
  readonly fields: readonly Field[]
  /** Those that are encrypted. */
  readonly encrypted: readonly Field[]
  readonly #out: ByteWriter

  private constructor(fields: readonly Field[], out: ByteWriter) {
    this.fields = fields
    this.encrypted = fields.filter(({ letter }) => letter === ENCRYPTED)
    this.#out = out
  }

  /** Lays out attributes with `write`, which writes type and content of each. */
  static of(
    table: ResolvedTable,
    attributes: readonly { readonly name: string; readonly letter: number }[],
    write: (out: ByteWriter, name: string, letter: number) => void,
  ): ItemFields {
    const out = new ByteWriter(usualCapacity)
    const fields: Field[] = []
    try {
      for (const { name, letter } of attributes) {
        const path = out.length
        out.data(table.pathOf(name))
        const pathEnd = out.length
        const length = out.skip(LENGTH)
        out.data(letter === ENCRYPTED ? labels.encrypted : labels.clear)
        const start = out.length
        write(out, name, letter)
        const end = out.length
        out.u32At(length, 0)
        out.u32At(length + 4, end - start - TYPE)
        fields.push({ name, letter, path, pathEnd, start, end })
      }
    } catch (error) {
      out.release()
      throw error
    }
    usualCapacity = Math.min(MOST_CAPACITY, Math.max(LEAST_CAPACITY, out.length))
    return new ItemFields(fields, out)
  }

  /** The same buffer with other letters. What is encrypted stays so. */
  relabelled(letterOf: (name: string) => number): ItemFields {
    return new ItemFields(
      this.fields.map((field) => ({ ...field, letter: letterOf(field.name) })),
      this.#out,
    )
  }

  /** All of it, as the signature covers it; a view. */
  get bytes(): Buffer {
    return this.#out.bytes
  }

  /** Bytes of all values, without types and without tags. */
  get contentBytes(): number {
    return this.fields.reduce((sum, { start, end, letter }) => sum + end - start - TYPE - (letter === ENCRYPTED ? TAG : 0), 0)
  }

  /** The legend of the header. */
  get legend(): Uint8Array {
    return Uint8Array.from(this.fields, ({ letter }) => letter)
  }

  /** Type and content of a field; a view. */
  valueOf({ start, end }: Field): Buffer {
    return this.bytes.subarray(start, end)
  }

  /** The canonical path of a field; a view. */
  pathOf({ path, pathEnd }: Field): Buffer {
    return this.bytes.subarray(path, pathEnd)
  }

  /** Overwrites everything and lets go of it. Views of it must not be used any more. */
  release(): void {
    this.#out.release()
  }
}

/** Writes a value that is going to be encrypted: with room for its tag. */
export function writeForEncryption(out: ByteWriter, value: AttributeValue): void {
  writeValue(out, value)
  out.skip(TAG)
}
