import { spawnSync } from 'node:child_process'
import { expect, it } from 'vitest'

/** What an example claims, and whether it was so. */
function claimsOf(example: string): readonly string[] {
  const root = new URL('..', import.meta.url).pathname
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--conditions=@strongroom/source', `examples/${example}/main.ts`], {
    cwd: root,
    encoding: 'utf8',
    env: { PATH: process.env.PATH, HOME: process.env.HOME },
  })
  expect(stderr).toBe('')
  expect(status).toBe(0)
  const claims = stdout.match(/^ {3}(?:ok|NOT SO) .*$/gm) ?? []
  return claims.map((claim) => claim.trim().replace(/ {2,}/, ': '))
}

it('examples/dynamodb-fields encrypts fields of a table that was not encrypted', () => {
  expect(claimsOf('dynamodb-fields')).toEqual([
    'ok: the name of an old customer lies open',
    'ok: in step 1, nothing is encrypted yet',
    'ok: in step 2, what is written is',
    'ok: who is in step 1 reads it',
    'ok: and old items are still read',
    'ok: a dry run counts 26 items',
    'ok: 26 were encrypted, 0 failed',
    'ok: a second run finds 0',
    'ok: old customers are read',
    'ok: the index answers 27 names',
    'ok: an expression alone cannot change what is signed: UPDATE_FORBIDDEN',
    'ok: updateItem does',
    'ok: a counter that is not signed counts as ever',
    'ok: puts the phone of one customer into another: ITEM_INVALID',
    'ok: puts one customer in the place of another: ITEM_INVALID',
    'ok: puts one without encryption: ITEM_NOT_ENCRYPTED',
    'ok: sees who left: Customer 3',
  ])
})

it('examples/dynamodb-single-table keeps tenants apart in one table', () => {
  expect(claimsOf('dynamodb-single-table')).toEqual([
    'ok: 80 items cost KMS 2 Decrypt',
    'ok: Customer 7 of amber ordered for 120.5',
    'ok: DynamoDB has the name as bytes',
    'ok: it is paid and has 2 lines',
    'ok: it does not open: ITEM_INVALID',
    'ok: 40 items were wrapped anew',
    "ok: 41 are not under amber's branch key",
    'ok: all of it is read',
    "ok: a query of coral's: ITEMS_UNDECRYPTABLE",
    'ok: a scan that skips what is lost has 40 items',
  ])
})
