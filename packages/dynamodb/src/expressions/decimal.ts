/** Digits of precision that DynamoDB keeps. */
const MAX_DIGITS = 38

interface Decimal {
  readonly digits: bigint
  /** Power of ten that the digits are times. */
  readonly exponent: number
}

/**
 * Adds two numbers of DynamoDB exactly, or takes the second from the first. Undefined where the outcome, or one of the two, is no number that
 * DynamoDB can hold: more than 38 digits, or a magnitude from 1e126.
 */
export function addNumbers(left: string, right: string, sign: 1 | -1): string | undefined {
  const [one, other] = [parse(left), parse(right)]
  if (one === undefined || other === undefined) return undefined
  const exponent = Math.min(one.exponent, other.exponent)
  const scaled = ({ digits, exponent: own }: Decimal) => digits * 10n ** BigInt(own - exponent)
  return write({ digits: scaled(one) + BigInt(sign) * scaled(other), exponent })
}

function parse(text: string): Decimal | undefined {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/.exec(text)
  const [, sign = '', whole = '', fraction = '', power = '0'] = match ?? []
  if (match === null || whole + fraction === '' || whole.length + fraction.length > 512) return undefined
  const exponent = Number(power) - fraction.length
  if (Math.abs(exponent) > 640) return undefined
  return { digits: BigInt(`${whole}${fraction}`) * (sign === '-' ? -1n : 1n), exponent }
}

function write({ digits, exponent }: Decimal): string | undefined {
  if (digits === 0n) return '0'
  const sign = digits < 0n ? '-' : ''
  const all = (digits < 0n ? -digits : digits).toString()
  const significant = all.replace(/0+$/, '')
  const power = exponent + all.length - significant.length
  const magnitude = power + significant.length - 1
  if (significant.length > MAX_DIGITS || magnitude > 125 || magnitude < -130) return undefined
  if (power >= 0) return `${sign}${significant}${'0'.repeat(power)}`
  const padded = significant.padStart(1 - power, '0')
  return `${sign}${padded.slice(0, power)}.${padded.slice(power)}`
}
