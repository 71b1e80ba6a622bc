import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { readInput } from './engine/target.ts'
import { targetNamed } from './targets/all.ts'

interface Regression {
  readonly defect: string
  readonly target: string
  /** As a finding shows it. */
  readonly input: object
}

// What fuzzing found, and what came of it. A new finding is put here with its input, before its defect is mended.
const regressions = JSON.parse(readFileSync(new URL('regressions.json', import.meta.url), 'utf8')) as readonly Regression[]

it.each(regressions)('stays mended: $defect', async ({ target, input }) => {
  expect(await (await targetNamed(target)).run(readInput(JSON.stringify(input)))).toBeUndefined()
})
