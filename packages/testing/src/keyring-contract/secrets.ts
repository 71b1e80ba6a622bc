import assert from 'node:assert/strict'
import type { EncryptedDataKey } from '@strongroom/core'
import { altered, assertKeeps, assertOpens, requestFor, wrapForAll } from './drive.ts'
import type { Check, KeyringFixture } from './fixture.ts'

/** Secrets belong to whoever was given them, and show up nowhere else. */
export const secretChecks: readonly Check<KeyringFixture>[] = [
  {
    name: 'gives each caller a secret of its own, which lives until that caller disposes it',
    async run({ keyring }) {
      const request = requestFor()
      const { secret, edks } = await wrapForAll(keyring, request)
      const first = await assertOpens(keyring, edks, request, secret)
      const second = await assertOpens(keyring, edks, request, secret)
      first.secret.dispose()
      assert.ok(second.secret.equals(secret))
      second.secret.dispose()
      assert.ok(!secret.disposed)
      const third = await assertOpens(keyring, edks, request, secret)
      secret.dispose()
      third.secret.use((bytes) => assert.ok(bytes.some((byte) => byte !== 0)))
    },
  },
  {
    name: 'shows no secret: not in the keyring, its recipients, its encrypted data keys or its failed attempts',
    async run({ keyring, other, keyMaterial = [] }) {
      const request = requestFor()
      const { secret, edks } = await wrapForAll(keyring, request)
      const broken = edks.map((edk: EncryptedDataKey) => altered(edk, { ciphertext: edk.ciphertext.slice(1) }))
      const answers = [await keyring.unwrap(broken, request), await other.unwrap(edks, request)]
      const recipients = await keyring.recipients(request)
      assertKeeps([keyring, recipients, edks, answers, JSON.stringify(answers)], secret, ...keyMaterial)
    },
  },
]
