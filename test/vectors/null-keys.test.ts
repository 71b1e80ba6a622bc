import { createEncryptionClient, isStrongroomError, parseMessage } from '@strongroom/core'
import { expect, it } from 'vitest'
import { dataKeyKeyring } from '../support/data-key-keyring.ts'
import { describeVectors } from '../support/vectors.ts'

interface Vector {
  readonly 'key-type': 'null' | 'test_counting' | 'aws-kms'
  readonly 'algorithm-suite': string
  readonly ciphertext: string
  readonly plaintext: string
}

const keyLengths = new Map([
  ['14', 16],
  ['46', 24],
  ['78', 32],
])

describeVectors('esdk', 'messages under a null or a counting data key', (vectors) => {
  const all = vectors.json<Vector[]>('oracle-null/decrypt_vectors.json')
  const offline = all
    .filter((vector) => vector['key-type'] !== 'aws-kms')
    .map((vector) => ({ ...vector, type: vector['key-type'], suite: vector['algorithm-suite'] }))

  it('are all seen', () => {
    expect([all.length, offline.length]).toEqual([20, 15])
  })

  it.each(offline)('opens $type $suite', async ({ type, suite, ciphertext, plaintext }) => {
    const opened = await client(dataKey(type, suite)).decrypt(Buffer.from(ciphertext, 'base64'))
    expect(Buffer.from(opened.plaintext).toString('base64')).toBe(plaintext)
    expect(opened.suite).toBe(suite)
  })

  it.each(offline)('refuses $type $suite under the other data key', async ({ type, suite, ciphertext }) => {
    const other = dataKey(type === 'null' ? 'test_counting' : 'null', suite)
    const failure = await client(other)
      .decrypt(Buffer.from(ciphertext, 'base64'))
      .catch((error: unknown) => error)
    expect(isStrongroomError(failure, 'MESSAGE_INVALID')).toBe(true)
  })

  it.each(all.filter((vector) => vector['key-type'] === 'aws-kms').map((vector) => ({ ...vector, suite: vector['algorithm-suite'] })))(
    'reads the header of aws-kms $suite',
    ({ suite, ciphertext }) => {
      const parsed = parseMessage(Buffer.from(ciphertext, 'base64'))
      expect(parsed.suite.id).toBe(suite)
      expect(parsed.encryptedDataKeys.map(({ providerId }) => providerId)).toContain('aws-kms')
    },
  )

  function dataKey(type: Vector['key-type'], suite: string): Uint8Array {
    const length = keyLengths.get(suite.slice(2))
    if (length === undefined) throw new Error(`no key length for ${suite}`)
    return Uint8Array.from({ length }, (_, index) => (type === 'null' ? 0 : index + 1))
  }

  function client(key: Uint8Array) {
    return createEncryptionClient({ keyring: dataKeyKeyring(key), commitmentPolicy: 'REQUIRE_ENCRYPT_ALLOW_DECRYPT' })
  }
})
