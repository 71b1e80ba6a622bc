import { StrongroomError } from './errors.ts'
import { type Suite, type SuiteId, suiteById } from './suite.ts'

/** Which suites may be written and read, by whether they commit to their key. Source: specification, "Commitment Policy". */
export type CommitmentPolicy = 'FORBID_ENCRYPT_ALLOW_DECRYPT' | 'REQUIRE_ENCRYPT_ALLOW_DECRYPT' | 'REQUIRE_ENCRYPT_REQUIRE_DECRYPT'

/** All policies, the default last. */
export const commitmentPolicies: readonly CommitmentPolicy[] = Object.freeze([
  'FORBID_ENCRYPT_ALLOW_DECRYPT',
  'REQUIRE_ENCRYPT_ALLOW_DECRYPT',
  'REQUIRE_ENCRYPT_REQUIRE_DECRYPT',
])

/** The suite that a policy writes where none is asked for. */
export function defaultSuite(policy: CommitmentPolicy): Suite<SuiteId> {
  return suiteById(policy === 'FORBID_ENCRYPT_ALLOW_DECRYPT' ? '0378' : '0578')
}

/** @throws `SUITE_FORBIDDEN` where the policy does not let the suite be written. */
export function assertMayEncrypt(policy: CommitmentPolicy, suite: Suite): void {
  if (suite.commits !== (policy === 'FORBID_ENCRYPT_ALLOW_DECRYPT')) return
  const remedy = suite.commits ? 'use REQUIRE_ENCRYPT_ALLOW_DECRYPT or a suite without commitment' : 'use suite 0478 or 0578'
  throw new StrongroomError(
    'SUITE_FORBIDDEN',
    `The commitment policy ${policy} does not allow encrypting with suite ${suite.id} (${suite.name}): ${remedy}.`,
    {
      option: 'commitmentPolicy',
    },
  )
}

/** @throws `SUITE_FORBIDDEN` where the policy does not let the suite be read. */
export function assertMayDecrypt(policy: CommitmentPolicy, suite: Suite): void {
  if (policy !== 'REQUIRE_ENCRYPT_REQUIRE_DECRYPT' || suite.commits) return
  throw new StrongroomError(
    'SUITE_FORBIDDEN',
    `The commitment policy ${policy} does not allow decrypting suite ${suite.id} (${suite.name}), which does not commit to its key. Where such old messages must be read, set commitmentPolicy: 'REQUIRE_ENCRYPT_ALLOW_DECRYPT'.`,
    { option: 'commitmentPolicy' },
  )
}
