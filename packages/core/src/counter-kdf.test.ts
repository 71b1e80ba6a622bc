import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { counterKdf } from './counter-kdf.ts'
import { SecretBytes } from './secret-bytes.ts'

const label = Buffer.from('label')
const context = Buffer.from('context')

describe('counterKdf', () => {
  // Made with `openssl kdf -kdfopt mode:COUNTER -kdfopt mac:HMAC … KBKDF`.
  it.each([
    [
      'sha384',
      48,
      64,
      '413ae03f9038b93616e265edf7a169e56303507340f2e70291cff3f71be42e318460d5c0de1fb99805f0cc368a2526d17e411792b5df11db65f05b3304ca1394',
    ],
    ['sha256', 32, 32, 'a1cd625e0434ba00c00877951d6f255919db14c17e988546b4e0ea76931ac1fa'],
  ] as const)('answers what OpenSSL answers with %s', (hash, keyLength, length, expected) => {
    using key = SecretBytes.copyOf(new Uint8Array(keyLength).fill(0x0b))
    expect(Buffer.from(counterKdf(hash, key, label, context, length)).toString('hex')).toBe(expected)
  })

  it.each([
    ['sha384', 48, label, 1],
    ['sha384', 48, label, 47],
    ['sha384', 48, label, 48],
    ['sha384', 48, label, 49],
    ['sha384', 48, label, 96],
    ['sha384', 48, label, 97],
    ['sha384', 64, Buffer.alloc(112), 64],
    ['sha384', 64, Buffer.alloc(113), 64],
    ['sha384', 66, label, 64],
    ['sha384', 300, label, 64],
    ['sha256', 64, label, 33],
    ['sha256', 65, label, 33],
    ['sha256', 32, Buffer.alloc(1000), 33],
  ] as const)(
    'answers with %s, a key of %d bytes and any label %o what HMAC answers block by block, %d bytes',
    (hash, keyLength, name, length) => {
      using key = SecretBytes.random(keyLength)
      const answer = counterKdf(hash, key, name, context, length)
      const blocks = [1, 2, 3].map((index) => {
        const input = Buffer.concat([
          Buffer.of(0, 0, 0, index),
          name,
          Buffer.of(0),
          context,
          Buffer.of(0, 0, (length * 8) >> 8, (length * 8) & 255),
        ])
        return key.use((bytes) => createHmac(hash, bytes).update(input).digest())
      })
      expect(answer).toEqual(new Uint8Array(Buffer.concat(blocks).subarray(0, length)))
    },
  )
})
