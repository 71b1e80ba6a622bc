/**
 * Feeds whatever does not fit to the API, and tells what came of it: a program of its own, since the native binding brings a process down some
 * calls after it was given parameters of another shape than it expects.
 *
 *     node --conditions=@strongroom/source test/hsm/parameters-run.ts <token spec as JSON>
 */
import { type AeadKey, SecretBytes } from '@strongroom/core'
import { hsmKeyring, hsmPrfKey, hsmRandom, hsmRsaKeyring, type Quirks } from '@strongroom/pkcs11'
import { CKM } from '../../packages/pkcs11/src/constants.ts'
import { Mechanism } from '../../packages/pkcs11/src/native/mechanism.ts'
import { nativeTemplate } from '../../packages/pkcs11/src/native/template.ts'
import { coreOf, openHsmToken } from '../../packages/pkcs11/src/token/hsm-token.ts'
import { keyringOf, type TokenSpec } from './token-spec.ts'

const ROUNDS = 12
const spec = JSON.parse(process.argv[2] as string) as TokenSpec
const told = new Map<string, number>()
const detached = new Uint8Array(12)
structuredClone(detached, { transfer: [detached.buffer] })

/** Nothing of these is 12 bytes of its own. */
const odd: readonly unknown[] = [
  ...[undefined, null, true, 0, -1, 2 ** 53, Number.NaN, 12n, '', 'twelve bytes', Symbol('iv'), () => new Uint8Array(12)],
  ...[{}, { length: 12 }, { length: 2 ** 40 }, [], Array.from({ length: 12 }), new ArrayBuffer(12), new SharedArrayBuffer(12)],
  ...[new Uint8Array(0), new Uint8Array(1), new Uint8Array(11), new Uint8Array(13), new Uint8Array(100_000), detached],
  ...[new Uint8Array(new SharedArrayBuffer(12)), new Float64Array(12), new DataView(new ArrayBuffer(12)), Buffer.alloc(16).subarray(4)],
]

async function attempt(work: () => unknown): Promise<void> {
  let what = 'done'
  try {
    const answer = await work()
    if (answer instanceof SecretBytes) answer.dispose()
  } catch (error) {
    what = String((error as { readonly code?: unknown }).code ?? (error as Error).name)
  }
  told.set(what, (told.get(what) ?? 0) + 1)
}

// What is tried fails in a row.
const token = openHsmToken({ ...openOptions(), backoffMs: 1, circuit: { failures: 1_000_000, coolDownMs: 1 } })
const core = coreOf(token)
if (core === undefined) throw new Error('No token')
const key = (await keyringOf(token).wrappingKeys?.current()) as AeadKey
const aad = new Uint8Array(10)

for (let round = 0; round < ROUNDS; round += 1) {
  for (const one of odd) {
    const bytes = one as Uint8Array
    await attempt(() => key.open(bytes, new Uint8Array(48), aad))
    await attempt(() => key.open(new Uint8Array(12), bytes, aad))
    await attempt(() => key.open(new Uint8Array(12), new Uint8Array(48), bytes))
    await attempt(async () => {
      using secret = SecretBytes.random(32)
      await key.seal(secret, bytes)
    })
    await attempt(() => key.seal(one as SecretBytes, aad))
    await attempt(() => Mechanism.gcm(CKM.AES_GCM, bytes, aad).toNative())
    await attempt(() => Mechanism.gcm(CKM.AES_GCM, new Uint8Array(12), bytes).toNative())
    await attempt(() => Mechanism.gcm(one as number, new Uint8Array(12), aad).toNative())
    await attempt(() => Mechanism.plain(one as number).toNative())
    await attempt(() => Mechanism.oaep(one as 'SHA1').toNative())
    await attempt(() => nativeTemplate([[one as number, one as Uint8Array]]))
    await attempt(() => nativeTemplate(one as never))
    await attempt(() => hsmRandom(token, { length: one as number }))
    await attempt(() => hsmKeyring({ token, namespace: 'test', alias: 'shared', id: bytes }))
    await attempt(() => hsmRsaKeyring({ token, namespace: 'test', alias: 'shared', padding: one as 'OAEP_SHA1' }))
    await attempt(() => hsmPrfKey({ token, alias: 'shared', version: one as number }))
    await attempt(() => openHsmToken({ ...openOptions(), libraryParameters: one as string }))
    await attempt(() => openHsmToken({ ...openOptions(), quirks: { gcmIv: one as Quirks['gcmIv'] } }))
    await attempt(() => openHsmToken({ ...openOptions(), slot: { id: one as bigint } }))
  }
  // Mechanisms of a good shape that do not belong to the key, or to the operation.
  const handles = await core.find([])
  for (const handle of [...handles.slice(0, 3), 0n, 2n ** 64n - 1n]) {
    const mechanisms = [
      Mechanism.plain(CKM.AES_ECB),
      Mechanism.plain(CKM.AES_GCM),
      Mechanism.plain(0xffff_ffff),
      Mechanism.oaep('SHA512'),
      Mechanism.gcm(CKM.AES_ECB, new Uint8Array(12), aad),
      Mechanism.gcm(CKM.AES_GCM, new Uint8Array(0), aad),
      Mechanism.gcm(CKM.CLOUDHSM_AES_GCM, new Uint8Array(0), aad),
    ]
    for (const mechanism of mechanisms) {
      for (const operation of ['encrypt', 'decrypt', 'sign'] as const) {
        for (const outputBytes of [0, 1, 300]) {
          await attempt(() => core.crypt({ operation, mechanism, key: handle, input: new Uint8Array(33), outputBytes }))
        }
      }
    }
  }
}
using secret = SecretBytes.random(32)
const { iv, sealed } = await key.seal(secret, aad)
using opened = await key.open(iv, sealed, aad)
const isSame = opened.equals(secret)
await token.close()
console.log(JSON.stringify({ isSame, told: Object.fromEntries([...told].toSorted()) }))

function openOptions() {
  const { label, ...rest } = spec
  return { ...rest, slot: { label } }
}
