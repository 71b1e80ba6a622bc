import { randomBytes } from 'node:crypto'
import { type CallOptions, StrongroomError } from '@strongroom/core'
import { isAnything, isInteger, isOneOf, isText, type OptionCheck, validateOptions } from '@strongroom/core/options'
import { CKO } from '../constants.ts'
import { isAlias, isVersion, keyLabel } from '../keys/key-name.ts'
import type { Mechanism } from '../native/mechanism.ts'
import type { HsmToken } from '../token/hsm-token.ts'
import type { TokenCore } from '../token/token-core.ts'
import { type AdminCallOptions, adminCore, isCheckValue, signalCheck } from './admin-options.ts'
import { destroy, KEPT } from './generate.ts'
import { type HsmKeyInfo, hex, infoOf, parseKeyName } from './key-info.ts'
import { adminError, taken, theOne } from './key-lookup.ts'
import { findObjects, type KeyRecord } from './objects.ts'
import { numbersOf, spkiOf } from './public-keys.ts'
import { type HsmKeyKind, isPair, keyKinds } from './templates.ts'
import {
  type HsmTransferMechanism,
  isAsymmetric,
  mechanismOf,
  publicNumbers,
  storePublicKey,
  transferMechanisms,
  unwrapKey,
  wrapKey,
} from './transfer.ts'

/** A key on its way from one HSM to another, as JSON. What opens it is the wrapping key alone. */
export interface WrappedHsmKey {
  /** Always `strongroom-hsm-key/1`. */
  readonly format: 'strongroom-hsm-key/1'
  /** Its label in the HSM that it comes from. */
  readonly name: string
  /** What it is for. */
  readonly kind: HsmKeyKind
  /** Its length. */
  readonly bits: number
  /** How it is wrapped. */
  readonly mechanism: HsmTransferMechanism
  /** Its check value in hex; undefined where the HSM does not tell one. Not authenticated: compare it with one that came another way. */
  readonly checkValue?: string
  /** The public half of a pair: SubjectPublicKeyInfo, base64. */
  readonly publicKey?: string
  /** The wrapped key, base64. */
  readonly wrapped: string
}

/** Options of {@link exportHsmKey}. */
export interface ExportHsmKeyOptions extends AdminCallOptions {
  /** Alias of the key that is to travel; it was made `exportable`. */
  readonly alias: string
  /** Its version. */
  readonly version: number
  /** Label of the key that wraps it: one stored by {@link storeHsmWrappingKey}, or an `aes-wrapping` key that both HSMs have. */
  readonly wrappingKey: string
  /** How. Default `RSA_OAEP_SHA256`; SoftHSM2 knows `RSA_OAEP_SHA1` alone. */
  readonly mechanism?: HsmTransferMechanism
}

/** Options of {@link importHsmKey}. */
export interface ImportHsmKeyOptions extends AdminCallOptions {
  /** What {@link exportHsmKey} answered. */
  readonly key: WrappedHsmKey
  /** Label of the key that unwraps it, such as `transport/v0001`. */
  readonly unwrappingKey: string
  /** Alias that it gets. Default: the one it had. */
  readonly alias?: string
  /** Version that it gets. Default: the one it had. */
  readonly version?: number
  /** Check value that it must have, noted in the HSM that it comes from. Default: the one in `key`, which whoever carried it could change. */
  readonly checkValue?: string
}

const FORMAT = 'strongroom-hsm-key/1'
const isMechanism: OptionCheck = isOneOf(transferMechanisms)

/**
 * Wraps a key for another HSM. The wrapping key must be marked trusted (CKA_TRUSTED), which the security officer alone can do: otherwise whoever has
 * the PIN could store a public key of their own and take every exportable key.
 *
 * @throws `OPTION_INVALID`; an `HsmError` with the reason `KEY_NOT_FOUND`, `KEY_AMBIGUOUS`, `KEY_UNFIT` (the wrapping key is not trusted, or the key may
 * not leave), or `MODULE_REFUSED`.
 * @example
 * ```ts
 * // In the HSM that receives: a pair that unwraps, and its public half.
 * await createHsmKey(backup, { alias: 'transport', kind: 'rsa-wrapping' })
 * const publicKey = await hsmPublicKey(backup, { alias: 'transport', version: 1 })
 * // In the HSM that sends. The security officer then marks it trusted, with the vendor's tool.
 * await storeHsmWrappingKey(main, { name: 'backup-hsm/v0001', publicKey })
 * const key = await exportHsmKey(main, { alias: 'archive', version: 1, wrappingKey: 'backup-hsm/v0001' })
 * await importHsmKey(backup, { key, unwrappingKey: 'transport/v0001' })
 * ```
 */
export async function exportHsmKey(token: HsmToken, options: ExportHsmKeyOptions): Promise<WrappedHsmKey> {
  validateOptions(
    'exportHsmKey',
    options,
    { alias: isAlias, version: isVersion, wrappingKey: isText, mechanism: isMechanism, ...signalCheck },
    ['alias', 'version', 'wrappingKey'],
  )
  const { alias, version, wrappingKey, mechanism = 'RSA_OAEP_SHA256' } = options
  const core = adminCore(token)
  const native = await moduleMechanism(core, mechanism, options)
  const record = await theOne(core, KEPT, keyLabel(alias, version), options)
  const { kind, bits, name, extractable, checkValue } = infoOf(record)
  if (kind === undefined) throw adminError('KEY_UNFIT', name, `${name} is of no kind that this package makes.`)
  if (extractable === false) {
    throw adminError('KEY_UNFIT', name, `${name} may not leave the HSM, and never will. A key to be moved is made with exportable: true.`)
  }
  const by = await theOne(core, [isAsymmetric(mechanism) ? CKO.PUBLIC_KEY : CKO.SECRET_KEY], wrappingKey, options)
  if (by.flags.get('trusted') !== true) throw untrusted(wrappingKey)
  const wrapped = await wrapKey(core, native, by, record, options)
  const publicHalf = isPair(kind) ? await publicNumbers(core, record, options) : undefined
  return {
    format: FORMAT,
    name,
    kind,
    bits: bits ?? 0,
    mechanism,
    ...(checkValue === undefined ? {} : { checkValue }),
    ...(publicHalf === undefined ? {} : { publicKey: base64(spkiOf(publicHalf)) }),
    wrapped: base64(wrapped),
  }
}

/**
 * Takes a wrapped key in, as one that does not leave again. Its check value is compared, and it is destroyed again where it has another: anybody can wrap
 * some key of their own for a public key.
 *
 * @throws `OPTION_INVALID`; an `HsmError` with the reason `KEY_EXISTS`, `KEY_NOT_FOUND`, `KEY_AMBIGUOUS`, `KEY_UNFIT` (the unwrapping key could leave
 * the HSM itself, or the check value is another), or `MODULE_REFUSED`.
 */
export async function importHsmKey(token: HsmToken, options: ImportHsmKeyOptions): Promise<HsmKeyInfo> {
  validateOptions(
    'importHsmKey',
    options,
    { key: isAnything, unwrappingKey: isText, alias: isAlias, version: isVersion, checkValue: isCheckValue, ...signalCheck },
    ['key', 'unwrappingKey'],
  )
  const { unwrappingKey } = options
  const key = checkedWrapped(options.key)
  const named = parseKeyName(key.name)
  const alias = options.alias ?? named?.alias
  const version = options.version ?? named?.version
  if (alias === undefined || version === undefined) {
    throw new StrongroomError('OPTION_INVALID', 'importHsmKey: the key had no name of the form alias/v0001. Give alias and version.', {
      option: 'alias',
    })
  }
  const label = keyLabel(alias, version)
  const core = adminCore(token)
  const native = await moduleMechanism(core, key.mechanism, options)
  const by = await theOne(core, [isAsymmetric(key.mechanism) ? CKO.PRIVATE_KEY : CKO.SECRET_KEY], unwrappingKey, options)
  if (by.flags.get('extractable') !== false) {
    throw adminError(
      'KEY_UNFIT',
      unwrappingKey,
      `${unwrappingKey} may leave the HSM itself, and whoever has it has every key that it unwraps.`,
    )
  }
  if ((await findObjects(core, KEPT, { label }, options)).length > 0) throw taken(label)
  const id = randomBytes(16)
  const spec = { kind: key.kind, bits: key.bits, label, id, exportable: false }
  const made = await unwrapKey(core, native, by, Buffer.from(key.wrapped, 'base64'), spec, options)
  if (made === undefined) throw taken(label)
  await refuseAnother(core, made, key, options.checkValue, options)
  if (key.publicKey !== undefined) {
    await storePublicKey(
      core,
      label,
      id,
      numbersOf('importHsmKey', 'key', Buffer.from(key.publicKey, 'base64')),
      [key.kind === 'rsa' ? 'encrypt' : 'wrap'],
      options,
    )
  }
  return infoOf(made)
}

async function moduleMechanism(core: TokenCore, mechanism: HsmTransferMechanism, options: CallOptions): Promise<Mechanism> {
  const { quirks, mechanisms } = await core.info(options)
  const native = mechanismOf(mechanism, quirks, mechanisms)
  if (native !== undefined) return native
  const others = transferMechanisms.filter((other) => mechanismOf(other, quirks, mechanisms) !== undefined)
  throw new StrongroomError(
    'OPTION_INVALID',
    `This module does not do ${mechanism}. It does: ${others.join(', ') || 'none of those known here'}.`,
    {
      option: 'mechanism',
    },
  )
}

async function refuseAnother(
  core: TokenCore,
  made: KeyRecord,
  key: WrappedHsmKey,
  demanded: string | undefined,
  options: CallOptions,
): Promise<void> {
  const expected = demanded ?? key.checkValue
  const actual = made.checkValue === undefined ? undefined : hex(made.checkValue)
  const wrong = expected !== undefined && actual !== undefined && actual !== expected
  const unknowable = demanded !== undefined && actual === undefined
  if (!wrong && !unknowable) return
  await destroy(core, made, options)
  throw adminError(
    'KEY_UNFIT',
    made.label,
    wrong
      ? `What was unwrapped has the check value ${actual}, and ${expected} was expected: it is another key. It was destroyed again.`
      : 'This module tells no check value of such a key, so that it cannot be compared. It was destroyed again; import it without checkValue, and try it on something that it wrapped.',
  )
}

function checkedWrapped(key: WrappedHsmKey): WrappedHsmKey {
  validateOptions(
    'importHsmKey: key',
    key,
    {
      format: isOneOf([FORMAT]),
      name: isText,
      kind: isOneOf(keyKinds),
      bits: isInteger(128, 16_384),
      mechanism: isMechanism,
      checkValue: isCheckValue,
      publicKey: isBase64,
      wrapped: isBase64,
    },
    ['format', 'name', 'kind', 'bits', 'mechanism', 'wrapped'],
    'key.',
  )
  return { ...key }
}

const isBase64: OptionCheck = (value) =>
  typeof value === 'string' && value.length > 0 && value.length <= 8192 && /^[A-Za-z0-9+/]+={0,2}$/.test(value)
    ? undefined
    : 'be base64 of at most 8192 characters'

function untrusted(wrappingKey: string) {
  return adminError(
    'KEY_UNFIT',
    wrappingKey,
    `${wrappingKey} is not marked trusted (CKA_TRUSTED). The security officer marks it, after making sure whose it is: in CloudHSM with "key set-attribute --name trusted --value true" of the CloudHSM CLI as admin. A module that does not know the attribute exports nothing by this function.`,
  )
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}
