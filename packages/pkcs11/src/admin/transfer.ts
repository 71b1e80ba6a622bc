import type { CallOptions } from '@strongroom/core'
import { CKM, CKO } from '../constants.ts'
import { handleBytes } from '../native/handle.ts'
import { Mechanism } from '../native/mechanism.ts'
import { nativeTemplate } from '../native/template.ts'
import type { Quirks } from '../quirks.ts'
import type { TokenCore } from '../token/token-core.ts'
import { keepPublicHalf, onlyOne } from './generate.ts'
import { findObjects, type KeyRecord, readKey } from './objects.ts'
import { ifThere, stable, whileGood } from './stable.ts'
import {
  foreignPublicTemplate,
  isPair,
  type KeySpec,
  type PublicNumbers,
  privateTemplate,
  secretTemplate,
  type Usage,
} from './templates.ts'

/** How a key is wrapped to travel. `AES_KW`: RFC 3394, `AES_KWP`: RFC 5649. */
export type HsmTransferMechanism = 'RSA_OAEP_SHA1' | 'RSA_OAEP_SHA256' | 'AES_KW' | 'AES_KWP'

/** All of them. */
export const transferMechanisms: readonly HsmTransferMechanism[] = ['RSA_OAEP_SHA1', 'RSA_OAEP_SHA256', 'AES_KW', 'AES_KWP']

// Longest wrapped key: an RSA-4096 private key is about 2,400 bytes.
const MOST_WRAPPED = 4096

/** Whether a key wraps by a public key, and unwraps by its private half. */
export function isAsymmetric(mechanism: HsmTransferMechanism): boolean {
  return mechanism.startsWith('RSA')
}

/** The module's own mechanism; undefined where it has none. */
export function mechanismOf(mechanism: HsmTransferMechanism, quirks: Quirks, mechanisms: ReadonlySet<number>): Mechanism | undefined {
  switch (mechanism) {
    case 'AES_KW':
      return quirks.keyWrap === undefined ? undefined : Mechanism.plain(quirks.keyWrap)
    case 'AES_KWP':
      return quirks.keyWrapPad === undefined ? undefined : Mechanism.plain(quirks.keyWrapPad)
    case 'RSA_OAEP_SHA1':
      return mechanisms.has(CKM.RSA_PKCS_OAEP) ? Mechanism.oaep('SHA1') : undefined
    case 'RSA_OAEP_SHA256':
      return mechanisms.has(CKM.RSA_PKCS_OAEP) && quirks.oaepHashes.includes('SHA256') ? Mechanism.oaep('SHA256') : undefined
  }
}

/** Wraps one key by another. */
export async function wrapKey(
  core: TokenCore,
  mechanism: Mechanism,
  by: KeyRecord,
  key: KeyRecord,
  options: CallOptions,
): Promise<Uint8Array> {
  const [wrapped] = await core.call(
    'wrapping a key',
    whileGood(core, Math.min(by.generation, key.generation), (session) => [
      {
        method: 'C_WrapKey',
        args: [session, mechanism.toNative(), handleBytes(by.handle), handleBytes(key.handle), new Uint8Array(MOST_WRAPPED)],
      },
    ]),
    options,
  )
  return Uint8Array.from(wrapped as Uint8Array)
}

/** Takes a wrapped key in, under a label that no other key has; undefined where one has since. */
export async function unwrapKey(
  core: TokenCore,
  mechanism: Mechanism,
  by: KeyRecord,
  wrapped: Uint8Array,
  spec: KeySpec,
  options: CallOptions,
): Promise<KeyRecord | undefined> {
  const attributes = nativeTemplate(isPair(spec.kind) ? privateTemplate(spec) : secretTemplate(spec, false))
  const given = Uint8Array.from(wrapped)
  options.signal?.throwIfAborted()
  await core.call(
    'unwrapping a key',
    whileGood(core, by.generation, (session) => [
      { method: 'C_UnwrapKey', args: [session, mechanism.toNative(), handleBytes(by.handle), given, attributes] },
    ]),
  )
  return onlyOne(core, spec, options)
}

/** Stores a public key. */
export async function storePublicKey(
  core: TokenCore,
  label: string,
  id: Uint8Array,
  numbers: PublicNumbers,
  granted: readonly Usage[],
  options: CallOptions,
): Promise<void> {
  const attributes = nativeTemplate(foreignPublicTemplate(label, id, numbers, granted))
  await core.call('storing a public key', (session) => [{ method: 'C_CreateObject', args: [session, attributes] }], options)
  await keepPublicHalf(core, { label, id }, numbers.modulus, options)
}

/** Modulus and exponent of the public half of a pair. The private half tells them too, on most modules. */
export async function publicNumbers(core: TokenCore, key: KeyRecord, options: CallOptions): Promise<PublicNumbers | undefined> {
  if (key.numbers !== undefined) return key.numbers
  return stable(core, options, async (gone) => {
    for (const handle of await findObjects(core, [CKO.PUBLIC_KEY], key, options)) {
      const half = await ifThere(readKey(core, handle, options), gone)
      if (half?.numbers !== undefined) return half.numbers
    }
    return undefined
  })
}
