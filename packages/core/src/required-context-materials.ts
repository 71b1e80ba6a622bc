import { defaultMaterials } from './default-materials.ts'
import { disposeMaterials } from './dispose-materials.ts'
import { type EncryptionContext, RESERVED_PREFIX } from './encryption-context.ts'
import { StrongroomError } from './errors.ts'
import type { Keyring } from './keyring.ts'
import type { DecryptMaterials, DecryptRequest, EncryptMaterials, EncryptRequest, Materials } from './materials.ts'
import type { MaterialsSource } from './materials-source.ts'
import { hasMethods, type OptionCheck, validateOptions } from './options.ts'

/** Options of {@link requiredContextMaterials}. Give `keyring` or `materials`. */
export type RequiredContextMaterialsOptions = MaterialsSource & {
  /** Keys of the encryption context that writers must give and readers must reproduce; at least one. */
  readonly requiredKeys: readonly string[]
}

/** A check for a list of required keys, for those who pass it on. */
export const isRequiredKeys: OptionCheck = (value) => {
  if (!Array.isArray(value) || value.length === 0) return 'be an array of at least one encryption context key'
  for (const key of value as unknown[]) {
    if (typeof key !== 'string' || !key.isWellFormed()) return 'hold strings that have a UTF-8 form'
    if (key.startsWith(RESERVED_PREFIX)) return `not name keys with the reserved prefix "${RESERVED_PREFIX}"`
  }
  return new Set(value).size === value.length ? undefined : 'name every key once'
}

/**
 * A materials manager that keeps pairs of the encryption context out of the message, yet binds them to it: who does not know them cannot open
 * it. Writers must give every one of the keys, readers must reproduce it with its value.
 *
 * Goes around or inside `cachingMaterials`; around is cheaper to ask, and inside is as strict.
 *
 * Source: specification, "Required Encryption Context CMM".
 *
 * @throws `OPTION_INVALID`; its materials reject with `CONTEXT_INVALID` where a key is not given, `MATERIALS_INVALID` where the manager within
 * ignored it.
 * @example
 * ```ts
 * const client = createEncryptionClient({ materials: requiredContextMaterials({ keyring, requiredKeys: ['tenant'] }) })
 * const { ciphertext } = await client.encrypt(bytes, { encryptionContext: { tenant: 'blue', purpose: 'orders' } })
 * await client.decrypt(ciphertext, { encryptionContext: { tenant: 'blue' } })
 * ```
 */
export function requiredContextMaterials(options: RequiredContextMaterialsOptions): Materials {
  validateOptions(
    'requiredContextMaterials',
    options,
    { keyring: hasMethods('recipients', 'unwrap'), materials: hasMethods('forEncrypt', 'forDecrypt'), requiredKeys: isRequiredKeys },
    ['requiredKeys'],
  )
  const { keyring, materials } = options
  if ((keyring === undefined) === (materials === undefined)) {
    throw new StrongroomError('OPTION_INVALID', 'requiredContextMaterials needs exactly one of keyring and materials.', {
      option: 'keyring',
    })
  }
  const inner = materials ?? defaultMaterials(keyring as Keyring)
  const requiredKeys: readonly string[] = Object.freeze([...options.requiredKeys])

  return {
    forEncrypt(request: EncryptRequest): EncryptMaterials | Promise<EncryptMaterials> {
      assertHolds(request.context, requiredKeys, 'encrypting')
      const asked = union(requiredKeys, request.requiredKeys)
      return checked(inner.forEncrypt({ ...request, requiredKeys: asked }), ({ context, requiredKeys: kept }) =>
        asked.every((key) => kept.includes(key) && context[key] === request.context[key]),
      )
    },

    forDecrypt(request: DecryptRequest): DecryptMaterials | Promise<DecryptMaterials> {
      assertHolds(request.reproduced ?? {}, requiredKeys, 'decrypting')
      const asked = union(requiredKeys, request.requiredKeys)
      // Their values are compared where those of every expected pair are: by who reads the message.
      return checked(inner.forDecrypt({ ...request, requiredKeys: asked }), ({ context }) =>
        requiredKeys.every((key) => Object.hasOwn(context, key)),
      )
    },
  }
}

function assertHolds(context: EncryptionContext, keys: readonly string[], doing: string): void {
  const missing = keys.find((key) => !Object.hasOwn(context, key))
  if (missing === undefined) return
  throw new StrongroomError(
    'CONTEXT_INVALID',
    `The encryption context lacks ${JSON.stringify(missing.slice(0, 64))}, which ${doing} requires here: give it with its value.`,
    { contextKey: missing, option: 'encryptionContext' },
  )
}

function union(mine: readonly string[], theirs: readonly string[] | undefined): readonly string[] {
  const more = theirs?.filter((key) => !mine.includes(key)) ?? []
  return more.length === 0 ? mine : Object.freeze([...mine, ...more])
}

/** Does not wait where the materials are there: see {@link Materials}. */
function checked<T extends EncryptMaterials | DecryptMaterials>(
  pending: T | Promise<T>,
  isRight: (materials: T) => boolean,
): T | Promise<T> {
  return 'then' in pending ? pending.then((materials) => assertRight(materials, isRight)) : assertRight(pending, isRight)
}

function assertRight<T extends EncryptMaterials | DecryptMaterials>(materials: T, isRight: (materials: T) => boolean): T {
  if (isRight(materials)) return materials
  disposeMaterials(materials)
  throw new StrongroomError(
    'MATERIALS_INVALID',
    'The materials manager answered materials that do not hold the required encryption context.',
  )
}
