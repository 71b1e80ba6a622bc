/** A number of DynamoDB's: the digits without zeros at either end, times ten to the exponent. Zero has no digits. */
export interface DecimalNumber {
  readonly negative: boolean
  readonly digits: string
  readonly exponent: number
}

/** Reads the texts that DynamoDB takes for numbers; what is none counts as zero, since the engine refuses it anyway. */
export function parseNumber(text: string): DecimalNumber {
  const [, sign, whole = '', fraction = '', exponent = '0'] = /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/.exec(text) ?? []
  const digits = `${whole}${fraction}`.replace(/^0+/, '')
  const significant = digits.replace(/0+$/, '')
  if (significant === '') return { negative: false, digits: '', exponent: 0 }
  return {
    negative: sign === '-',
    digits: significant,
    exponent: Number(exponent) - fraction.length + digits.length - significant.length,
  }
}

/** One text for all the ways to write a number: 1, 1.0 and 10e-1 are the same. */
export function canonicalNumber(text: string): string {
  const { negative, digits, exponent } = parseNumber(text)
  return `${negative ? '-' : ''}${digits}e${exponent}`
}

/** Negative, zero or positive, as the first number is less, equal or greater. */
export function compareNumbers(a: string, b: string): number {
  const [first, second] = [parseNumber(a), parseNumber(b)]
  const signs = signOf(first) - signOf(second)
  if (signs !== 0) return signs
  const magnitudes = compareMagnitudes(first, second)
  return first.negative ? 0 - magnitudes : magnitudes
}

function signOf({ negative, digits }: DecimalNumber): number {
  if (digits === '') return 0
  return negative ? -1 : 1
}

function compareMagnitudes(a: DecimalNumber, b: DecimalNumber): number {
  const orders = a.digits.length + a.exponent - (b.digits.length + b.exponent)
  if (orders !== 0) return orders
  const length = Math.max(a.digits.length, b.digits.length)
  const [first, second] = [a.digits.padEnd(length, '0'), b.digits.padEnd(length, '0')]
  if (first === second) return 0
  return first < second ? -1 : 1
}
