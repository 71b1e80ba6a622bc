import { hkdfSync, randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { SecretBytes } from '../secret-bytes.ts'
import { type SuiteId, suiteById, suites } from '../suite.ts'
import { commitmentMatches, deriveKeys } from './key-derivation.ts'

function input(suiteId: SuiteId): { bytes: Buffer; dataKey: SecretBytes; messageId: Buffer } {
  const suite = suiteById(suiteId)
  const bytes = randomBytes(suite.dataKeyLength)
  return { bytes, dataKey: SecretBytes.copyOf(bytes), messageId: randomBytes(suite.messageVersion === 1 ? 16 : 32) }
}

const hkdf = (hash: string, key: Uint8Array, salt: Uint8Array, info: Buffer, length: number): string =>
  Buffer.from(hkdfSync(hash, key, salt, info, length)).toString('hex')

describe.each(suites.map(({ id }) => id))('suite %s', (id) => {
  const suite = suiteById(id)
  const wireId = Buffer.from(id, 'hex')

  it('derives what HKDF of the runtime derives', () => {
    const { bytes, dataKey, messageId } = input(id)
    const { contentKey, commitKey } = deriveKeys(suite, dataKey, messageId)
    const content = contentKey.export().toString('hex')
    if (suite.kdfHash === undefined) expect(content).toBe(bytes.toString('hex'))
    else if (suite.commits) {
      expect(content).toBe(hkdf('sha512', bytes, messageId, Buffer.concat([wireId, Buffer.from('DERIVEKEY')]), 32))
      expect(Buffer.from(commitKey as Uint8Array).toString('hex')).toBe(hkdf('sha512', bytes, messageId, Buffer.from('COMMITKEY'), 32))
    } else {
      const info = Buffer.concat([wireId, messageId])
      expect(content).toBe(hkdf(suite.kdfHash, bytes, Buffer.alloc(0), info, suite.dataKeyLength))
    }
    expect(commitKey === undefined).toBe(!suite.commits)
    expect(contentKey.symmetricKeySize).toBe(suite.dataKeyLength)
  })

  it('leaves the data key as it was', () => {
    const { bytes, dataKey, messageId } = input(id)
    deriveKeys(suite, dataKey, messageId)
    expect(dataKey.equals(SecretBytes.copyOf(bytes))).toBe(true)
  })
})

it('leaves the message id out where the .NET 4.0.0 defect is reproduced', () => {
  const suite = suiteById('0378')
  const { bytes, dataKey, messageId } = input('0378')
  const { contentKey } = deriveKeys(suite, dataKey, messageId, 'suite-only')
  expect(contentKey.export().toString('hex')).toBe(hkdf('sha384', bytes, Buffer.alloc(0), Buffer.from('0378', 'hex'), 32))
})

describe('commitments match', () => {
  const one = randomBytes(32)

  it('only where they are equal', () => {
    expect(commitmentMatches(one, Uint8Array.from(one))).toBe(true)
    for (let bit = 0; bit < 256; bit += 1) {
      const other = Uint8Array.from(one)
      other[bit >> 3] = (other[bit >> 3] as number) ^ (1 << (bit & 7))
      expect(commitmentMatches(one, other)).toBe(false)
    }
  })

  it('only at the same length, and only where both or none are there', () => {
    expect(commitmentMatches(one, one.subarray(1))).toBe(false)
    expect(commitmentMatches(one, new Uint8Array(0))).toBe(false)
    expect(commitmentMatches(one, undefined)).toBe(false)
    expect(commitmentMatches(undefined, one)).toBe(false)
    expect(commitmentMatches(undefined, undefined)).toBe(true)
  })
})
