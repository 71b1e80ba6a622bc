import { CKK } from '../constants.ts'
import type { FlagName, KeyRecord } from './objects.ts'
import { type HsmKeyKind, usagesOf } from './templates.ts'

/** One thing that was looked at. */
export interface HsmKeyFinding {
  /** What was looked at. */
  readonly check: HsmKeyCheck
  /** Whether it is so; undefined where the module does not tell. */
  readonly holds: boolean | undefined
  /** What that means, and the remedy. */
  readonly message: string
}

/** What a key is checked for. */
export type HsmKeyCheck =
  /** It is stored in the token and outlives a session. */
  | 'token'
  /** It is seen after a login only. */
  | 'private'
  /** Its value cannot be read, and never could. */
  | 'sensitive'
  /** It cannot be wrapped to leave the HSM. */
  | 'non-extractable'
  /** It never could: an extractable key may have copies. */
  | 'never-extractable'
  /** It was generated in the HSM, not brought there. */
  | 'local'
  /** It may do what its kind does, and nothing else. */
  | 'usage'
  /** What it may do cannot be changed by whoever has the PIN. */
  | 'fixed'
  /** Its length is one of those that are used. */
  | 'length'
  /** It is the key that the check value was noted of. */
  | 'check-value'

const EVERY_USAGE = ['encrypt', 'decrypt', 'wrap', 'unwrap', 'sign', 'verify', 'derive'] as const

/** Which kind a key is, by its type and what it may do; undefined where it is none of ours. */
export function kindOf(key: KeyRecord): HsmKeyKind | undefined {
  const granted = (usage: FlagName): boolean => key.flags.get(usage) === true
  if (key.keyType === CKK.GENERIC_SECRET) return granted('sign') ? 'hmac' : undefined
  const [using, wrapping]: readonly [HsmKeyKind, HsmKeyKind] = key.keyType === CKK.RSA ? ['rsa', 'rsa-wrapping'] : ['aes', 'aes-wrapping']
  if (key.keyType !== CKK.RSA && key.keyType !== CKK.AES) return undefined
  return granted('decrypt') ? using : granted('unwrap') ? wrapping : undefined
}

/** Looks a key over. It is the module's word: an HSM signs nothing of this by PKCS#11. */
export function auditKey(key: KeyRecord, kind: HsmKeyKind): readonly HsmKeyFinding[] {
  const flag = (name: FlagName): boolean | undefined => key.flags.get(name)
  const not = (value: boolean | undefined): boolean | undefined => (value === undefined ? undefined : !value)
  const excess = EVERY_USAGE.filter((usage) => flag(usage) === true && !allowed(kind).includes(usage))
  const missing = usagesOf(kind).filter((usage) => flag(usage) !== true)
  return [
    finding('token', flag('token'), 'It is a session key, and gone when the session ends. Make another with createHsmKey.'),
    finding('private', flag('private'), 'Whoever reaches the token may use it without a PIN. Make another with createHsmKey.'),
    finding(
      'sensitive',
      flag('sensitive') === true ? flag('alwaysSensitive') : flag('sensitive'),
      'Its value can be read out, or could be once. Rotate to a key made by createHsmKey, and re-wrap what it wrapped.',
    ),
    finding(
      'non-extractable',
      not(flag('extractable')),
      'It can leave the HSM, wrapped by another key. Rotate, unless it is to be moved; then see that it has CKA_WRAP_WITH_TRUSTED.',
    ),
    finding(
      'never-extractable',
      flag('neverExtractable'),
      'It could leave the HSM once, so there may be copies. Expected of an imported key; rotate otherwise.',
    ),
    finding(
      'local',
      flag('local'),
      'It was not generated in this HSM, or the module does not say so (NSS says so of no key). Expected of an imported key.',
    ),
    finding('usage', excess.length === 0 && missing.length === 0, usageMessage(excess, missing)),
    finding(
      'fixed',
      not(flag('modifiable')),
      "Whoever has the PIN can give it another use, such as unwrapping. Make keys with createHsmKey, or the vendor's tool with modifiable=false.",
    ),
    finding('length', lengthHolds(key, kind), `It has ${key.bits} bits. AES: 128, 192 or 256; RSA: 2048 or more; HMAC: 256 or more.`),
  ]
}

function allowed(kind: HsmKeyKind): readonly string[] {
  return usagesOf(kind)
}

function usageMessage(excess: readonly string[], missing: readonly string[]): string {
  const parts = [
    ...(excess.length === 0 ? [] : [`It may also ${excess.join(', ')}; a key that may do two things can be turned against itself.`]),
    ...(missing.length === 0 ? [] : [`It may not ${missing.join(', ')}.`]),
  ]
  return `${parts.join(' ')} Rotate to a key made by createHsmKey.`.trim()
}

function lengthHolds({ bits }: KeyRecord, kind: HsmKeyKind): boolean | undefined {
  if (bits === undefined) return undefined
  if (kind === 'aes' || kind === 'aes-wrapping') return [128, 192, 256].includes(bits)
  return kind === 'hmac' ? bits >= 256 : bits >= 2048
}

/** A finding; where it holds there is nothing to remedy. */
export function finding(check: HsmKeyCheck, holds: boolean | undefined, message: string): HsmKeyFinding {
  return {
    check,
    holds,
    message: holds === true ? 'As it should be.' : holds === undefined ? `The module does not tell. ${message}` : message,
  }
}
