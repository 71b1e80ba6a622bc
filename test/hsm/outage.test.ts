import { createEncryptionClient, type EncryptionClient, isStrongroomError } from '@strongroom/core'
import { createHsmKey, type HsmToken, openHsmToken } from '@strongroom/pkcs11'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { LIMIT } from '../fuzz/slow.ts'
import { describeOnHsm, faultyModules, type HsmModule } from '../support/hsm.ts'
import { keyringOf } from './token-spec.ts'

const CALLERS = 16
const modules: readonly HsmModule[] = ['softhsm2', ...faultyModules]

describeOnHsm(modules, 'a token that goes away under load, and comes back', (hsm) => {
  let token: HsmToken
  let client: EncryptionClient
  beforeAll(async () => {
    const { library, token: made } = hsm
    const circuit = { failures: 20, coolDownMs: 5 }
    token = openHsmToken({ library, slot: { label: made.label }, pin: made.pin, backoffMs: 2, deadlineMs: 2_000, circuit })
    await createHsmKey(token, { alias: 'shared' })
    client = createEncryptionClient({ keyring: keyringOf(token) })
  })
  afterAll(() => token.close())

  /** What became of a call: done and right, or the code of the error. */
  async function outcome(index: number): Promise<string> {
    try {
      const { ciphertext } = await client.encrypt(Buffer.from(`text ${index}`))
      const { plaintext } = await client.decrypt(ciphertext)
      expect(Buffer.from(plaintext).toString()).toBe(`text ${index}`)
      return 'done'
    } catch (error) {
      if (isStrongroomError(error)) return error.code
      throw error
    }
  }

  it('answers every caller meanwhile, rightly or with KEY_TRANSIENT, and serves all when it is back', { timeout: LIMIT }, async () => {
    const seen: string[] = []
    let phase: 'before' | 'away' | 'back' | 'over' = 'before'
    let calls = 0
    const caller = async () => {
      while (phase !== 'over') {
        const what = await outcome(calls)
        calls += 1
        seen.push(`${phase} ${what}`)
      }
    }
    const callers = Promise.all(Array.from({ length: CALLERS }, caller))
    const until = async (word: string, count: number) => {
      const from = seen.length
      while (seen.slice(from).filter((what) => what === word).length < count) await new Promise((resolve) => setTimeout(resolve, 5))
    }
    for (let round = 0; round < 2; round += 1) {
      phase = 'before'
      await until('before done', 50)
      phase = 'away'
      hsm.removeTokens()
      try {
        // With what it had open going too, and the login.
        if (hsm.module !== 'softhsm2') hsm.faults.inject('C_Encrypt', { action: 'drop-sessions', times: 10 })
        await until('away KEY_TRANSIENT', 50)
      } finally {
        hsm.restoreTokens()
      }
      phase = 'back'
      await until('back done', 50)
    }
    phase = 'over'
    await callers
    const kinds = [...new Set(seen.map((what) => what.split(' ')[1]))].toSorted()
    expect(kinds).toEqual(['KEY_TRANSIENT', 'done'])
    expect(await Promise.all(Array.from({ length: CALLERS }, (_, index) => outcome(index)))).toEqual(
      Array.from({ length: CALLERS }).fill('done'),
    )
  })
})
