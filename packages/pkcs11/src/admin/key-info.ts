import { versionOf } from '../keys/key-name.ts'
import { kindOf } from './audit.ts'
import type { FlagName, KeyRecord } from './objects.ts'
import type { HsmKeyKind } from './templates.ts'

/** A key of a token. Nothing of it is secret. */
export interface HsmKeyInfo {
  /** Its label (CKA_LABEL). What keyrings use is named `alias/v0001`. */
  readonly name: string
  /** The alias in the label; undefined where the label is of another form. */
  readonly alias: string | undefined
  /** The version in the label, from 1. */
  readonly version: number | undefined
  /** What it is for; undefined where it is no kind that this package makes. */
  readonly kind: HsmKeyKind | undefined
  /** Its length; undefined where the module does not tell. */
  readonly bits: number | undefined
  /** CKA_ID in hex. */
  readonly id: string
  /**
   * First 3 bytes of a value that only this key makes, in hex. Two HSMs that show the same hold the same key, but for one chance in 16 million. Of an
   * AES key the usual one (CKA_CHECK_VALUE); of an HMAC key one that this package defines; of a pair none, compare `hsmPublicKey`.
   */
  readonly checkValue: string | undefined
  /** What it may be used for. */
  readonly usages: readonly string[]
  /** Whether it can be wrapped to leave the HSM; undefined where the module does not tell. */
  readonly extractable: boolean | undefined
}

const USAGES: readonly FlagName[] = ['encrypt', 'decrypt', 'wrap', 'unwrap', 'sign', 'verify', 'derive']

/** Takes a label apart: alias, a slash, `v` and the version in four digits or more. Undefined where it is of another form. */
export function parseKeyName(label: string): { readonly alias: string; readonly version: number } | undefined {
  const alias = /^(.+)\/v\d{4,}$/su.exec(label)?.[1]
  const version = alias === undefined ? undefined : versionOf(alias, label)
  return alias === undefined || version === undefined ? undefined : { alias, version }
}

/** What is told of a key. */
export function infoOf(key: KeyRecord): HsmKeyInfo {
  const parsed = parseKeyName(key.label)
  return {
    name: key.label,
    alias: parsed?.alias,
    version: parsed?.version,
    kind: kindOf(key),
    bits: key.bits,
    id: hex(key.id),
    checkValue: key.checkValue === undefined ? undefined : hex(key.checkValue),
    usages: USAGES.filter((usage) => key.flags.get(usage) === true),
    extractable: key.flags.get('extractable'),
  }
}

/** Bytes in hex. */
export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
