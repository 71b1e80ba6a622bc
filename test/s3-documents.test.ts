import { spawnSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { missingFor } from './support/hsm.ts'

const withHsm = missingFor('softhsm2') === undefined || process.env.CI === 'true'

it(`examples/s3-documents puts and reads documents under keys in KMS, RSA${withHsm ? ' and an HSM' : ' (the HSM is skipped: SoftHSM2 or pkcs11js is missing)'}`, () => {
  const root = new URL('..', import.meta.url).pathname
  const options = withHsm ? [] : ['--no-hsm']
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ['--conditions=@strongroom/source', 'examples/s3-documents/main.ts', ...options],
    { cwd: root, encoding: 'utf8', env: { PATH: process.env.PATH, HOME: process.env.HOME } },
  )
  expect(stderr).toBe('')
  const places = ['KMS', 'an RSA key pair', ...(withHsm ? ['an HSM'] : [])]
  expect(stdout.match(/(?<=^\d+\. A document whose key is in ).*$/gm)).toEqual(places)
  const claims = stdout.match(/^ {3}(?:ok|NOT SO) .*$/gm) ?? []
  expect(claims.map((claim) => claim.trim().replace(/ {2,}/, ': '))).toEqual([
    ...places.flatMap(() => [
      'ok: S3 has nothing that can be read',
      'ok: the same client reads it',
      'ok: its length is that of the text',
      'ok: one bit changed in S3: MESSAGE_INVALID',
    ]),
    'ok: line 30,000 of an esdk object, verified: 000030000 (bytes 300000-300009/500000)',
    'ok: of a V3 object, which nothing would verify: FORMAT_FORBIDDEN',
    'ok: it went up in 5 parts',
    'ok: and comes down',
    'ok: decrypts what it fetched',
    'ok: an encrypted client signs no URL, behind which is ciphertext: COMMAND_UNSUPPORTED',
  ])
  expect(status).toBe(0)
})
