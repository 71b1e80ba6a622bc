import { abortChecks } from './keyring-contract/abort.ts'
import { concurrencyChecks } from './keyring-contract/concurrency.ts'
import { directWrapChecks } from './keyring-contract/direct-wrap.ts'
import { failureChecks } from './keyring-contract/failures.ts'
import type { Check, KeyringFixture, KeyringTraits } from './keyring-contract/fixture.ts'
import { forgeryChecks } from './keyring-contract/forgery.ts'
import { intermediateWrapChecks } from './keyring-contract/intermediate-wrap.ts'
import { secretChecks } from './keyring-contract/secrets.ts'
import { checkOptionNames } from './options.ts'

/** One requirement on a keyring. */
export interface ContractCheck {
  /** What is required, as a sentence about the keyring. */
  readonly name: string
  /** Makes a keyring, tries it, and rejects with an `AssertionError` where it falls short. */
  readonly run: () => Promise<void>
}

/**
 * What every keyring owes those who drive it, as checks for any test runner: data keys wrapped directly and through intermediate keys, the
 * encryption context bound, forgeries refused, failures classed, aborts heeded, many calls at once, secrets kept.
 *
 * Each check makes a fixture of its own with `make` and disposes it. Optional abilities are told by `traits`; an ability that is not told is
 * not tried, and adds no check.
 *
 * @throws `OPTION_INVALID`
 * @example
 * ```ts
 * import { keyringContract } from '@strongroom/testing'
 * import { describe, it } from 'vitest' // or node:test
 *
 * describe('my keyring', () => {
 *   const make = () => ({ keyring: myKeyring(keyA), other: myKeyring(keyB) })
 *   for (const { name, run } of keyringContract(make)) it(name, run)
 * })
 * ```
 */
export function keyringContract<F extends KeyringFixture>(
  make: () => F | Promise<F>,
  traits: KeyringTraits<F> = {},
): readonly ContractCheck[] {
  checkOptionNames('keyringContract', traits, ['bindsContext', 'failures', 'hang'])
  const checks: readonly Check<F>[] = [
    ...directWrapChecks,
    ...intermediateWrapChecks,
    ...forgeryChecks(traits.bindsContext ?? true),
    ...failureChecks(traits.failures ?? {}),
    ...abortChecks(traits.hang),
    ...concurrencyChecks,
    ...secretChecks,
  ]
  return checks.map(({ name, run }) => ({
    name,
    async run() {
      const fixture = await make()
      try {
        await run(fixture)
      } finally {
        await fixture[Symbol.asyncDispose]?.()
      }
    },
  }))
}
