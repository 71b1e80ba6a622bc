import type { CallOptions } from '@strongroom/core'
import { CKA, CKM, CKO } from '../constants.ts'
import { HsmError } from '../errors.ts'
import { handleBytes, handleOf } from '../native/handle.ts'
import { Mechanism } from '../native/mechanism.ts'
import { nativeTemplate } from '../native/template.ts'
import type { TokenCore } from '../token/token-core.ts'
import { findObjects, ifThere, type KeyRecord, readKey } from './objects.ts'
import { isPair, type KeySpec, privateTemplate, publicTemplate, secretTemplate } from './templates.ts'

/** Secret and private keys: of a pair, the half that is kept. */
export const KEPT: readonly number[] = [CKO.SECRET_KEY, CKO.PRIVATE_KEY]

/** Makes a key under a label that no other key has. Undefined where one has, before or since. */
export async function generateKey(core: TokenCore, spec: KeySpec, options: CallOptions): Promise<KeyRecord | undefined> {
  if ((await findObjects(core, KEPT, spec, options)).length > 0) return undefined
  if (isPair(spec.kind)) {
    const mechanism = Mechanism.plain(CKM.RSA_PKCS_KEY_PAIR_GEN).toNative()
    const halves = [nativeTemplate(publicTemplate(spec)), nativeTemplate(privateTemplate(spec))]
    const [pair] = await core.call(
      'making a key pair',
      (session) => [{ method: 'C_GenerateKeyPair', args: [session, mechanism, ...halves] }],
      options,
    )
    return onlyOne(core, spec, handleOf((pair as { readonly privateKey: Uint8Array }).privateKey), options)
  }
  const mechanism = Mechanism.plain(spec.kind === 'hmac' ? CKM.GENERIC_SECRET_KEY_GEN : CKM.AES_KEY_GEN).toNative()
  const template = nativeTemplate(secretTemplate(spec, true))
  const [key] = await core.call('making a key', (session) => [{ method: 'C_GenerateKey', args: [session, mechanism, template] }], options)
  return onlyOne(core, spec, handleOf(key as Uint8Array), options)
}

/**
 * Sees to it that a key that was made is the only one of its label. A call that the module made and did not own up to was made again; what it left is
 * destroyed. Where another process made a key of this label meanwhile, this one gives way: of two, one would be used by some and not by others.
 */
export async function onlyOne(
  core: TokenCore,
  { label, id }: Pick<KeySpec, 'label' | 'id'>,
  made: bigint,
  options: CallOptions,
): Promise<KeyRecord | undefined> {
  const same = (other: Uint8Array): boolean => Buffer.from(other).equals(Buffer.from(id))
  const handles = await findObjects(core, KEPT, { label }, options)
  const found = await Promise.all(handles.map((handle) => ifThere(readKey(core, handle, options))))
  const all = found.filter((key) => key !== undefined)
  const hasRival = all.some((key) => !same(key.id))
  for (const key of all) {
    if (same(key.id) && (hasRival || key.handle !== made)) await destroy(core, key.handle, options)
  }
  if (hasRival) {
    for (const handle of await findObjects(core, [CKO.PUBLIC_KEY], { label, id }, options)) await destroy(core, handle, options)
    return undefined
  }
  const modulus = (await core.read(made, [CKA.MODULUS], options)).get(CKA.MODULUS)
  if (modulus !== undefined) await keepPublicHalf(core, { label, id }, modulus, options)
  return readKey(core, made, options)
}

/** Destroys the public halves of a label and id that are not of a modulus, and what is there twice. */
export async function keepPublicHalf(
  core: TokenCore,
  name: Pick<KeySpec, 'label' | 'id'>,
  modulus: Uint8Array,
  options: CallOptions,
): Promise<void> {
  let isKept = false
  for (const handle of await findObjects(core, [CKO.PUBLIC_KEY], name, options)) {
    const other = (await core.read(handle, [CKA.MODULUS], options)).get(CKA.MODULUS)
    const isIt = other !== undefined && digits(other).equals(digits(modulus))
    if (isIt && !isKept) isKept = true
    else await destroy(core, handle, options)
  }
}

/** A number without the zeros that some modules begin it with. */
function digits(number: Uint8Array): Buffer {
  const first = number.findIndex((byte) => byte !== 0)
  return Buffer.from(first < 0 ? [] : number.subarray(first))
}

/** Destroys an object that this package made a moment ago. */
export async function destroy(core: TokenCore, handle: bigint, options: CallOptions): Promise<void> {
  try {
    await core.call('destroying a key', (session) => [{ method: 'C_DestroyObject', args: [session, handleBytes(handle)] }], options)
  } catch (error) {
    // It is gone: the call before this one did it, and did not own up to it.
    if (!(error instanceof HsmError && error.reason === 'KEY_NOT_FOUND')) throw error
  }
}
