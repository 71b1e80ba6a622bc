import type { Fields } from '../../protocol.ts'
import type { Exchange } from './exchange.ts'

/** Items of the AWS Database Encryption SDK; the plaintext of a case is the DynamoDB JSON of one. */
export const items: Exchange = {
  async write({ plaintext, write }, ask) {
    return ask({ op: 'ddb.encryptItem', item: JSON.parse(plaintext.toString()), config: write['config'] })
  },

  async read({ tamper, request }, written, ask) {
    const item = Buffer.from(JSON.stringify(written['item']))
    return ask({ op: 'ddb.decryptItem', item: JSON.parse((tamper === undefined ? item : tamper(item)).toString()), ...request })
  },

  problem(answer, { plaintext }) {
    const [found, expected] = [answer['item'], JSON.parse(plaintext.toString()) as Fields].map((item) => JSON.stringify(canonical(item)))
    return found === expected ? undefined : `another item: ${found}`
  },
}

/** Neither the order of attributes and of members of a set nor the way that a number is written is part of an item. */
function canonical(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(canonical)
  const entries = Object.entries(value).map(([name, part]) => {
    if (name === 'N' && typeof part === 'string') return [name, Number(part)] as const
    if (name === 'NS' && Array.isArray(part)) return [name, part.map(Number).sort((a, b) => a - b)] as const
    if ((name === 'SS' || name === 'BS') && Array.isArray(part)) return [name, part.toSorted()] as const
    return [name, canonical(part)] as const
  })
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)))
}
