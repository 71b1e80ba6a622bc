import { readFields, text } from './fields.ts'
import type { Fields } from './protocol.ts'

/** An AES key in an HSM: one version, where the label ends with it, or the highest of an alias. */
export interface HsmRequest {
  readonly type: 'hsm'
  /** Path of the PKCS#11 library. */
  readonly module: string
  /** Label of the token. */
  readonly token: string
  readonly pin: string
  readonly label: string
  readonly namespace: string
}

/** Reads a keyring of an HSM. */
export function readHsm(fields: Fields): HsmRequest {
  return { type: 'hsm', ...readFields('hsm', fields, { module: text, token: text, pin: text, label: text, namespace: text }) }
}
