import { randomBytes } from 'node:crypto'
import type { CallOptions } from '@strongroom/core'
import { ckrRow } from '../ckr.ts'
import { CKM } from '../constants.ts'
import { handleBytes, handleOf } from '../native/handle.ts'
import { isFailure, type NativeCall, type NativeFailure } from '../native/hsm-thread.ts'
import { jobIv, jobMemory, jobOutput } from '../native/job.ts'
import { Mechanism } from '../native/mechanism.ts'
import { nativeTemplate } from '../native/template.ts'
import type { Quirks } from '../quirks.ts'
import type { TokenCore } from '../token/token-core.ts'
import { temporaryTemplate, type Usage } from './templates.ts'

/** What a try came to: its output, or the module's word against it. */
export type Tried = { readonly output: Uint8Array } | { readonly refusal: string }

/** Who makes the IV, as it was seen. */
export type SeenIv = Quirks['gcmIv']

const AAD = new TextEncoder().encode('strongroom doctor')
const TAG = 16
const IV = 12

/** Whether a module did what it was asked. */
export function worked(tried: Tried): tried is { readonly output: Uint8Array } {
  return 'output' in tried
}

/** An AES key that lasts as long as its session, at most. */
export async function temporaryKey(core: TokenCore, granted: readonly Usage[], options: CallOptions): Promise<bigint> {
  const template = nativeTemplate(temporaryTemplate(granted))
  const [key] = await core.call(
    'C_GenerateKey',
    (session) => [{ method: 'C_GenerateKey', args: [session, Mechanism.plain(CKM.AES_KEY_GEN).toNative(), template] }],
    options,
  )
  return handleOf(key as Uint8Array)
}

/** Seals with AES-GCM by one mechanism and IV, and answers what the module put out. */
function trySeal(core: TokenCore, key: bigint, type: number, iv: Uint8Array, plain: Uint8Array, options: CallOptions): Promise<Tried> {
  return attempt(core, 'Encrypt', Mechanism.gcm(type, iv, AAD), key, plain, options)
}

/** Seals with AES-GCM in one of the ways, with an IV of the caller's where that is the way. Answers the IV that was used. */
export function seal(
  core: TokenCore,
  key: bigint,
  way: SeenIv,
  plain: Uint8Array,
  options: CallOptions,
  aad: Uint8Array = AAD,
): Promise<{ readonly iv: Uint8Array; readonly sealed: Uint8Array }> {
  const type = way === 'vendor-prefixed' ? CKM.CLOUDHSM_AES_GCM : CKM.AES_GCM
  const given = way === 'vendor-prefixed' ? new Uint8Array(0) : way === 'zero-in-place' ? new Uint8Array(IV) : randomBytes(IV)
  const mechanism = Mechanism.gcm(type, given, aad)
  return core.run(
    {
      name: 'C_Encrypt',
      work: () =>
        jobMemory({
          operation: 'encrypt',
          mechanism,
          key,
          inputBytes: plain.length,
          outputBytes: plain.length + 64,
          fill: (input) => input.set(plain),
        }),
      finish: ({ memory }) => {
        const out = Uint8Array.from(jobOutput(memory))
        if (way === 'vendor-prefixed') return { iv: out.slice(0, IV), sealed: out.slice(IV) }
        if (way === 'appended') return { iv: out.slice(-IV), sealed: out.slice(0, -IV) }
        return { iv: Uint8Array.from(jobIv(memory)), sealed: out }
      },
    },
    options,
  )
}

/** Opens with AES-GCM. */
export function tryOpen(
  core: TokenCore,
  key: bigint,
  iv: Uint8Array,
  sealed: Uint8Array,
  options: CallOptions,
  aad: Uint8Array = AAD,
): Promise<Tried> {
  return attempt(core, 'Decrypt', Mechanism.gcm(CKM.AES_GCM, iv, aad), key, sealed, options)
}

/** Wraps one key by another. */
export async function tryWrap(core: TokenCore, mechanism: number, by: bigint, key: bigint, options: CallOptions): Promise<Tried> {
  const [answer] = await core.call(
    'C_WrapKey',
    (session) => [
      {
        method: 'C_WrapKey',
        args: [session, Mechanism.plain(mechanism).toNative(), handleBytes(by), handleBytes(key), new Uint8Array(512)],
        tolerant: true,
      },
    ],
    options,
  )
  return tried(answer)
}

/**
 * Finds out who makes the IV of AES-GCM, by the outputs alone: what opens again, and with which IV. Undefined where nothing opens.
 */
export async function seeIv(
  core: TokenCore,
  key: bigint,
  options: CallOptions,
): Promise<{ readonly iv: SeenIv | undefined; readonly refusals: readonly string[] }> {
  const plain = randomBytes(32)
  const refusals: string[] = []
  const note = (what: string, answer: Tried): void => {
    if (!worked(answer)) refusals.push(`${what}: ${answer.refusal}`)
  }
  const same = async (iv: Uint8Array, sealed: Uint8Array): Promise<boolean> => {
    const opened = await tryOpen(core, key, iv, sealed, options)
    return worked(opened) && Buffer.from(opened.output).equals(plain)
  }
  const prefixed = await trySeal(core, key, CKM.CLOUDHSM_AES_GCM, new Uint8Array(0), plain, options)
  note('IV of the module by CKM_CLOUDHSM_AES_GCM', prefixed)
  if (worked(prefixed) && (await same(prefixed.output.subarray(0, IV), prefixed.output.subarray(IV))))
    return { iv: 'vendor-prefixed', refusals }
  const own = randomBytes(IV)
  const given = await trySeal(core, key, CKM.AES_GCM, own, plain, options)
  note('IV of the caller', given)
  if (worked(given) && given.output.length === plain.length + TAG && (await same(own, given.output))) return { iv: 'caller', refusals }
  if (worked(given) && (await same(given.output.subarray(-IV), given.output.subarray(0, -IV)))) return { iv: 'appended', refusals }
  // The module writes its IV where only its own call can see it; that the zeros do not open the ciphertext tells it.
  const zeros = await trySeal(core, key, CKM.AES_GCM, new Uint8Array(IV), plain, options)
  note('IV of zeros', zeros)
  if (worked(zeros) && !(await same(new Uint8Array(IV), zeros.output))) return { iv: 'zero-in-place', refusals }
  return { iv: undefined, refusals }
}

async function attempt(
  core: TokenCore,
  what: 'Encrypt' | 'Decrypt',
  mechanism: Mechanism,
  key: bigint,
  input: Uint8Array,
  options: CallOptions,
): Promise<Tried> {
  const given = Uint8Array.from(input)
  const script = (session: Uint8Array): readonly NativeCall[] => [
    { method: `C_${what}Init`, args: [session, mechanism.toNative(), handleBytes(key)], tolerant: true },
    { method: `C_${what}`, args: [session, given, new Uint8Array(given.length + 64)], tolerant: true },
  ]
  const [init, answer] = await core.call(`C_${what}`, script, options)
  return isFailure(init) ? tried(init) : tried(answer)
}

function tried(answer: unknown): Tried {
  return isFailure(answer) ? { refusal: wordOf(answer) } : { output: answer as Uint8Array }
}

function wordOf({ code, text }: NativeFailure): string {
  return code === undefined ? (text ?? 'no answer') : ckrRow(code).name
}
