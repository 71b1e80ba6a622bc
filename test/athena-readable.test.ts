import { spawnSync } from 'node:child_process'
import { expect, it } from 'vitest'

it('examples/athena-readable writes what Athena documents that it reads', () => {
  const root = new URL('..', import.meta.url).pathname
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--conditions=@strongroom/source', 'examples/athena-readable/main.ts'], {
    cwd: root,
    encoding: 'utf8',
    env: { PATH: process.env.PATH, HOME: process.env.HOME },
  })
  expect(stderr).toBe('')
  const claims = stdout.match(/^ {3}(?:ok|NOT SO) .*$/gm) ?? []
  expect(claims.map((claim) => claim.trim().replace(/ {2,}/, ': '))).toEqual([
    'ok: the body is AES-GCM, as in V2',
    'ok: its data key is from KMS',
    'ok: the length of the text is told, by which queries are split',
    'ok: there is no entry of V3',
    'ok: by the client that wrote it',
    'ok: a client of the default policy refuses it',
    'ok: one that writes V3 and still reads V2 reads it',
  ])
  expect(status).toBe(0)
})
