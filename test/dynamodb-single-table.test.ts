import { expect, it } from 'vitest'
import { runExample } from './support/run-example.ts'

it('examples/dynamodb-single-table has two kinds of items in one table, an index, a transaction and a stream', async () => {
  const { code, err, claims } = await runExample('dynamodb-single-table')
  expect(err).toBe('')
  expect(claims).toEqual(
    [
      'one query answers all of them',
      'a query of the index answers the open order, decrypted',
      'an attribute that no kind has: ATTRIBUTE_NOT_CONFIGURED, phone',
      'it sees what was ordered',
    ].map((claim) => `ok      ${claim}`),
  )
  expect(code).toBe(0)
})
