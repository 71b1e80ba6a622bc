import assert from 'node:assert/strict'
import type { EncryptedDataKey, EncryptionContext } from '@strongroom/core'
import { altered, assertOpens, attemptsOf, type DataKeyLength, describe, flipped, requestFor, wrapForAll, wrapForFirst } from './drive.ts'
import type { Check, KeyringFixture } from './fixture.ts'

const lengths: readonly DataKeyLength[] = [16, 24, 32]

/** Pairs that one implementation or another has read differently: order beyond UTF-16, names of object members, emptiness. */
const contexts: readonly EncryptionContext[] = [
  {},
  { b: '2', B: '1', a: '3', A: '4' },
  { '\u{1f511}': 'astral', '\uff5e': 'above the surrogates', é: 'precomposed', 'e\u0301': 'combined' },
  JSON.parse('{"__proto__":"a pair like any other","constructor":"too","toString":""}') as EncryptionContext,
  { long: 'x'.repeat(2000), quoted: '"\\\n\u0000' },
]

/** Data keys wrapped directly under each recipient. */
export const directWrapChecks: readonly Check<KeyringFixture>[] = [
  {
    name: 'wraps data keys of 16, 24 and 32 bytes; each encrypted data key opens alone',
    async run({ keyring }) {
      for (const length of lengths) {
        const request = requestFor(undefined, length)
        const { secret, edks } = await wrapForAll(keyring, request)
        for (const edk of edks) assert.equal((await assertOpens(keyring, [edk], request, secret)).edk, 0)
      }
    },
  },
  {
    name: 'opens what it wrapped under any encryption context',
    async run({ keyring }) {
      for (const context of contexts) {
        const request = requestFor(context)
        const { secret, edks } = await wrapForAll(keyring, request)
        await assertOpens(keyring, edks, request, secret)
      }
    },
  },
  {
    name: 'tells which encrypted data key opened, and by which key',
    async run({ keyring, other }) {
      const foreign = (await wrapForFirst(other)).edk
      const { secret, edks, owners } = await wrapForAll(keyring, requestFor())
      for (const [index, edk] of edks.entries()) {
        const opened = await assertOpens(keyring, [foreign, altered(foreign, { providerId: 'somebody-else' }), edk], requestFor(), secret)
        assert.equal(opened.edk, 2)
        assert.equal(opened.keyId, owners[index]?.keyId)
      }
    },
  },
  {
    name: 'names the same recipients in the same order every time, and its encrypted data keys follow that order',
    async run({ keyring }) {
      const first = await wrapForAll(keyring, requestFor())
      const second = await wrapForAll(keyring, requestFor())
      const keyIds = first.owners.map(({ keyId }) => keyId)
      assert.deepEqual(
        second.owners.map(({ keyId }) => keyId),
        keyIds,
      )
      for (const { edks, owners } of [first, second]) {
        for (const [index, edk] of edks.entries()) assert.ok(owners[index]?.owns(edk))
      }
    },
  },
  {
    name: 'owns its own encrypted data keys and nobody else’s, by their public fields',
    async run({ keyring, other }) {
      const foreign = await wrapForAll(other, requestFor())
      const { edks, owners } = await wrapForAll(keyring, requestFor())
      for (const [index, edk] of edks.entries()) {
        const owner = owners[index]
        assert.ok(owner)
        assert.equal(edk.providerId, owner.providerId)
        assert.ok(owner.owns(edk))
        assert.ok(owner.owns(altered(edk, { ciphertext: new Uint8Array(1) })), 'the ciphertext has no say in it')
        assert.ok(!owner.owns(altered(edk, { providerId: `${edk.providerId}.` })))
        assert.ok(!owner.owns(altered(edk, { providerInfo: new Uint8Array(0) })))
        assert.ok(!owner.owns(altered(edk, { providerInfo: flipped(edk.providerInfo, 0) })))
        for (const stranger of foreign.edks) assert.ok(!owner.owns(stranger))
        for (const [at, elsewhere] of edks.entries()) assert.equal(owner.owns(elsewhere), owners[at] === owner)
      }
    },
  },
  {
    name: 'opens a good encrypted data key behind broken and foreign ones',
    async run({ keyring, other }) {
      const foreign = await wrapForAll(other, requestFor())
      const { secret, edks } = await wrapForAll(keyring, requestFor())
      for (const edk of edks) {
        const broken = altered(edk, { ciphertext: flipped(edk.ciphertext, 8 * edk.ciphertext.length - 1) })
        const empty = altered(edk, { ciphertext: new Uint8Array(0) })
        const unnamed = altered(edk, { providerInfo: new Uint8Array(0) })
        const list: readonly EncryptedDataKey[] = [broken, ...foreign.edks, empty, unnamed, edk]
        assert.equal((await assertOpens(keyring, list, requestFor(), secret)).edk, list.length - 1)
      }
    },
  },
  {
    name: 'calls the encrypted data keys of others not its own',
    async run({ keyring, other }) {
      const { secret, edks } = await wrapForAll(other, requestFor())
      const elsewhere = altered(edks[0] as EncryptedDataKey, { providerId: 'somebody-else', providerInfo: Uint8Array.of(0, 255, 128) })
      const attempts = await attemptsOf(keyring, [...edks, elsewhere], requestFor(), secret)
      for (const { outcome } of attempts) assert.equal(outcome, 'not-mine', `attempts: ${describe(attempts)}`)
    },
  },
  {
    name: 'answers no attempt for no encrypted data key',
    async run({ keyring }) {
      assert.deepEqual(await keyring.unwrap([], requestFor()), { attempts: [] })
    },
  },
]
