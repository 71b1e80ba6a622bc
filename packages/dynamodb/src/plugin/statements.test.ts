import { describe, expect, it } from 'vitest'
import { tablesOfStatement } from './statements.ts'

describe('the tables of a PartiQL statement', () => {
  it.each([
    ['SELECT * FROM "orders" WHERE id = \'FROM x\'', ['orders']],
    ['select * from "orders"."by-status"', ['orders']],
    ["INSERT INTO orders VALUE {'id': ?}", ['orders']],
    ['UPDATE "arn:aws:dynamodb:eu-west-1:1:table/orders" SET a = 1', ['arn:aws:dynamodb:eu-west-1:1:table/orders']],
    ['EXISTS(SELECT * FROM "a" WHERE id = 1)', ['a']],
  ])('are found in %s', (statement, tables) => {
    expect(tablesOfStatement(statement)).toEqual(tables)
  })

  it('are each that a bare name with dots may mean', () => {
    expect(tablesOfStatement('SELECT * FROM a.b.c')).toEqual(['a.b.c', 'a.b', 'a'])
  })

  it.each([
    'SELECT 1',
    'SELECT * FROM',
    "SELECT * FROM 'orders'",
    'SELECT * FROM <<1>>',
    'SELECT * FROM a -- b',
    'SELECT * /* */ FROM a',
    "'",
  ])('cannot be told of %s', (statement) => {
    expect(() => tablesOfStatement(statement)).toThrow(expect.objectContaining({ code: 'OPERATION_UNSUPPORTED' }))
  })
})
