import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { missingFor } from './support/hsm.ts'

const noHsm = missingFor('softhsm2') !== undefined

describe('examples/kinesis-cloudhsm', () => {
  it.skipIf(noHsm && process.env.CI !== 'true')(
    'survives the death of one of two tokens (skipped where SoftHSM2 or pkcs11js is missing)',
    () => {
      const root = new URL('..', import.meta.url).pathname
      const { stdout, stderr, status } = spawnSync(
        process.execPath,
        ['--conditions=@strongroom/source', 'examples/kinesis-cloudhsm/main.ts'],
        { cwd: root, encoding: 'utf8', env: { PATH: process.env.PATH, HOME: process.env.HOME } },
      )
      expect(stderr).toBe('')
      const claims = stdout.match(/^ {3}(?:ok|NOT SO) .*$/gm) ?? []
      expect(
        claims.map((claim) =>
          claim
            .trim()
            .replace(/ {2,}/, ': ')
            .replace(/[0-9a-f]{6},/, 'C,'),
        ),
      ).toEqual([
        'ok: cluster-a: orders/v0001, check value C, made there and kept there',
        'ok: cluster-b: orders/v0001, check value C, made there and kept there',
        'ok: their data key is wrapped in cluster-a and cluster-b',
        'ok: the producer goes on with the data key that it has',
        'ok: a consumer that starts now reads all 200, by cluster-b',
        'ok: a producer that starts now writes nothing that cluster-a could not open: KEY_TRANSIENT',
        'ok: the rest is wrapped in both again, and the consumer reads on',
      ])
      expect(status).toBe(0)
    },
  )
})
