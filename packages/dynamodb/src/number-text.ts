/** Most significant digits of a DynamoDB number. */
const MAX_DIGITS = 38
/** Powers of ten of the first significant digit. */
const LEAST_POWER = -130
const MOST_POWER = 125

const NUMBER = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/
/** Numbers that are in their normal form and within all limits, by their length: nearly all. */
const NORMAL = /^(?:0|-?[1-9]\d{0,37}|-?(?:0|[1-9]\d{0,18})\.\d{0,18}[1-9])$/

/**
 * The normal form of a number as text: plain decimal without exponent, leading or trailing zeros; undefined where it is none, or none that DynamoDB
 * holds.
 *
 * Source: DB-ESDK specification, "Number normalization".
 */
export function normaliseNumber(text: string): string | undefined {
  if (NORMAL.test(text)) return text
  const parts = NUMBER.exec(text)
  if (parts === null) return undefined
  const [, sign, whole = '', fraction = '', exponent = '0'] = parts
  const all = whole + fraction
  if (all === '') return undefined
  const start = firstOther(all)
  if (start === all.length) return '0'
  const end = lastOther(all)
  const digits = all.slice(start, end)
  const power = Number(exponent) - fraction.length + (all.length - end)
  const first = power + digits.length - 1
  if (digits.length > MAX_DIGITS || !(first >= LEAST_POWER && first <= MOST_POWER)) return undefined
  return (sign === '-' ? '-' : '') + plain(digits, power)
}

function plain(digits: string, power: number): string {
  if (power >= 0) return digits + '0'.repeat(power)
  const point = digits.length + power
  return point > 0 ? `${digits.slice(0, point)}.${digits.slice(point)}` : `0.${'0'.repeat(-point)}${digits}`
}

/** Index of the first digit that is not zero. No regular expression: the text may be long. */
function firstOther(digits: string): number {
  let at = 0
  while (at < digits.length && digits.charCodeAt(at) === 0x30) at += 1
  return at
}

/** Index behind the last digit that is not zero. */
function lastOther(digits: string): number {
  let at = digits.length
  while (at > 0 && digits.charCodeAt(at - 1) === 0x30) at -= 1
  return at
}
