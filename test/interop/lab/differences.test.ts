import { expect, it } from 'vitest'
import { differences } from './differences.ts'

it('names every difference once, by its client', () => {
  expect(new Set(differences.map(({ name }) => name)).size).toBe(differences.length)
  expect(differences.filter(({ name, who }) => !name.startsWith(`${who}-`))).toEqual([])
})
