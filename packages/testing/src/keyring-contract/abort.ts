import assert from 'node:assert/strict'
import { SecretBytes, type WrapRequest } from '@strongroom/core'
import { assertOpened, requestFor, wrapForAll } from './drive.ts'
import type { Check, Hang, KeyringFixture } from './fixture.ts'

/** Callers that give up. */
export function abortChecks<F extends KeyringFixture>(hang: ((fixture: F) => Hang) | undefined): readonly Check<F>[] {
  const always: readonly Check<F>[] = [
    {
      name: 'rejects with the reason of a signal that is aborted already',
      async run({ keyring }) {
        const { edks } = await wrapForAll(keyring, requestFor())
        const { request, reason } = aborted()
        const secret = SecretBytes.random(32)
        await assert.rejects(keyring.unwrap(edks, request), (error) => error === reason)
        for (const recipient of await keyring.recipients(requestFor())) {
          await assert.rejects(recipient.wrap(secret, request), (error) => error === reason)
          if (recipient.generate) await assert.rejects(recipient.generate(32, request), (error) => error === reason)
        }
      },
    },
  ]
  if (hang === undefined) return always
  return [
    ...always,
    {
      name: 'rejects with the reason of a signal that is aborted while the call waits, and fails nobody else',
      async run(fixture) {
        const { keyring } = fixture
        const { secret, edks } = await wrapForAll(keyring, requestFor())
        const [recipient] = await keyring.recipients(requestFor())
        assert.ok(recipient)
        const controller = new AbortController()
        const reason = new Error('gave up')
        const request = { ...requestFor(), signal: controller.signal }
        using waiting = hang(fixture)
        const calls = [
          keyring.unwrap(edks, request),
          recipient.wrap(secret, request),
          ...(recipient.generate ? [recipient.generate(32, request)] : []),
        ]
        const settled = Promise.allSettled(calls)
        const patient = keyring.unwrap(edks, requestFor())
        await waiting.reached(calls.length + 1)
        controller.abort(reason)
        const results = await before(settled)
        waiting[Symbol.dispose]()
        assert.ok(results, 'an aborted call does not wait for its answer')
        for (const result of results) {
          assert.ok(result.status === 'rejected' && result.reason === reason, 'an aborted call rejects with the reason of its signal')
        }
        assertOpened(await patient, secret)
      },
    },
  ]
}

/** Milliseconds after which a call counts as deaf. An abort takes a few turns of the event loop; only a failing check waits this long. */
const DEAF_AFTER = 5_000

async function before<T>(work: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), DEAF_AFTER)
  })
  try {
    return await Promise.race([work, deadline])
  } finally {
    clearTimeout(timer)
  }
}

function aborted(): { readonly request: WrapRequest; readonly reason: Error } {
  const reason = new Error('gave up before it began')
  return { request: { ...requestFor(), signal: AbortSignal.abort(reason) }, reason }
}
