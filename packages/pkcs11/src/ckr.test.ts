import { createRequire } from 'node:module'
import { describe, expect, it } from 'vitest'
import { missingFor } from '../../../test/support/hsm.ts'
import { ckrRow, ckrTable } from './ckr.ts'
import { plans } from './token/recovery.ts'

describe('the table of return values', () => {
  it('takes what nobody foresaw for something that may pass, and names it', () => {
    expect(ckrRow(0x80000042)).toEqual({ name: 'CKR_0x80000042', is: 'busy' })
  })

  it('never tries a PIN, a ciphertext or a refused call again', () => {
    for (const { is } of ckrTable.values()) expect(plans.has(is)).toBe(!['pin', 'ciphertext', 'refused'].includes(is))
  })

  it('keeps no session that may be in the middle of something', () => {
    for (const { is, keepsSession } of ckrTable.values()) if (keepsSession) expect(['ciphertext', 'refused']).toContain(is)
  })

  it.skipIf(missingFor('softhsm2') === 'pkcs11js is not built')('has the names and numbers of the standard', () => {
    const binding = createRequire(import.meta.url)('pkcs11js') as Readonly<Record<string, unknown>>
    const known = [...ckrTable].filter(([, { name }]) => name in binding)
    expect(known.length).toBeGreaterThan(45)
    for (const [code, { name }] of known) expect([name, binding[name]]).toEqual([name, code])
  })
})
