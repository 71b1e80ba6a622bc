import assert from 'node:assert/strict'
import { SecretBytes } from '@strongroom/core'
import { assertOpened, requestFor } from './drive.ts'
import type { Check, KeyringFixture } from './fixture.ts'

/** Formats that give each recipient a key of its own: see the item format of the Database Encryption SDK. */
export const intermediateWrapChecks: readonly Check<KeyringFixture>[] = [
  {
    name: 'wraps a different secret for each recipient, and gives each back from its encrypted data key alone',
    async run({ keyring }) {
      const request = { ...requestFor(), dataKeyExists: true }
      const recipients = await keyring.recipients(request)
      assert.ok(recipients.length > 0)
      const wrapped = await Promise.all(
        recipients.map(async (recipient) => {
          const secret = SecretBytes.random(32)
          return { secret, edks: await recipient.wrap(secret, request) }
        }),
      )
      for (const { secret, edks } of wrapped) {
        assert.ok(edks.length > 0)
        for (const edk of edks) assertOpened(await keyring.unwrap([edk], request), secret)
      }
    },
  },
  {
    name: 'wraps a given secret even where it could have generated one, and leaves it to its owner',
    async run({ keyring }) {
      const request = requestFor()
      for (const recipient of await keyring.recipients(request)) {
        const secret = SecretBytes.random(32)
        const before = SecretBytes.copyOf(secret.use((bytes) => bytes))
        const edks = await recipient.wrap(secret, request)
        assert.ok(!secret.disposed && secret.equals(before))
        secret.dispose()
        for (const edk of edks) assertOpened(await keyring.unwrap([edk], request), before)
      }
    },
  },
  {
    name: 'wraps the same secret differently every time',
    async run({ keyring }) {
      const request = requestFor()
      const secret = SecretBytes.random(32)
      for (const recipient of await keyring.recipients(request)) {
        const [first] = await recipient.wrap(secret, request)
        const [second] = await recipient.wrap(secret, request)
        assert.ok(first && second)
        assert.notDeepEqual(first.ciphertext, second.ciphertext)
      }
    },
  },
]
