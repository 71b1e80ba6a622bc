import { StrongroomError } from '@strongroom/core'

/** The value of an attribute: bytes, text, a flag, or a number of 32 bits. */
export type AttributeValue = Uint8Array | string | boolean | number

/** An attribute as the binding takes it. */
export interface NativeAttribute {
  readonly type: number
  readonly value?: AttributeValue
}

/** What an object is found by, or made with: attribute types and their values. */
export type Template = readonly (readonly [type: number, value: AttributeValue])[]

/**
 * Attributes as the binding takes them, each checked, with copies of the bytes.
 *
 * @throws `OPTION_INVALID`
 */
export function nativeTemplate(template: Template): NativeAttribute[] {
  return template.map(([type, value]) => {
    if (!isUint32(type)) throw bad('an attribute type that is not a whole number of 32 bits')
    if (value instanceof Uint8Array) return { type, value: Uint8Array.from(value) }
    if (typeof value === 'string') {
      // The binding would end it there.
      if (!value.isWellFormed() || value.includes('\0')) throw bad('text that is not UTF-8, or has a zero character in it')
      return { type, value }
    }
    if (typeof value === 'boolean' || isUint32(value)) return { type, value }
    throw bad('a value that is neither bytes, text, a flag nor a number of 32 bits')
  })
}

function isUint32(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < 2 ** 32
}

function bad(what: string): StrongroomError {
  return new StrongroomError('OPTION_INVALID', `A PKCS#11 template was given ${what}.`, { option: 'template' })
}
