import assert from 'node:assert/strict'
import { isStrongroomError, SecretBytes } from '@strongroom/core'
import { assertKeeps, assertOpens, describe, requestFor, wrapForAll } from './drive.ts'
import type { Check, FailureCase, KeyringFixture } from './fixture.ts'

const codes = { transient: 'KEY_TRANSIENT', operational: 'KEY_OPERATIONAL', shredded: 'KEY_SHREDDED' } as const

/** The place of the keys fails in each of the given ways. */
export function failureChecks<F extends KeyringFixture>(failures: Readonly<Record<string, FailureCase<F>>>): readonly Check<F>[] {
  return Object.entries(failures).flatMap(([name, { outcome, inject }]) => [
    {
      name: `${name}: reports ${outcome} for every encrypted data key, throws nothing, and opens them when it is over`,
      async run(fixture: F) {
        const { keyring } = fixture
        const request = requestFor()
        const { secret, edks } = await wrapForAll(keyring, request)
        const failure = await inject(fixture)
        const answer = await keyring.unwrap(edks, request)
        assert.ok('attempts' in answer, 'unwrap() opens nothing while the key fails')
        assertKeeps(answer, secret)
        assert.deepEqual(
          answer.attempts.map((attempt) => [attempt.edk, attempt.outcome]),
          edks.map((_edk, index) => [index, outcome]),
          describe(answer.attempts),
        )
        for (const { keyId, cause } of answer.attempts)
          assert.ok(keyId !== undefined && cause instanceof Error, 'an attempt names its key and its cause')
        if (failure === undefined) return
        failure[Symbol.dispose]()
        await assertOpens(keyring, edks, request, secret)
      },
    },
    {
      name: `${name}: encrypting rejects with ${codes[outcome]}, and works again when it is over`,
      async run(fixture: F) {
        const { keyring } = fixture
        const failure = await inject(fixture)
        const isCoded = (error: unknown): boolean => isStrongroomError(error, codes[outcome])
        const secret = SecretBytes.random(32)
        await assert.rejects(wrapForAll(keyring, requestFor()), isCoded)
        await assert.rejects(
          async () => {
            for (const recipient of await keyring.recipients({ ...requestFor(), dataKeyExists: true }))
              await recipient.wrap(secret, requestFor())
          },
          (error) => {
            assertKeeps(error, secret)
            return isCoded(error)
          },
        )
        if (failure === undefined) return
        failure[Symbol.dispose]()
        await wrapForAll(keyring, requestFor())
      },
    },
  ])
}
