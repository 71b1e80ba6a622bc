import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { commitmentPolicies } from '../commitment-policy.ts'
import { contextFromEntries } from '../encryption-context.ts'
import type { EncryptedDataKey } from '../keyring.ts'
import type { DecryptRequest, EncryptRequest } from '../materials.ts'
import { suiteById, suites } from '../suite.ts'
import { decryptId, encryptId } from './cache-id.ts'

const numRuns = process.env['SLOW'] ? 20_000 : 1000

// Few and awkward characters, so that different requests come close to each other.
const text = fc.string({
  unit: fc.constantFrom('', '"', ',', ':', '[', ']', '\\', '/', '1', 'E', 'ü', '\ud800', '\u{1f600}'),
  maxLength: 3,
})
const bytes = fc.uint8Array({ maxLength: 2 })
const context = fc.array(fc.tuple(text, text), { maxLength: 2 }).map((entries) => contextFromEntries(entries))
const names = fc.option(fc.array(text, { maxLength: 2 }), { nil: undefined })
const scope = fc.oneof(
  fc.nat({ max: 12 }).map((n) => `${n}/`),
  text.map((partition) => `${JSON.stringify(partition)}/`),
)
const policy = fc.option(fc.constantFrom(...commitmentPolicies), { nil: undefined })
const suite = fc.constantFrom(...suites)
const edk = fc.record({ providerId: text, providerInfo: bytes, ciphertext: bytes }) as fc.Arbitrary<EncryptedDataKey>

/** The meaning of a request in a form that is compared structurally, independent of how ids are built. */
function meaning(parts: readonly unknown[]): string {
  return JSON.stringify(parts, (_key, value: unknown) =>
    value === undefined ? { undefined: true } : value instanceof Uint8Array ? [...value] : value,
  )
}

const pairs = (given: Readonly<Record<string, string>> | undefined): unknown =>
  given === undefined ? undefined : Object.entries(given).sort(([a], [b]) => (a < b ? -1 : 1))
const sorted = (given: readonly string[] | undefined): readonly string[] => [...(given ?? [])].sort()

/** Two of a kind that share most of their parts, since two independent draws would hardly ever be equal. */
function nearPair<T extends object>(parts: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<readonly [T, T]> {
  const whole = fc.record(parts) as fc.Arbitrary<T>
  const kept = fc.subarray(Object.keys(parts) as (keyof T)[])
  return fc
    .tuple(whole, whole, kept)
    .map(([one, other, keep]) => [one, { ...other, ...Object.fromEntries(keep.map((key) => [key, one[key]])) }] as const)
}

describe('ids of encrypt requests', () => {
  it('are equal exactly where scope, suite, policy, required keys and context are', () => {
    const requests = nearPair<EncryptRequest & { where: string }>({
      where: scope,
      suite,
      context,
      commitmentPolicy: policy,
      requiredKeys: names,
    })
    const meant = (r: EncryptRequest & { where: string }): string =>
      meaning([r.where, r.suite.id, r.commitmentPolicy, sorted(r.requiredKeys), pairs(r.context)])
    fc.assert(
      fc.property(requests, ([one, other]) => {
        expect(encryptId(one.where, one) === encryptId(other.where, other)).toBe(meant(one) === meant(other))
      }),
      { numRuns },
    )
  })

  it('do not depend on the order of the pairs, nor on the length of the plaintext', () => {
    const base = { suite: suiteById('0478') }
    expect(encryptId('1/', { ...base, context: { a: '1', b: '2' }, plaintextLength: 3 })).toBe(
      encryptId('1/', { ...base, context: { b: '2', a: '1' }, plaintextLength: 4 }),
    )
  })
})

describe('ids of decrypt requests', () => {
  it('are equal exactly where everything that materials depend on is', () => {
    const requests = nearPair<DecryptRequest & { where: string }>({
      where: scope,
      suite,
      context,
      commitmentPolicy: policy,
      requiredKeys: names,
      reproduced: fc.option(context, { nil: undefined }),
      edks: fc.array(edk, { maxLength: 2 }),
    })
    const meant = (r: DecryptRequest & { where: string }): string =>
      meaning([
        r.where,
        r.suite.id,
        r.commitmentPolicy,
        sorted(r.requiredKeys),
        r.requiredKeys && pairs(r.reproduced),
        pairs(r.context),
        r.edks,
      ])
    fc.assert(
      fc.property(requests, ([one, other]) => {
        expect(decryptId(one.where, one) === decryptId(other.where, other)).toBe(meant(one) === meant(other))
      }),
      { numRuns },
    )
  })

  it.each<[string, Partial<DecryptRequest>]>([
    ['suite', { suite: suiteById('0578') }],
    ['policy', { commitmentPolicy: 'REQUIRE_ENCRYPT_ALLOW_DECRYPT' }],
    ['context', { context: { a: '2' } }],
    ['required keys', { requiredKeys: ['r'] }],
    ['a byte of an encrypted data key', { edks: [{ providerId: 'p', providerInfo: Uint8Array.of(1), ciphertext: Uint8Array.of(3) }] }],
    [
      'where a field of an encrypted data key ends',
      { edks: [{ providerId: 'p', providerInfo: Uint8Array.of(1, 2), ciphertext: Uint8Array.of() }] },
    ],
    [
      'a second encrypted data key',
      { edks: [0, 1].map(() => ({ providerId: 'p', providerInfo: Uint8Array.of(1), ciphertext: Uint8Array.of(2) })) },
    ],
  ])('differ by %s', (_what, change) => {
    const base: DecryptRequest = {
      suite: suiteById('0478'),
      context: { a: '1' },
      commitmentPolicy: 'REQUIRE_ENCRYPT_REQUIRE_DECRYPT',
      edks: [{ providerId: 'p', providerInfo: Uint8Array.of(1), ciphertext: Uint8Array.of(2) }],
    }
    expect(decryptId('1/', { ...base, ...change })).not.toBe(decryptId('1/', base))
  })

  it.each<[string, [string, string, string]]>([
    ['provider id', ['pic1,1:q', 'j', 'd']],
    ['provider info', ['p', 'ic1,1:qj', 'd']],
    ['ciphertext', ['p', 'i', 'c1,1:qjd']],
    ['provider id, with all lengths', ['pic1,1,1:q', 'j', 'd']],
    ['provider info, with all lengths', ['p', 'ic1,1,1:qj', 'd']],
    ['ciphertext, with all lengths', ['p', 'i', 'c1,1,1:qjd']],
  ])('tell two encrypted data keys from one that holds the second in its %s', (_what, one) => {
    const listOf = (...keys: [string, string, string][]): EncryptedDataKey[] =>
      keys.map(([providerId, info, ciphertext]) => ({ providerId, providerInfo: Buffer.from(info), ciphertext: Buffer.from(ciphertext) }))
    const base = { suite: suiteById('0478'), context: {} }
    const two = decryptId('1/', { ...base, edks: listOf(['p', 'i', 'c'], ['q', 'j', 'd']) })
    expect(decryptId('1/', { ...base, edks: listOf(one) })).not.toBe(two)
  })

  it('differ by context even where a frozen list of encrypted data keys is shared', () => {
    const edks = Object.freeze([{ providerId: 'p', providerInfo: Uint8Array.of(1), ciphertext: Uint8Array.of(2) }])
    const base = { suite: suiteById('0478'), edks }
    const first = decryptId('1/', { ...base, context: contextFromEntries([['tenant', 'a']]) })
    expect(decryptId('1/', { ...base, context: contextFromEntries([['tenant', 'b']]) })).not.toBe(first)
  })
})

it('encrypt and decrypt ids never meet', () => {
  const shared = { suite: suiteById('0478'), context: {} }
  expect(encryptId('1/', shared)).not.toBe(decryptId('1/', { ...shared, edks: [] }))
})
