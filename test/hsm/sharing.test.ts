import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Worker } from 'node:worker_threads'
import { createEncryptionClient, type EncryptionClient } from '@strongroom/core'
import { createHsmKey, type HsmToken } from '@strongroom/pkcs11'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { LIMIT, slow } from '../fuzz/slow.ts'
import { describeOnHsm, everyModule, faultyModules, type TestHsm } from '../support/hsm.ts'
import { keyringOf, openSpec, specOf } from './token-spec.ts'

const CALLS = 200
const WRAPS = slow ? 1_000_000 : 20_000
/** What the heaps of two threads vary by. The leak of 5 KB a call that the binding's other asynchronous calls have would be 100 MiB in the short run. */
const MOST_MIB = 16
/** Else the young generation of the heap, which never shrinks, grows by 100 MiB while it is being used. */
const SMALL_HEAP = ['--expose-gc', '--max-semi-space-size=1']

function setUp(hsm: TestHsm): { readonly client: () => EncryptionClient; readonly token: () => HsmToken } {
  let token: HsmToken
  let client: EncryptionClient
  beforeAll(async () => {
    token = openSpec(specOf(hsm))
    await createHsmKey(token, { alias: 'shared' })
    client = createEncryptionClient({ keyring: keyringOf(token) })
  })
  afterAll(() => token.close())
  return { client: () => client, token: () => token }
}

async function child(hsm: TestHsm, flags: readonly string[], program: string, args: readonly string[], input: string): Promise<unknown> {
  const running = promisify(execFile)(
    process.execPath,
    [...flags, '--conditions=@strongroom/source', join(import.meta.dirname, program), JSON.stringify(specOf(hsm)), ...args],
    { env: { ...process.env, ...hsm.environment }, maxBuffer: 2 ** 26 },
  )
  running.child.stdin?.end(input)
  return JSON.parse((await running).stdout)
}

async function roundTrips(client: EncryptionClient, count: number): Promise<void> {
  const one = async (index: number) => {
    const { ciphertext } = await client.encrypt(Buffer.from(`first ${index}`))
    expect(Buffer.from((await client.decrypt(ciphertext)).plaintext).toString()).toBe(`first ${index}`)
  }
  await Promise.all(Array.from({ length: count }, (_, index) => one(index)))
}

describeOnHsm(everyModule, 'two processes on one token', (hsm) => {
  const { client } = setUp(hsm)

  it('work at the same time, and read what the other wrote', { timeout: LIMIT }, async () => {
    const messages = await Promise.all(Array.from({ length: CALLS }, (_, index) => client().encrypt(Buffer.from(`first ${index}`))))
    const texts = messages.map(({ ciphertext }) => Buffer.from(ciphertext).toString('base64'))
    const second = child(hsm, [], 'exchange-run.ts', [], JSON.stringify(texts))
    let isDone = false
    const end = second.finally(() => {
      isDone = true
    })
    while (!isDone) await roundTrips(client(), 20)
    const answers = (await end) as readonly { readonly read: string; readonly written: string }[]
    expect(answers.map(({ read }) => read)).toEqual(texts.map((_, index) => `first ${index}`))
    for (const [index, { written }] of answers.entries()) {
      const { plaintext } = await client().decrypt(Buffer.from(written, 'base64'))
      expect(Buffer.from(plaintext).toString()).toBe(`second ${index}`)
    }
  })

  it(`wraps ${WRAPS.toLocaleString('en')} data keys in the same memory`, { timeout: LIMIT }, async () => {
    const { grownMiB } = (await child(hsm, SMALL_HEAP, 'memory-run.ts', [String(WRAPS)], '')) as { readonly grownMiB: number }
    expect(grownMiB).toBeLessThan(MOST_MIB)
  })
})

describeOnHsm(faultyModules, 'a worker thread on the token of its process', (hsm) => {
  const { client } = setUp(hsm)

  async function worker(): Promise<Worker> {
    const started = new Worker(new URL('./worker-run.ts', import.meta.url), {
      execArgv: ['--conditions=@strongroom/source'],
      workerData: specOf(hsm),
    })
    const [word] = await once(started, 'message')
    expect(word).toBe('working')
    return started
  }

  it('that ends as it should disturbs nobody', { timeout: LIMIT }, async () => {
    const started = await worker()
    const work = roundTrips(client(), CALLS)
    // Listened for now: a thread's last message and its end may come in one turn.
    const end = once(started, 'exit')
    started.postMessage('end')
    const [word] = await once(started, 'message')
    await Promise.all([work, end])
    expect(word).toBe('done')
    await roundTrips(client(), CALLS)
  })

  it('that is killed in the middle of its calls disturbs nobody, and the next one works', { timeout: LIMIT }, async () => {
    for (let round = 0; round < 3; round += 1) {
      const started = await worker()
      const work = roundTrips(client(), CALLS)
      await started.terminate()
      await work
      await roundTrips(client(), CALLS)
    }
  })
})
