import { expect, it } from 'vitest'
import { runExample } from './support/run-example.ts'

it('examples/dynamodb-fields encrypts a table with plaintext items, works on it, updates, refuses and rotates', async () => {
  const { code, err, claims } = await runExample('dynamodb-fields')
  expect(err).toBe('')
  expect(claims).toEqual(
    [
      'a backfill encrypts them: 20 of 20, 0 failed',
      'it tells its progress, with a checkpoint to go on from',
      'a query answers all 40 as they were written',
      'DynamoDB holds ciphertext where a card was',
      'an expression changes an encrypted attribute and a counter',
      'a function changes what is signed',
      'a filter on an encrypted attribute is refused: ATTRIBUTE_ENCRYPTED',
      '40 items are under the new version',
      'their encrypted attributes still open',
    ].map((claim) => `ok      ${claim}`),
  )
  expect(code).toBe(0)
})
