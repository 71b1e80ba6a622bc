import { expect, it } from 'vitest'
import { leaks } from '../test/leaks.ts'
import { withoutData } from './log-filter.ts'

const marker = Buffer.from('MARKER-in-plaintext')

it('takes data out of inputs and outputs, and leaves the rest as it is', () => {
  const at = new Date(0)
  const input = {
    StreamName: 'orders',
    Records: [{ PartitionKey: 'a', Data: marker, ApproximateArrivalTimestamp: at }],
    Data: 'MARKER-in-plaintext',
  }
  const logged = withoutData(undefined)(input)
  expect(logged).toEqual({
    StreamName: 'orders',
    Records: [{ PartitionKey: 'a', Data: '***SensitiveInformation***', ApproximateArrivalTimestamp: at }],
    Data: '***SensitiveInformation***',
  })
  expect(leaks(logged, marker)).toEqual([])
  expect(input.Records[0]?.Data).toBe(marker)
})

it('takes bytes out wherever they stand, and works on what the filter of the command left', () => {
  expect(withoutData(() => ({ Blob: marker }))({})).toEqual({ Blob: '***SensitiveInformation***' })
  expect(withoutData(() => 'hidden')({ Data: marker })).toBe('hidden')
  expect(withoutData(undefined)(undefined)).toBeUndefined()
})

it.each([
  ['bytes', { value: marker }],
  ['shifted base64', { value: `x${Buffer.concat([Buffer.from('ab'), marker]).toString('base64')}` }],
  ['plain text', new Error(`about ${marker.toString()}`)],
  ['a list of numbers', { value: [...marker] }],
  ['an array of bytes', { value: new Uint8Array(marker) }],
])('the search for leaks itself finds %s', (_what, value) => {
  expect(leaks(value, marker)).not.toEqual([])
})
