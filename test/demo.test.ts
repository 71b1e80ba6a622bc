import { execFile } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { startEmbeddedKinesis, startEmbeddedKms } from '@strongroom/testing'
import { describe, expect, it } from 'vitest'
import { missingFor } from './support/hsm.ts'

interface Run {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

function demo(...args: readonly string[]): Promise<Run> {
  const root = new URL('..', import.meta.url).pathname
  const command = ['--conditions=@strongroom/source', 'examples/demo/main.ts', ...args]
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      command,
      { cwd: root, env: { PATH: process.env.PATH, HOME: process.env.HOME } },
      (_error, out, err) => resolve({ code: child.exitCode, out, err }),
    )
  })
}

/** The outcome and text of each claim that a run printed. */
function claims({ out }: Run): readonly string[] {
  const lines = out.split('\n').filter((line) => /^ {3}(ok|NOT SO) /.test(line))
  return lines.map((line) =>
    line
      .trim()
      .replace(/ {2,}/, ': ')
      .replace(/order-\d+/, 'order-N'),
  )
}

/** One endpoint for both services, as LocalStack is one; `change` may falsify what Kinesis answers. */
async function startFront(change: (operation: string, answer: string) => string): Promise<AsyncDisposable & { readonly endpoint: string }> {
  const kms = await startEmbeddedKms()
  const kinesis = await startEmbeddedKinesis()
  const server = createServer(async (request, response) => {
    const [service = '', operation = ''] = String(request.headers['x-amz-target']).split('.')
    const { host: _host, connection: _connection, 'content-length': _length, 'transfer-encoding': _encoding, ...headers } = request.headers
    const to = service.startsWith('Kinesis') ? kinesis.endpoint : kms.endpoint
    const answer = await fetch(to, { method: 'POST', headers: headers as Record<string, string>, body: await text(request) })
    response.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.1' }).end(change(operation, await answer.text()))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await kinesis.close()
      await kms.close()
    },
  }
}

const noHsm = missingFor('softhsm2') !== undefined

const held = [
  'ok: one KMS call for all of them: 1 GenerateDataKey',
  'ok: 500 records, and no card number in any',
  'ok: all 500 orders came back, each once and unchanged',
  'ok: one KMS call for all of them: 1 Decrypt',
  'ok: the order with one bit changed was refused',
  'ok: the order that was never encrypted was refused',
  'ok: the good order behind them arrived, and nothing else',
  'ok: it reads order-N',
  'ok: the record is bound to its stream',
]

describe('npm run demo', () => {
  it('shows records encrypted, read back, refused where tampered with, and opened by the official client', async () => {
    const run = await demo()
    expect(run.err).toBe('')
    expect(claims(run)).toEqual(held)
    expect(run.out).toContain('tampered: integrity')
    expect(run.out).toContain('02 04 78')
    expect(run.code).toBe(0)
  })

  it.skipIf(noHsm && process.env.CI !== 'true')(
    'plays with the keys in an HSM, which goes away in between (skipped where SoftHSM2 or pkcs11js is missing)',
    async () => {
      const run = await demo('--hsm')
      expect(run.err).toBe('')
      expect(claims(run)).toEqual([
        'ok: one HSM call for all of them: 1 wrap',
        ...held.slice(1, 3),
        'ok: one HSM call for all of them: 1 unwrap',
        ...held.slice(4),
        'ok: a consumer that comes meanwhile gets no record, and is told that it may pass: transient',
        'ok: the token is back, and the same consumer reads all 501 orders',
        'ok: orders/v0001 was made in the HSM and never leaves it',
        'ok: a producer wraps under orders/v0002',
        'ok: a consumer reads what either version wrote: 501 and 20',
      ])
      expect(run.code).toBe(0)
    },
  )

  it('plays on a given endpoint', async () => {
    await using front = await startFront((_operation, answer) => answer)
    const run = await demo('--endpoint', front.endpoint)
    expect(claims(run)).toEqual(held)
    expect(run.code).toBe(0)
  })

  it('fails where a step is not as claimed', async () => {
    await using front = await startFront((operation, answer) => {
      if (operation !== 'GetRecords') return answer
      const { Records, ...rest } = JSON.parse(answer) as { readonly Records?: readonly unknown[] }
      return JSON.stringify({ ...rest, Records: Records?.slice(1) })
    })
    const run = await demo('--endpoint', front.endpoint)
    expect(claims(run)).toContain('NOT SO: all 500 orders came back, each once and unchanged')
    expect(run.code).toBe(1)
  })

  it('fails where the endpoint does not answer, or an option is unknown', async () => {
    const unreachable = await demo('--endpoint', 'http://127.0.0.1:9')
    expect(unreachable.code).not.toBe(0)
    expect(unreachable.err).toContain('ECONNREFUSED')
    const misspelt = await demo('--endpiont', 'http://127.0.0.1:9')
    expect(misspelt.code).not.toBe(0)
    expect(misspelt.err).toContain('--endpiont')
  })
})
