import { randomBytes } from 'node:crypto'
import { type CallOptions, StrongroomError } from '@strongroom/core'
import { isBoolean, isInteger, isOneOf, validateOptions } from '@strongroom/core/options'
import { isAlias, isVersion, keyLabel } from '../keys/key-name.ts'
import type { HsmToken } from '../token/hsm-token.ts'
import type { TokenCore } from '../token/token-core.ts'
import { type AdminCallOptions, adminCore, isCheckValue, signalCheck } from './admin-options.ts'
import { auditKey, finding, type HsmKeyFinding } from './audit.ts'
import { destroy, generateKey, KEPT } from './generate.ts'
import { type HsmKeyInfo, infoOf, parseKeyName } from './key-info.ts'
import { adminError, theOne } from './key-lookup.ts'
import { findObjects, readKey, readLabel } from './objects.ts'
import { ifThere, stable } from './stable.ts'
import { type HsmKeyKind, keyKinds } from './templates.ts'

/** Options of {@link createHsmKey}. */
export interface CreateHsmKeyOptions extends AdminCallOptions {
  /** Alias of the key; its label is `alias/v0001`. */
  readonly alias: string
  /** What it is for. Default `aes`: a key-encryption key. */
  readonly kind?: HsmKeyKind
  /** Its length. Default 256 for `aes` and `hmac`, 3072 for `rsa`. */
  readonly bits?: number
  /** Lets it leave the HSM, wrapped by a key that the security officer marked trusted, and by no other. Default false. */
  readonly exportable?: boolean
}

/** Options of {@link listHsmKeys}. */
export interface ListHsmKeysOptions extends AdminCallOptions {
  /** Only keys of this alias. Default: every secret and private key of the token. */
  readonly alias?: string
}

/** Options of {@link verifyHsmKey}. */
export interface VerifyHsmKeyOptions extends AdminCallOptions {
  /** Alias of the key. */
  readonly alias: string
  /** Its version. Default: the highest. */
  readonly version?: number
  /** Check value that was noted when it was made, or that another HSM shows. */
  readonly checkValue?: string
}

/** Options of {@link rotateHsmKey}. */
export interface RotateHsmKeyOptions extends AdminCallOptions {
  /** Alias of the key. */
  readonly alias: string
  /** Length of the new version. Default: that of the one before. */
  readonly bits?: number
}

/** What {@link verifyHsmKey} found. */
export interface HsmKeyReport {
  /** The key. */
  readonly key: HsmKeyInfo
  /** Whether every check holds; one that the module does not tell counts as held. */
  readonly sound: boolean
  /** Every check, with what it means. */
  readonly findings: readonly HsmKeyFinding[]
}

/**
 * Makes the first version of a key in the HSM. Every attribute that allows something is set, so that no module's default applies; the key never
 * leaves the HSM and what it may do can never be changed, unless it is `exportable` or a wrapping key.
 *
 * @throws `OPTION_INVALID`; an `HsmError` with the reason `KEY_EXISTS`, `KEY_UNFIT` (exportable, in a module that would let anybody export it), or
 * what the HSM refuses.
 * @example
 * ```ts
 * const token = openHsmToken({ library: '/opt/cloudhsm/lib/libcloudhsm_pkcs11.so', slot: { index: 0 }, pin: { file: '/run/secrets/hsm-pin' } })
 * const { name, checkValue } = await createHsmKey(token, { alias: 'orders' }) // orders/v0001
 * ```
 */
export async function createHsmKey(token: HsmToken, options: CreateHsmKeyOptions): Promise<HsmKeyInfo> {
  validateOptions(
    'createHsmKey',
    options,
    { alias: isAlias, kind: isOneOf(keyKinds), bits: isInteger(128, 16_384), exportable: isBoolean, ...signalCheck },
    ['alias'],
  )
  const { alias, kind = 'aes', exportable = false } = options
  const bits = bitsFor('createHsmKey', kind, options.bits)
  const core = adminCore(token)
  const [existing] = await namesOf(core, alias, options)
  if (existing !== undefined) {
    throw adminError(
      'KEY_EXISTS',
      existing,
      `The token has ${existing} already. Make its next version with rotateHsmKey, or take another alias.`,
    )
  }
  return make(core, { alias, version: 1, kind, bits, exportable }, options)
}

/**
 * The secret and private keys of a token that this user sees, by name. Reads the label of every one, and the rest of those that it answers.
 *
 * @throws `OPTION_INVALID`, or an `HsmError`.
 */
export async function listHsmKeys(token: HsmToken, options: ListHsmKeysOptions = {}): Promise<readonly HsmKeyInfo[]> {
  validateOptions('listHsmKeys', options, { alias: isAlias, ...signalCheck })
  const core = adminCore(token)
  const keys = await stable(core, options, async (gone) => {
    const found: HsmKeyInfo[] = []
    for (const handle of await findObjects(core, KEPT, {}, options)) {
      const label = options.alias === undefined ? '' : await ifThere(readLabel(core, handle, options), gone)
      if (label === undefined || (options.alias !== undefined && parseKeyName(label)?.alias !== options.alias)) continue
      const key = await ifThere(readKey(core, handle, options), gone)
      if (key !== undefined && key.flags.get('token') !== false) found.push(infoOf(key))
    }
    return found
  })
  return keys.toSorted((one, other) => (one.name < other.name ? -1 : one.name > other.name ? 1 : 0))
}

/**
 * Looks a key over: kept in the HSM and nowhere else, made there, and of one use. It is the module's word; over PKCS#11 an HSM signs nothing of it.
 *
 * @throws `OPTION_INVALID`; an `HsmError` with the reason `KEY_NOT_FOUND`, `KEY_AMBIGUOUS`, `KEY_UNFIT` (no kind that this package uses), or what the
 * HSM refuses. A key that is not sound is no error: the report says so.
 */
export async function verifyHsmKey(token: HsmToken, options: VerifyHsmKeyOptions): Promise<HsmKeyReport> {
  validateOptions('verifyHsmKey', options, { alias: isAlias, version: isVersion, checkValue: isCheckValue, ...signalCheck }, ['alias'])
  const core = adminCore(token)
  const { alias, checkValue } = options
  const name = options.version === undefined ? await newest(core, alias, options) : keyLabel(alias, options.version)
  const record = await theOne(core, KEPT, name, options)
  const key = infoOf(record)
  if (key.kind === undefined) {
    throw adminError('KEY_UNFIT', name, `${name} is of no kind that this package uses: it may ${key.usages.join(', ') || 'do nothing'}.`)
  }
  const findings = [...auditKey(record, key.kind)]
  if (checkValue !== undefined) {
    const same = key.checkValue === undefined ? undefined : key.checkValue === checkValue
    findings.push(finding('check-value', same, 'It is another key under the same name. What the one wrapped, the other does not open.'))
  }
  return { key, sound: findings.every(({ holds }) => holds !== false), findings }
}

/**
 * Makes the next version of a key, which writers use from their next look at the token. The versions before stay, under their names, and open what
 * they wrapped. Nothing is renamed: modules exist that cannot.
 *
 * @throws `OPTION_INVALID`; an `HsmError` with the reason `KEY_NOT_FOUND`, `KEY_AMBIGUOUS`, `KEY_EXISTS` (another process rotated at the same
 * moment), `KEY_UNFIT`, or what the HSM refuses.
 */
export async function rotateHsmKey(token: HsmToken, options: RotateHsmKeyOptions): Promise<HsmKeyInfo> {
  validateOptions('rotateHsmKey', options, { alias: isAlias, bits: isInteger(128, 16_384), ...signalCheck }, ['alias'])
  const core = adminCore(token)
  const { alias } = options
  const name = await newest(core, alias, options)
  const { kind, bits, extractable } = infoOf(await theOne(core, KEPT, name, options))
  if (kind === undefined) {
    throw adminError('KEY_UNFIT', name, `${name} is of no kind that this package makes. Rotate it with the tool that made it.`)
  }
  const version = (parseKeyName(name)?.version ?? 0) + 1
  const wanted = bitsFor('rotateHsmKey', kind, options.bits ?? bits)
  return make(core, { alias, version, kind, bits: wanted, exportable: extractable === true }, options)
}

interface NewKey {
  readonly alias: string
  readonly version: number
  readonly kind: HsmKeyKind
  readonly bits: number
  readonly exportable: boolean
}

async function make(core: TokenCore, { alias, version, ...rest }: NewKey, options: CallOptions): Promise<HsmKeyInfo> {
  const label = keyLabel(alias, version)
  const key = await generateKey(core, { ...rest, label, id: randomBytes(16) }, options)
  if (key === undefined) {
    throw adminError('KEY_EXISTS', label, `Another process made ${label} at the same moment. Look at it with listHsmKeys.`)
  }
  if (rest.exportable && key.flags.get('wrapWithTrusted') !== true) {
    await destroy(core, key, options)
    throw adminError(
      'KEY_UNFIT',
      label,
      'This module does not restrict which keys may wrap another (CKA_WRAP_WITH_TRUSTED), so whoever has the PIN could take an exportable key. It was destroyed again.',
    )
  }
  return infoOf(key)
}

/** Labels of an alias, highest version first. */
async function namesOf(core: TokenCore, alias: string, options: CallOptions): Promise<readonly string[]> {
  const versions = await stable(core, options, async (gone) => {
    const found = new Map<number, string>()
    for (const handle of await findObjects(core, KEPT, {}, options)) {
      const label = await ifThere(readLabel(core, handle, options), gone)
      const name = label === undefined ? undefined : parseKeyName(label)
      if (label !== undefined && name?.alias === alias) found.set(name.version, label)
    }
    return found
  })
  return [...versions].toSorted(([one], [other]) => other - one).map(([, label]) => label)
}

async function newest(core: TokenCore, alias: string, options: CallOptions): Promise<string> {
  const [name] = await namesOf(core, alias, options)
  if (name !== undefined) return name
  throw adminError('KEY_NOT_FOUND', alias, `The token has no version of ${alias} that this user sees. createHsmKey makes the first.`)
}

function bitsFor(where: string, kind: HsmKeyKind, bits: number | undefined): number {
  const [usual, ...others] = kind.startsWith('aes')
    ? ([256, 128, 192] as const)
    : kind === 'hmac'
      ? ([256, 384, 512] as const)
      : ([3072, 2048, 4096] as const)
  const chosen = bits ?? usual
  if ([usual, ...others].includes(chosen as never)) return chosen
  throw new StrongroomError(
    'OPTION_INVALID',
    `${where}: the option bits must be one of ${[usual, ...others].join(', ')} for the kind ${kind}.`,
    {
      option: 'bits',
    },
  )
}
