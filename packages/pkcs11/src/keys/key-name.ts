import { isText, type OptionCheck } from '@strongroom/core/options'

const MOST_ALIAS_BYTES = 128
const MOST_VERSION = 999_999
const DIGITS = 4

/**
 * The name of one version of a key: `alias/v0001`. It is the label of the key in the HSM (CKA_LABEL), and the key's name in messages. Rotation makes
 * the next version; no key is ever renamed, which some HSMs cannot do.
 */
export function keyLabel(alias: string, version: number): string {
  return `${alias}/v${String(version).padStart(DIGITS, '0')}`
}

/** The version in a name, where it is one of this alias, written as `keyLabel` writes it; else undefined. */
export function versionOf(alias: string, name: string): number | undefined {
  const digits = name.startsWith(`${alias}/v`) ? name.slice(alias.length + 2) : ''
  if (!/^\d{4,6}$/.test(digits)) return undefined
  const version = Number(digits)
  return version >= 1 && keyLabel(alias, version) === name ? version : undefined
}

/** An alias: what all versions of a key have in common. */
export const isAlias: OptionCheck = (value) => {
  const wrong = isText(value)
  if (wrong !== undefined) return wrong
  const fits =
    Buffer.byteLength(value as string) <= MOST_ALIAS_BYTES && !/[\p{Cc}\p{Cf}]/u.test(value as string) && (value as string).trim() === value
  return fits ? undefined : `have at most ${MOST_ALIAS_BYTES} bytes, no control characters, and no blanks around it`
}

/** A version of a key. */
export const isVersion: OptionCheck = (value) =>
  Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= MOST_VERSION
    ? undefined
    : `be a whole number from 1 to ${MOST_VERSION}`
