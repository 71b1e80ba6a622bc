import { createEncryptionClient, isStrongroomError, parseMessage, type SuiteId } from '@strongroom/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dataKeyKeyring } from '../support/data-key-keyring.ts'
import { commits, dataKeyLength } from '../support/message-forge.ts'
import { describeVectors } from '../support/vectors.ts'
import { bytesOf, type KeyringKind, keyrings, written } from './corpus.ts'
import { attempt, openClient } from './refusal.ts'
import { LIMIT, runs } from './slow.ts'
import { suiteIds } from './suite-ids.ts'

const suite = fc.constantFrom(...suiteIds)
const text = fc.string({ unit: 'binary', maxLength: 20 })
const context = fc.dictionary(
  text.filter((key) => !key.startsWith('aws-crypto-')),
  text,
  { maxKeys: 6 },
)
const frameLength = fc.oneof(fc.integer({ min: 1, max: 64 }), fc.integer({ min: 1, max: 2 ** 32 - 1 }))
const kind = fc.constantFrom<KeyringKind>('raw AES', 'multi', 'RSA OAEP')

describe('what was written', () => {
  it(
    'is read as it was, whatever the suite, keyring, context, frame length and size',
    async () => {
      await fc.assert(
        fc.asyncProperty(
          suite,
          kind,
          context,
          frameLength,
          fc.uint8Array({ maxLength: 300 }),
          async (suite, kind, encryptionContext, frameLength, plaintext) => {
            const client = createEncryptionClient({ keyring: keyrings[kind], commitmentPolicy: policyOf(suite), frameLength })
            const { ciphertext } = await client.encrypt(plaintext, { suite, encryptionContext })
            const opened = await openClient(keyrings[kind]).decrypt(ciphertext, { encryptionContext })
            expect(Buffer.from(opened.plaintext).equals(Buffer.from(plaintext))).toBe(true)
            const { 'aws-crypto-public-key': publicKey, ...stored } = opened.encryptionContext
            expect(Object.entries(stored).sort()).toEqual(Object.entries(encryptionContext).sort())
            expect(publicKey !== undefined).toBe(['0214', '0346', '0378', '0578'].includes(suite))
            const parsed = parseMessage(ciphertext)
            expect([parsed.suite.id, parsed.frameLength]).toEqual([suite, frameLength])
          },
        ),
        { numRuns: runs(200) },
      )
    },
    LIMIT,
  )

  it(
    'has a length that suite, frame length and size alone decide, under one key and context',
    async () => {
      await fc.assert(
        fc.asyncProperty(
          suite,
          fc.integer({ min: 1, max: 40 }),
          fc.uint8Array({ maxLength: 100 }),
          async (suite, frameLength, plaintext) => {
            const client = createEncryptionClient({ keyring: keyrings['raw AES'], commitmentPolicy: policyOf(suite), frameLength })
            const one = await client.encrypt(plaintext, { suite })
            const other = await client.encrypt(new Uint8Array(plaintext.length), { suite })
            expect(one.ciphertext.length).toBe(other.ciphertext.length)
          },
        ),
        { numRuns: runs(100) },
      )
    },
    LIMIT,
  )
})

describe('what was not written by anybody', () => {
  it(
    'is refused without another error, as random bytes behind every start of a header',
    async () => {
      const starts = [
        Buffer.alloc(0),
        ...suiteIds.map((id) => Buffer.concat([commits(id) ? Buffer.of(2) : Buffer.of(1, 0x80), Buffer.from(id, 'hex')])),
      ]
      const client = openClient(dataKeyKeyring(new Uint8Array(32)))
      await fc.assert(
        fc.asyncProperty(fc.constantFrom(...starts), fc.uint8Array({ maxLength: 400 }), async (start, rest) => {
          const bytes = Buffer.concat([start, rest])
          expect(await attempt(client, bytes)).toHaveProperty('refusal')
          assertParses(bytes)
        }),
        { numRuns: runs(2000) },
      )
    },
    LIMIT,
  )

  it(
    'is refused without another error, as messages of ours with several changes',
    async () => {
      const specimens = await Promise.all(suiteIds.map((id) => written(id)))
      await fc.assert(
        fc.asyncProperty(fc.constantFrom(...specimens), changes, async ({ keyring, message }, changes) => {
          const forged = mutate(message, changes)
          if (forged.equals(message)) return
          expect(await attempt(openClient(keyring), forged)).toHaveProperty('refusal')
          assertParses(forged)
        }),
        { numRuns: runs(1000) },
      )
    },
    LIMIT,
  )
})

describeVectors('esdk', 'official messages with several changes', (vectors) => {
  const { tests } = vectors.json<{ tests: { ciphertext: string; status: boolean; 'decrypted-dek': string }[] }>(
    'commitment/commitment-test-vectors.json',
  )
  const commitment = tests
    .filter(({ status }) => status)
    .map((test) => ({ message: Buffer.from(test.ciphertext, 'base64'), dataKey: Buffer.from(test['decrypted-dek'], 'base64') }))
  const counting = vectors
    .json<{ 'key-type': string; 'algorithm-suite': SuiteId; ciphertext: string }[]>('oracle-null/decrypt_vectors.json')
    .filter((test) => test['key-type'] === 'test_counting')
    .map((test) => ({
      message: Buffer.from(test.ciphertext, 'base64'),
      dataKey: Uint8Array.from({ length: dataKeyLength(test['algorithm-suite']) }, (_, index) => index + 1),
    }))

  it(
    'are refused without another error, some of them unframed',
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.constantFrom(...commitment, ...counting), changes, async ({ message, dataKey }, changes) => {
          const forged = mutate(message, changes)
          if (forged.equals(message)) return
          expect(await attempt(openClient(dataKeyKeyring(dataKey)), forged)).toHaveProperty('refusal')
          assertParses(forged)
        }),
        { numRuns: runs(1000) },
      )
    },
    LIMIT,
  )
})

interface Change {
  readonly at: number
  readonly remove: number
  readonly insert: Uint8Array
}

// Places are shares of the length, so that they shrink with it; sizes that a length field can hold are tried more often than they would fall.
const insert = fc.oneof(
  fc.uint8Array({ maxLength: 4 }),
  fc.constantFrom(
    Buffer.of(0xff, 0xff),
    Buffer.alloc(2),
    Buffer.of(0x7f, 0xff, 0xff, 0xff),
    Buffer.alloc(4, 0xff),
    Buffer.alloc(8, 0xff),
    bytesOf('more', 32),
  ),
)
const changes = fc.array(fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), remove: fc.integer({ min: 0, max: 8 }), insert }), {
  minLength: 1,
  maxLength: 3,
})

function mutate(message: Uint8Array, list: readonly Change[]): Buffer {
  let bytes = Buffer.from(message)
  for (const { at, remove, insert } of list) {
    const place = Math.floor(at * bytes.length)
    bytes = Buffer.concat([bytes.subarray(0, place), insert, bytes.subarray(place + remove)])
  }
  return bytes
}

/** The parser without keys answers or throws our errors, nothing else. */
function assertParses(bytes: Uint8Array): void {
  try {
    expect(parseMessage(bytes).headerLength).toBeLessThanOrEqual(bytes.length)
  } catch (error) {
    expect(isStrongroomError(error, 'MESSAGE_INVALID')).toBe(true)
  }
}

function policyOf(suite: SuiteId) {
  return commits(suite) ? 'REQUIRE_ENCRYPT_REQUIRE_DECRYPT' : 'FORBID_ENCRYPT_ALLOW_DECRYPT'
}
