import { type CoreErrorCode, StrongroomError } from '@strongroom/core'
import { describe, expect, it } from 'vitest'
import { classify, looksEncrypted, mayPass, type RejectionClass, rejectedRecord } from './rejected-record.ts'

const expected: Record<CoreErrorCode, RejectionClass> = {
  MESSAGE_INVALID: 'integrity',
  CONTEXT_MISMATCH: 'integrity',
  SUITE_FORBIDDEN: 'integrity',
  RECOVERY_MISSING: 'integrity',
  LIMIT_EXCEEDED: 'integrity',
  KEY_SHREDDED: 'shredded',
  KEY_TRANSIENT: 'transient',
  KEY_OPERATIONAL: 'operational',
  OPTION_INVALID: 'operational',
  INPUT_INVALID: 'operational',
  KEY_INVALID: 'operational',
  CONTEXT_INVALID: 'operational',
  KEYRING_CANNOT_ENCRYPT: 'operational',
  MATERIALS_INVALID: 'operational',
  SECRET_DISPOSED: 'operational',
  RUNTIME_UNSUPPORTED: 'operational',
}

describe('the class of a rejection', () => {
  it.each(Object.entries(expected))('of %s is %s', (code, rejection) => {
    expect(classify(new StrongroomError(code, 'for a test'))).toBe(rejection)
  })

  it('is operational for errors that nobody knows, so that no record is given up for them', () => {
    expect(classify(new TypeError('a defect'))).toBe('operational')
    expect(classify('a string')).toBe('operational')
    expect(mayPass('operational')).toBe(true)
    expect(mayPass('transient')).toBe(true)
    expect(mayPass('integrity')).toBe(false)
  })
})

describe('what was never encrypted', () => {
  it.each([
    ['nothing', []],
    ['JSON', [...Buffer.from('{"a":1}')]],
    ['a KPL aggregate', [0xf3, 0x89, 0x9a, 0xc2, 0x0a]],
    ['gzip', [0x1f, 0x8b, 8, 0]],
    ['a schema registry header', [3, 0, 1, 2]],
    ['the first two bytes of a message', [0x02, 0x04]],
  ])('is told by its first bytes: %s', (_what, data) => {
    expect(looksEncrypted(Uint8Array.from(data))).toBe(false)
  })

  it.each([
    ['version 2, 0478', [0x02, 0x04, 0x78]],
    ['version 2, 0578', [0x02, 0x05, 0x78]],
    ['version 1', [0x01, 0x80]],
    ['base64', [...Buffer.from('AgR4AAA')]],
  ])('is not a message of %s', (_what, data) => {
    expect(looksEncrypted(Uint8Array.from(data))).toBe(true)
  })
})

it('keeps the received record out of logs', () => {
  const record = { SequenceNumber: '7', PartitionKey: 'p', Data: Buffer.from('as received') }
  const rejected = rejectedRecord('orders', record, 'integrity', new Error('no'))
  expect(rejected.record).toBe(record)
  expect(JSON.parse(JSON.stringify(rejected))).toEqual({
    stream: 'orders',
    sequenceNumber: '7',
    partitionKey: 'p',
    class: 'integrity',
    cause: {},
  })
})
