import type { TestHsm } from '../../../test/support/hsm.ts'
import { CKA, CKK, CKM, CKO } from '../src/constants.ts'
import { handleBytes } from '../src/native/handle.ts'
import { Mechanism } from '../src/native/mechanism.ts'
import { nativeTemplate, type Template } from '../src/native/template.ts'
import { coreOf, type HsmToken, type HsmTokenOptions, openHsmToken } from '../src/token/hsm-token.ts'
import type { TokenCore } from '../src/token/token-core.ts'

/** A token object over a test token. */
export function openTestToken(hsm: TestHsm, options: Partial<HsmTokenOptions> = {}): HsmToken {
  const { library, libraryParameters, token } = hsm
  return openHsmToken({
    library,
    ...(libraryParameters === undefined ? {} : { libraryParameters }),
    slot: { label: token.label },
    pin: token.pin,
    // The double of CloudHSM stands on SoftHSM2, which has no other hash.
    ...(hsm.module === 'cloudhsm' ? { quirks: { oaepHashes: ['SHA1'] as const } } : {}),
    ...options,
  })
}

export function core(token: HsmToken): TokenCore {
  const found = coreOf(token)
  if (found === undefined) throw new Error('Not a token')
  return found
}

const flags = { [CKA.TOKEN]: true, [CKA.PRIVATE]: true, [CKA.SENSITIVE]: true, [CKA.EXTRACTABLE]: false }

function attributes(some: Readonly<Record<number, boolean>>, more: Readonly<Record<number, boolean>> = {}): Template {
  return Object.entries({ ...some, ...more }).map(([type, value]) => [Number(type), value] as const)
}

/** Makes an AES key; `more` are attributes that differ from those of a good one. */
export async function makeAesKey(
  token: HsmToken,
  label: string,
  more: Readonly<Record<number, boolean>> = {},
  id: string = label,
): Promise<void> {
  const template: Template = [
    [CKA.CLASS, CKO.SECRET_KEY],
    [CKA.KEY_TYPE, CKK.AES],
    [CKA.VALUE_LEN, 32],
    [CKA.LABEL, label],
    [CKA.ID, new TextEncoder().encode(id)],
    ...attributes({ ...flags, [CKA.ENCRYPT]: true, [CKA.DECRYPT]: true }, more),
  ]
  await core(token).call('making a key', (session) => [
    { method: 'C_GenerateKey', args: [session, Mechanism.plain(CKM.AES_KEY_GEN).toNative(), nativeTemplate(template)] },
  ])
}

/** Puts a known key into the token: AES for 'aes', a generic secret that signs for 'hmac'. */
export async function importKey(token: HsmToken, label: string, value: Uint8Array, kind: 'aes' | 'hmac' = 'aes'): Promise<void> {
  const isAes = kind === 'aes'
  const rights = isAes ? { [CKA.ENCRYPT]: true, [CKA.DECRYPT]: true } : { [CKA.SIGN]: true, [CKA.VERIFY]: true }
  const template: Template = [
    [CKA.CLASS, CKO.SECRET_KEY],
    [CKA.KEY_TYPE, isAes ? CKK.AES : CKK.GENERIC_SECRET],
    [CKA.VALUE, value],
    [CKA.LABEL, label],
    [CKA.ID, new TextEncoder().encode(label)],
    ...attributes({ ...flags, ...rights }),
  ]
  await core(token).call('importing a key', (session) => [{ method: 'C_CreateObject', args: [session, nativeTemplate(template)] }])
}

/** Makes an RSA key pair of 2,048 bits. */
export async function makeRsaKey(token: HsmToken, label: string): Promise<void> {
  const common: Template = [
    [CKA.LABEL, label],
    [CKA.ID, new TextEncoder().encode(label)],
    [CKA.TOKEN, true],
  ]
  const publicTemplate: Template = [...common, [CKA.MODULUS_BITS, 2048], [CKA.PUBLIC_EXPONENT, Uint8Array.of(1, 0, 1)], [CKA.ENCRYPT, true]]
  const privateTemplate: Template = [
    ...common,
    ...attributes({ [CKA.PRIVATE]: true, [CKA.SENSITIVE]: true, [CKA.EXTRACTABLE]: false, [CKA.DECRYPT]: true }),
  ]
  await core(token).call('making a key pair', (session) => [
    {
      method: 'C_GenerateKeyPair',
      args: [
        session,
        Mechanism.plain(CKM.RSA_PKCS_KEY_PAIR_GEN).toNative(),
        nativeTemplate(publicTemplate),
        nativeTemplate(privateTemplate),
      ],
    },
  ])
}

/** Deletes what has a label. */
export async function destroy(token: HsmToken, label: string): Promise<void> {
  for (const handle of await core(token).find([[CKA.LABEL, label]])) {
    await core(token).call('deleting a key', (session) => [{ method: 'C_DestroyObject', args: [session, handleBytes(handle)] }])
  }
}
