import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createHsmKey } from '@strongroom/pkcs11'
import { beforeAll, expect, it } from 'vitest'
import { LIMIT } from '../fuzz/slow.ts'
import { describeOnHsm, everyModule } from '../support/hsm.ts'
import { openSpec, specOf } from './token-spec.ts'

/** What somebody may be told whose parameters do not fit. */
const codes = new Set([
  ...[
    'done',
    'OPTION_INVALID',
    'MESSAGE_INVALID',
    'CONTEXT_INVALID',
    'INPUT_INVALID',
    'KEY_OPERATIONAL',
    'KEY_TRANSIENT',
    'TypeError',
    'RangeError',
  ],
])

describeOnHsm(everyModule, 'parameters that do not fit', (hsm) => {
  beforeAll(async () => {
    await using token = openSpec(specOf(hsm))
    await createHsmKey(token, { alias: 'shared' })
  })

  it('never bring the process down, and the token serves on', { timeout: LIMIT }, async () => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--conditions=@strongroom/source', join(import.meta.dirname, 'parameters-run.ts'), JSON.stringify(specOf(hsm))],
      { env: { ...process.env, ...hsm.environment } },
    )
    const { isSame, told } = JSON.parse(stdout) as { readonly isSame: boolean; readonly told: Readonly<Record<string, number>> }
    expect(isSame).toBe(true)
    for (const code of Object.keys(told)) expect(codes).toContain(code)
    expect(told.OPTION_INVALID).toBeGreaterThan(1_000)
  })
})
