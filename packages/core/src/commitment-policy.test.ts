import { expect, it } from 'vitest'
import { assertMayDecrypt, assertMayEncrypt, type CommitmentPolicy, commitmentPolicies, defaultSuite } from './commitment-policy.ts'
import { suites } from './suite.ts'

const table: [CommitmentPolicy, string, 'committing' | 'not committing', 'all' | 'committing'][] = [
  ['FORBID_ENCRYPT_ALLOW_DECRYPT', '0378', 'not committing', 'all'],
  ['REQUIRE_ENCRYPT_ALLOW_DECRYPT', '0578', 'committing', 'all'],
  ['REQUIRE_ENCRYPT_REQUIRE_DECRYPT', '0578', 'committing', 'committing'],
]

function allows(check: () => void): boolean {
  try {
    check()
    return true
  } catch (error) {
    expect(error).toMatchObject({ code: 'SUITE_FORBIDDEN', option: 'commitmentPolicy' })
    return false
  }
}

it.each(table)('%s writes %s unless told otherwise, may write suites that are %s and read %s', (policy, suiteId, writes, reads) => {
  expect(defaultSuite(policy).id).toBe(suiteId)
  for (const suite of suites) {
    expect(allows(() => assertMayEncrypt(policy, suite))).toBe(suite.commits === (writes === 'committing'))
    expect(allows(() => assertMayDecrypt(policy, suite))).toBe(reads === 'all' || suite.commits)
  }
})

it('there is no fourth policy', () => {
  expect(commitmentPolicies).toEqual(table.map(([policy]) => policy))
})
