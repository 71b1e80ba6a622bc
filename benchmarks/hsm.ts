/**
 * Wraps and unwraps a second in an HSM, against a bare loop over the native binding: synchronous, which holds the event loop up, and by its `*Async`
 * calls, which do not. The module is SoftHSM2 behind a shim that can delay its calls as a network does (`npm run bench -- --only=HSM`).
 */
import { randomBytes } from 'node:crypto'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { type AeadKey, SecretBytes } from '@strongroom/core'
import { createHsmKey, hsmKeyring, openHsmToken } from '@strongroom/pkcs11'
import pkcs11js from 'pkcs11js'
import { missingFor, setUpHsm, type TestHsm } from '../test/support/hsm.ts'
import type { Timing } from './hierarchy.ts'

const TARGET = 0.7
const LAG_TARGET_MS = 5
/** Callers at once: more than any number of sessions here. */
const CALLERS = 64
const AAD = new Uint8Array(40).fill(1)
const AES_GCM = 0x1087
const GCM_PARAMS = 7

/** Does its work again and again until told to stop; answers how often. */
type Load = (goesOn: () => boolean) => Promise<number> | number

interface Contender {
  readonly wrap: Load
  readonly unwrap: Load
}

/** Prints a row for each number of sessions, each latency, and each direction. */
export async function hsm({ only, rounds, middle }: Timing): Promise<void> {
  const cases = [0, 1, 5].flatMap((latency) => [1, 2, 4].map((sessions) => ({ latency, sessions })))
  const nameOf = (verb: string, { latency, sessions }: (typeof cases)[number]) => `${verb} HSM, sessions ${sessions}, latency ${latency} ms`
  const wanted = cases.flatMap((one) => (['wrap', 'unwrap'] as const).map((verb) => ({ ...one, verb, name: nameOf(verb, one) })))
  const rows = wanted.filter(({ name }) => name.includes(only))
  if (rows.length === 0) return
  const missing = missingFor('softhsm2-faulty')
  if (missing !== undefined) {
    console.log(`HSM rows skipped: ${missing}`)
    return
  }
  using module = setUpHsm('softhsm2-faulty')
  const runMs = rounds > 3 ? 500 : 150
  console.log(`HSM: an event loop that does nothing has a lag p99 of ${(await idleLag(4 * runMs)).toFixed(1)} ms on this machine now`)
  for (const { verb, name, latency, sessions } of rows) {
    await using ours = await oursOn(module, sessions)
    const bare = bareOn(module, sessions)
    module.faults.delay(latency, 'C_Encrypt', 'C_Decrypt')
    for (const load of [ours[verb], bare.sync[verb], bare.async[verb]]) await perSecond(load, runMs)
    const lags = { ours: monitorEventLoopDelay({ resolution: 1 }), async: monitorEventLoopDelay({ resolution: 1 }) }
    const seen: { readonly ours: number; readonly sync: number; readonly async: number }[] = []
    for (let round = 0; round < rounds; round += 1) {
      lags.ours.enable()
      const mine = await perSecond(ours[verb], runMs)
      lags.ours.disable()
      lags.async.enable()
      const theirs = await perSecond(bare.async[verb], runMs)
      lags.async.disable()
      seen.push({ ours: mine, sync: await perSecond(bare.sync[verb], runMs), async: theirs })
    }
    module.faults.clear()
    bare.close()
    const share = middle(seen.map((round) => round.ours / round.async))
    const lag = lags.ours.percentile(99) / 1e6 - 1
    const rate = (who: 'ours' | 'sync' | 'async') => Math.round(middle(seen.map((round) => round[who]))).toString()
    const met = `${share >= TARGET ? 'met' : 'MISSED'}; lag p99 ${lag.toFixed(1)} ms (*Async ${(lags.async.percentile(99) / 1e6 - 1).toFixed(1)}), target (${LAG_TARGET_MS}) ${lag <= LAG_TARGET_MS ? 'met' : 'MISSED'}`
    console.log(
      `${name.padEnd(40)} ${rate('ours').padStart(6)}/s  bare *Async ${rate('async')}/s, synchronous ${rate('sync')}/s  ${share.toFixed(2)} of *Async  target (${TARGET}) ${met}`,
    )
  }
}

/** What the machine does to everybody: the lag of ours is to be read beside it. */
async function idleLag(ms: number): Promise<number> {
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  await new Promise((resolve) => setTimeout(resolve, ms))
  delay.disable()
  return delay.percentile(99) / 1e6 - 1
}

async function perSecond(load: Load, runMs: number): Promise<number> {
  const started = performance.now()
  const done = await load(() => performance.now() - started < runMs)
  return (done / (performance.now() - started)) * 1000
}

async function oursOn(module: TestHsm, sessions: number): Promise<Contender & AsyncDisposable> {
  const { library, token: made } = module
  const token = openHsmToken({ library, slot: { label: made.label }, pin: made.pin, maxSessions: sessions })
  await createHsmKey(token, { alias: 'bench' }).catch((error: unknown) => {
    // Of the row before.
    if ((error as { reason?: string }).reason !== 'KEY_EXISTS') throw error
  })
  const key = (await hsmKeyring({ token, namespace: 'bench', alias: 'bench' }).wrappingKeys?.current()) as AeadKey
  const secret = SecretBytes.random(32)
  const wrapped = await key.seal(secret, AAD)
  const callers = (one: () => Promise<unknown>) => async (goesOn: () => boolean) => {
    let done = 0
    const caller = async () => {
      while (goesOn()) {
        await one()
        done += 1
      }
    }
    await Promise.all(Array.from({ length: CALLERS }, caller))
    return done
  }
  return {
    wrap: callers(() => key.seal(secret, AAD)),
    unwrap: callers(async () => (await key.open(wrapped.iv, wrapped.sealed, AAD)).dispose()),
    async [Symbol.asyncDispose]() {
      secret.dispose()
      await token.close()
    },
  }
}

function bareOn(module: TestHsm, sessions: number): { readonly sync: Contender; readonly async: Contender; readonly close: () => void } {
  const p11 = new pkcs11js.PKCS11()
  p11.load(module.library)
  const slot = p11.C_GetSlotList(true).find((id) => p11.C_GetTokenInfo(id).label.trim() === module.token.label) as Buffer
  const flags = pkcs11js.CKF_SERIAL_SESSION | pkcs11js.CKF_RW_SESSION
  const open = Array.from({ length: sessions }, () => p11.C_OpenSession(slot, flags))
  const [first] = open as [Buffer]
  p11.C_FindObjectsInit(first, [{ type: pkcs11js.CKA_LABEL, value: 'bench/v0001' }])
  const [key] = p11.C_FindObjects(first, 1) as [Buffer]
  p11.C_FindObjectsFinal(first)
  const dataKey = randomBytes(32)
  const mechanism = (iv: Buffer) => ({
    mechanism: AES_GCM,
    parameter: { type: GCM_PARAMS, iv, ivBits: 96, aad: Buffer.from(AAD), tagBits: 128 },
  })
  const iv = randomBytes(12)
  p11.C_EncryptInit(first, mechanism(iv), key)
  const sealed = Buffer.from(p11.C_Encrypt(first, dataKey, Buffer.alloc(48)))

  const sync = (one: (session: Buffer) => unknown) => (goesOn: () => boolean) => {
    let done = 0
    while (goesOn()) {
      one(open[done % sessions] as Buffer)
      done += 1
    }
    return done
  }
  const async = (one: (session: Buffer) => Promise<unknown>) => async (goesOn: () => boolean) => {
    let done = 0
    const caller = async (session: Buffer) => {
      while (goesOn()) {
        await one(session)
        done += 1
      }
    }
    await Promise.all(open.map(caller))
    return done
  }
  return {
    sync: {
      wrap: sync((session) => {
        p11.C_EncryptInit(session, mechanism(randomBytes(12)), key)
        p11.C_Encrypt(session, dataKey, Buffer.alloc(60))
      }),
      unwrap: sync((session) => {
        p11.C_DecryptInit(session, mechanism(iv), key)
        p11.C_Decrypt(session, sealed, Buffer.alloc(48))
      }),
    },
    async: {
      wrap: async((session) => {
        p11.C_EncryptInit(session, mechanism(randomBytes(12)), key)
        return p11.C_EncryptAsync(session, dataKey, Buffer.alloc(60))
      }),
      unwrap: async((session) => {
        p11.C_DecryptInit(session, mechanism(iv), key)
        return p11.C_DecryptAsync(session, sealed, Buffer.alloc(48))
      }),
    },
    close: () => {
      for (const session of open) p11.C_CloseSession(session)
    },
  }
}
