import { join } from 'node:path'
import { describe, expect, inject, it } from 'vitest'
import { runProgram, runtimes } from './runtimes.ts'

const { app, twoCopies } = inject('installed')
it('runs on the oldest Node.js too wherever the tests of a change run', ({ skip }) => {
  const { missing } = runtimes.find(({ major }) => major === 22) ?? { missing: 'it is not in the list' }
  if (process.env.CI !== 'true' && missing !== undefined) skip(missing)
  expect(missing).toBeUndefined()
})

describe.each(runtimes)('the installed packages on $name', (runtime) => {
  const test = it.skipIf(runtime.missing !== undefined)

  test('is that version', async () => {
    expect(await runProgram(runtime, 'process.stdout.write(process.versions.node)', '--eval')).toMatch(new RegExp(`^${runtime.major}\\.`))
  })

  test('are imported by a JavaScript program', async () => {
    expect(await runProgram(runtime, join(app, 'esm.mjs'))).toBe('import: ok')
  })

  test('are required by a CommonJS program', async () => {
    // Which Node.js 22.12 still calls experimental.
    const quiet = '--disable-warning=ExperimentalWarning'
    expect(await runProgram(runtime, join(app, 'require.cjs'), quiet)).toBe('require: ok')
  })

  test('pass records through Kinesis under a KMS key', async () => {
    expect(await runProgram(runtime, join(app, 'records.mjs'))).toBe('records: ok')
  })

  test('understand the errors, secrets, keyrings and materials of another installed copy', async () => {
    expect(await runProgram(runtime, join(twoCopies, 'two-copies.mjs'))).toBe('two copies: ok')
  })
})
