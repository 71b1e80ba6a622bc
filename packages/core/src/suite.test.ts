import { describe, expect, it } from 'vitest'
import { type SuiteId, suiteById, suiteByWireId, suites } from './suite.ts'

// From the table of the specification, "Supported Algorithm Suites", not from the code.
const specified: [SuiteId, number, 1 | 2, number, string | undefined, boolean, string | undefined][] = [
  ['0014', 0x0014, 1, 16, undefined, false, undefined],
  ['0046', 0x0046, 1, 24, undefined, false, undefined],
  ['0078', 0x0078, 1, 32, undefined, false, undefined],
  ['0114', 0x0114, 1, 16, 'sha256', false, undefined],
  ['0146', 0x0146, 1, 24, 'sha256', false, undefined],
  ['0178', 0x0178, 1, 32, 'sha256', false, undefined],
  ['0214', 0x0214, 1, 16, 'sha256', false, 'P-256'],
  ['0346', 0x0346, 1, 24, 'sha384', false, 'P-384'],
  ['0378', 0x0378, 1, 32, 'sha384', false, 'P-384'],
  ['0478', 0x0478, 2, 32, 'sha512', true, undefined],
  ['0578', 0x0578, 2, 32, 'sha512', true, 'P-384'],
]

it.each(specified)('suite %s is what the specification says', (id, wireId, messageVersion, dataKeyLength, kdfHash, commits, curve) => {
  const suite = suiteById(id)
  expect(suite).toMatchObject({ id, wireId, messageVersion, dataKeyLength, kdfHash, commits, cipher: `aes-${dataKeyLength * 8}-gcm` })
  expect(suite.signature?.curve).toBe(curve)
  expect(suiteByWireId(wireId)).toBe(suite)
  expect(Object.isFrozen(suite)).toBe(true)
})

describe('the suites', () => {
  it('are eleven', () => {
    expect(suites.map(({ id }) => id)).toEqual(specified.map(([id]) => id))
  })

  it.each([0x0000, 0x0015, 0x0070, 0x0072, 0x0073, 0x6700, 0x6701, 0xffff])('do not include 0x%s of other formats', (wireId) => {
    expect(suiteByWireId(wireId)).toBeUndefined()
  })

  it.each(['6700', '0x0478', '478', '__proto__', ''])('are not found by %j', (id) => {
    expect(() => suiteById(id as SuiteId)).toThrowError(expect.objectContaining({ code: 'OPTION_INVALID', option: 'suite' }))
  })
})
