import assert from 'node:assert/strict'
import type { Attempt, EncryptedDataKey, EncryptionContext } from '@strongroom/core'
import { altered, attemptsOf, describe, flipped, ORDERS, requestFor, wrapForAll } from './drive.ts'
import type { Check, KeyringFixture } from './fixture.ts'

const { tenant: _, ...fewer } = ORDERS

/** Contexts that differ from {@link ORDERS} in ways that a careless encoding makes equal. */
const wrongContexts: readonly EncryptionContext[] = [
  {},
  fewer,
  { ...ORDERS, tenant: 'red' },
  { ...ORDERS, more: '' },
  { purpose: 'orderstenantblue' },
  { purpose: 'blue', tenant: 'orders' },
]

function assertRejected(attempts: readonly Attempt[]): void {
  for (const { outcome } of attempts)
    assert.ok(outcome === 'rejected' || outcome === 'not-mine', `a forgery is nobody's failure, but was reported as ${describe(attempts)}`)
}

/** Encrypted data keys that somebody has changed. */
export function forgeryChecks(bindsContext: boolean): readonly Check<KeyringFixture>[] {
  const binding: Check<KeyringFixture> = {
    name: 'opens under no other encryption context',
    async run({ keyring }) {
      const { secret, edks } = await wrapForAll(keyring, requestFor())
      for (const context of wrongContexts) {
        const attempts = await attemptsOf(keyring, edks, requestFor(context), secret)
        assert.deepEqual(new Set(attempts.map(({ outcome }) => outcome)), new Set(['rejected']), describe(attempts))
      }
    },
  }
  return [
    ...(bindsContext ? [binding] : []),
    {
      name: 'rejects an encrypted data key with any one byte of its ciphertext changed',
      async run({ keyring }) {
        const { secret, edks } = await wrapForAll(keyring, requestFor())
        for (const edk of edks) {
          for (let byte = 0; byte < edk.ciphertext.length; byte += 1) {
            assertRejected(
              await attemptsOf(
                keyring,
                [altered(edk, { ciphertext: flipped(edk.ciphertext, 8 * byte + (byte % 8)) })],
                requestFor(),
                secret,
              ),
            )
          }
        }
      },
    },
    {
      name: 'rejects a truncated or extended ciphertext',
      async run({ keyring }) {
        const { secret, edks } = await wrapForAll(keyring, requestFor())
        for (const { edk, ciphertext } of edks.flatMap((edk) => resized(edk.ciphertext).map((ciphertext) => ({ edk, ciphertext })))) {
          assertRejected(await attemptsOf(keyring, [altered(edk, { ciphertext })], requestFor(), secret))
        }
      },
    },
    {
      name: 'opens no encrypted data key whose provider id or info was changed',
      async run({ keyring }) {
        const { secret, edks } = await wrapForAll(keyring, requestFor())
        for (const edk of edks) {
          for (const forged of renamed(edk)) assertRejected(await attemptsOf(keyring, [forged], requestFor(), secret))
        }
      },
    },
  ]
}

function resized(bytes: Uint8Array): readonly Uint8Array[] {
  const cuts = [0, 1, 12, 16, bytes.length - 16, bytes.length - 1].filter((length) => length >= 0 && length < bytes.length)
  return [...new Set(cuts)]
    .map((length) => bytes.slice(0, length))
    .concat(Uint8Array.of(...bytes, 0), new Uint8Array(65_535).fill(7), Uint8Array.of(...bytes, ...bytes))
}

function renamed(edk: EncryptedDataKey): readonly EncryptedDataKey[] {
  const { providerId, providerInfo } = edk
  const flips = Array.from(providerInfo, (_byte, at) => flipped(providerInfo, 8 * at + (at % 8)))
  const infos = [...flips, ...resized(providerInfo)]
  const ids = [`${providerId} `, providerId.slice(1), providerId.toUpperCase()].filter((id) => id !== providerId)
  return [...infos.map((info) => altered(edk, { providerInfo: info })), ...ids.map((id) => altered(edk, { providerId: id }))]
}
