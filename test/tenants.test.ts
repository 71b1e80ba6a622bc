import { execFile } from 'node:child_process'
import { expect, it } from 'vitest'

it('examples/tenants shows three tenants apart, one of them rotated, one under its own KMS key, one shredded', async () => {
  const root = new URL('..', import.meta.url).pathname
  const { code, out, err } = await new Promise<{ code: number | null; out: string; err: string }>((resolve) => {
    const child = execFile(
      process.execPath,
      ['--conditions=@strongroom/source', 'examples/tenants/main.ts'],
      { cwd: root, env: { PATH: process.env.PATH, HOME: process.env.HOME } },
      (_error, out, err) => resolve({ code: child.exitCode, out, err }),
    )
  })
  expect(err).toBe('')
  const claims = out.split('\n').filter((line) => /^ {3}(ok|NOT SO) /.test(line))
  expect(claims.map((line) => line.trim().replace(/arn:\S+/, 'ARN'))).toEqual(
    [
      'the branch key of amber is under ARN',
      'the branch key of coral is under ARN',
      'the branch key of green is under ARN',
      'all 3000 open, with 3 GetItem, 3 Decrypt',
      'as it is, it is refused: CONTEXT_MISMATCH',
      'relabelled, it is refused: MESSAGE_INVALID',
      'what was written before opens',
      'what is written now opens in a process that started before',
      'a dry run destroys nothing, and says what would go: 3 items',
      'its orders no longer open: KEY_SHREDDED',
      'its orders no longer open: KEY_SHREDDED',
      'its orders no longer open: KEY_SHREDDED',
      'it cannot write again: KEY_SHREDDED',
      'the other 2001 orders open',
    ].map((claim) => `ok      ${claim}`),
  )
  expect(out).toContain('Everything was as claimed.')
  expect(code).toBe(0)
})
