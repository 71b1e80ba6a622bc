import { describe, expect, it } from 'vitest'
import { attributeUses } from './attribute-uses.ts'

const names = { '#a': 'first', '#b': 'second', '#and': 'AND', '#dots': 'a.b' }
const found = (expression: string) =>
  attributeUses(expression, names, 'FilterExpression').map(({ path, existence }) => [
    [path.attribute, ...path.rest].join('/'),
    existence ? 'exists' : 'value',
  ])

describe('attributes that an expression mentions', () => {
  it.each([
    ['a = :v', [['a', 'value']]],
    ['inspector_id = :v AND order_no > :v or notes <> :v', ['inspector_id', 'order_no', 'notes'].map((name) => [name, 'value'])],
    ['NOT (#a BETWEEN :x AND :y) OR #b IN (:x, third)', ['first', 'second', 'third'].map((name) => [name, 'value'])],
    [
      'attribute_exists(a) AND attribute_not_exists(#b)',
      [
        ['a', 'exists'],
        ['second', 'exists'],
      ],
    ],
    ['attribute_exists(a.b)', [['a/b', 'value']]],
    [
      'attribute_exists(a) AND a = :v',
      [
        ['a', 'exists'],
        ['a', 'value'],
      ],
    ],
    ['begins_with(#a, :v) AND contains(b, c) AND size(d) > :n', ['first', 'b', 'c', 'd'].map((name) => [name, 'value'])],
    ['attribute_type(a, :t)', [['a', 'value']]],
    ['#and = :v', [['AND', 'value']]],
    ['#dots = :v', [['a.b', 'value']]],
    [
      'a, b[0].c, #a.#b',
      [
        ['a', 'value'],
        ['b/0/c', 'value'],
        ['first/second', 'value'],
      ],
    ],
    ['not(a = :v)', [['a', 'value']]],
    ['a in(:x)', [['a', 'value']]],
  ])('are all found in %s', (expression, expected) => {
    expect(found(expression)).toEqual(expected)
  })

  it.each(['#unknown = :v', 'a = "text"', 'a[b] = :v', 'a[12345678901] = :v', 'a. = :v', `a = :v${' '.repeat(5000)}b`])(
    'refuses %s',
    (expression) => {
      expect(() => found(expression)).toThrow(expect.objectContaining({ code: 'EXPRESSION_INVALID' }))
    },
  )
})
