import type { CallOptions } from '@strongroom/core'
import { CKM, CKO } from '../constants.ts'
import { HsmError } from '../errors.ts'
import { handleBytes } from '../native/handle.ts'
import type { NativeCall } from '../native/hsm-thread.ts'
import { Mechanism } from '../native/mechanism.ts'
import { nativeTemplate } from '../native/template.ts'
import type { TokenCore } from '../token/token-core.ts'
import { findObjects, type KeyRecord, readKey } from './objects.ts'
import { ifThere, isStale, stable, whileGood } from './stable.ts'
import { isPair, type KeySpec, privateTemplate, publicTemplate, secretTemplate } from './templates.ts'

/** Secret and private keys: of a pair, the half that is kept. */
export const KEPT: readonly number[] = [CKO.SECRET_KEY, CKO.PRIVATE_KEY]

/** Times that what is left is looked over. */
const TRIES = 4

/** Makes a key under a label that no other key has. Undefined where one has, before or since. */
export async function generateKey(core: TokenCore, spec: KeySpec, options: CallOptions): Promise<KeyRecord | undefined> {
  if ((await findObjects(core, KEPT, { label: spec.label }, options)).length > 0) return undefined
  options.signal?.throwIfAborted()
  // Not to be aborted: it would be made all the same, and nobody would know of it.
  if (isPair(spec.kind)) {
    const mechanism = Mechanism.plain(CKM.RSA_PKCS_KEY_PAIR_GEN).toNative()
    const halves = [nativeTemplate(publicTemplate(spec)), nativeTemplate(privateTemplate(spec))]
    await core.call('making a key pair', (session) => [{ method: 'C_GenerateKeyPair', args: [session, mechanism, ...halves] }])
  } else {
    const mechanism = Mechanism.plain(spec.kind === 'hmac' ? CKM.GENERIC_SECRET_KEY_GEN : CKM.AES_KEY_GEN).toNative()
    const template = nativeTemplate(secretTemplate(spec, true))
    await core.call('making a key', (session) => [{ method: 'C_GenerateKey', args: [session, mechanism, template] }])
  }
  return onlyOne(core, spec, options)
}

/** Looks a key over that was made a moment ago, and destroys it again where that fails: nobody else knows of it yet. */
export async function onlyOne(core: TokenCore, name: Pick<KeySpec, 'label' | 'id'>, options: CallOptions): Promise<KeyRecord | undefined> {
  try {
    return await keepOne(core, name, options)
  } catch (error) {
    for (const handles of [KEPT, [CKO.PUBLIC_KEY]]) await destroyAll(core, handles, name).catch(() => undefined)
    throw error
  }
}

async function destroyAll(core: TokenCore, classes: readonly number[], name: Pick<KeySpec, 'label' | 'id'>): Promise<void> {
  const handles = await findObjects(core, classes, name, {})
  const { generation } = core
  for (const handle of handles) await destroy(core, { handle, generation }, {})
}

/**
 * Sees to it that a key that was made is the only one of its label; ours are told by their id. A call that the module made and did not own up to was
 * made again: what is there twice is destroyed. Where another process made a key of this label meanwhile, ours gives way: of two, one would be used
 * by some and not by others.
 */
async function keepOne(core: TokenCore, name: Pick<KeySpec, 'label' | 'id'>, options: CallOptions): Promise<KeyRecord | undefined> {
  let gaveWay = false
  for (let left = TRIES; left > 0; left--) {
    const all = await stable(core, options, async (gone) => {
      const handles = await findObjects(core, KEPT, { label: name.label }, options)
      const found = await Promise.all(handles.map((handle) => ifThere(readKey(core, handle, options), gone)))
      return found.filter((key) => key !== undefined)
    })
    const [ours, ...more] = all.filter(({ id }) => Buffer.from(id).equals(Buffer.from(name.id)))
    const hasRival = all.length > (ours === undefined ? 0 : 1 + more.length)
    if (ours === undefined && (hasRival || gaveWay)) return undefined
    // Some modules show an object a moment later to a session that looks while another one deletes.
    if (ours === undefined) continue
    if (more.length === 0 && !hasRival) {
      const { modulus } = ours
      if (modulus !== undefined) await keepPublicHalf(core, name, modulus, options)
      return ours
    }
    gaveWay ||= hasRival
    if (hasRival) await keepPublicHalf(core, name, undefined, options)
    for (const key of hasRival ? [ours, ...more] : more) await destroy(core, key, options)
  }
  const message = `The key ${name.label} was made, and the token ${core.label} does not have it now. Look at it with listHsmKeys.`
  throw new HsmError('KEY_TRANSIENT', 'KEY_NOT_FOUND', message, { library: core.library, token: core.label, keyName: name.label })
}

/** Destroys the public halves of a label and id that are not of a modulus, and what is there twice. */
export async function keepPublicHalf(
  core: TokenCore,
  name: Pick<KeySpec, 'label' | 'id'>,
  modulus: Uint8Array | undefined,
  options: CallOptions,
): Promise<void> {
  const halves = await stable(core, options, async (gone) => {
    const handles = await findObjects(core, [CKO.PUBLIC_KEY], name, options)
    const found = await Promise.all(handles.map((handle) => ifThere(readKey(core, handle, options), gone)))
    return found.filter((key) => key !== undefined)
  })
  let isKept = false
  for (const half of halves) {
    const isIt = modulus !== undefined && half.modulus !== undefined && digits(half.modulus).equals(digits(modulus))
    if (isIt && !isKept) isKept = true
    else await destroy(core, half, options)
  }
}

/** A number without the zeros that some modules begin it with. */
function digits(number: Uint8Array): Buffer {
  const first = number.findIndex((byte) => byte !== 0)
  return Buffer.from(first < 0 ? [] : number.subarray(first))
}

/** Destroys an object that this package made a moment ago. */
export async function destroy(
  core: TokenCore,
  { handle, generation }: Pick<KeyRecord, 'handle' | 'generation'>,
  options: CallOptions,
): Promise<void> {
  const calls = (session: Uint8Array): readonly NativeCall[] => [{ method: 'C_DestroyObject', args: [session, handleBytes(handle)] }]
  try {
    await core.call('destroying a key', whileGood(core, generation, calls), options)
  } catch (error) {
    // It is gone: the call before this one did it, and did not own up to it.
    if (!isStale(error)) throw error
  }
}
