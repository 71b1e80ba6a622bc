import assert from 'node:assert/strict'
import { isStrongroomError, SecretBytes, serialiseContext } from '@strongroom/core'
import { assertOpened, assertOpens, ORDERS, requestFor, wrapForAll } from './drive.ts'
import type { Check, KeyringFixture } from './fixture.ts'

const MANY = 40

/** Many calls at once, and callers whose bytes do not hold still. */
export const concurrencyChecks: readonly Check<KeyringFixture>[] = [
  {
    name: 'serves many calls at once without mixing them up',
    async run({ keyring }) {
      const calls = Array.from({ length: MANY }, async (_call, index) => {
        const request = requestFor({ call: String(index) }, ([16, 24, 32] as const)[index % 3])
        const { secret, edks } = await wrapForAll(keyring, request)
        await Promise.all(edks.map((edk) => assertOpens(keyring, [edk], request, secret)))
        return secret.use((bytes) => Buffer.from(bytes).toString('hex'))
      })
      assert.equal(new Set(await Promise.all(calls)).size, MANY, 'no two data keys are alike')
    },
  },
  {
    name: 'wraps for the context it was given, whatever the caller does with it afterwards',
    async run({ keyring }) {
      const request = requestFor()
      for (const recipient of await keyring.recipients({ ...request, dataKeyExists: true })) {
        const secret = SecretBytes.random(32)
        const context: Record<string, string> = { ...ORDERS }
        const aad = Uint8Array.from(serialiseContext(context))
        const pending = recipient.wrap(secret, { ...request, context, aad })
        context.purpose = 'something else'
        aad.fill(0)
        assertOpened(await keyring.unwrap(await pending, request), secret)
      }
    },
  },
  {
    name: 'wraps a secret that is disposed meanwhile whole or not at all',
    async run({ keyring }) {
      const request = requestFor()
      for (const recipient of await keyring.recipients({ ...request, dataKeyExists: true })) {
        const secret = SecretBytes.random(32)
        const copy = SecretBytes.copyOf(secret.use((bytes) => bytes))
        const pending = recipient.wrap(secret, request)
        secret.dispose()
        const [result] = await Promise.allSettled([pending])
        if (result.status === 'fulfilled') assertOpened(await keyring.unwrap(result.value, request), copy)
        else assert.ok(isStrongroomError(result.reason, 'SECRET_DISPOSED'), String(result.reason))
      }
    },
  },
]
