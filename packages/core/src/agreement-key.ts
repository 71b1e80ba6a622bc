import type { CallOptions } from './keyring.ts'
import type { SecretBytes } from './secret-bytes.ts'

/** The NIST curves that keys are agreed on. */
export type EcCurve = 'P-256' | 'P-384' | 'P-521'

/**
 * A private key that agrees on secrets with other parties' public keys (ECDH): raw, or in a key service. Public keys are compressed SEC1
 * points, of 33, 49 or 67 bytes.
 */
export interface AgreementKey {
  /** What tells it from wrapping keys. */
  readonly kind: 'ecdh'
  /** The curve that both keys are on. */
  readonly curve: EcCurve
  /** The key's own public half. */
  publicKey(options?: CallOptions): Promise<Uint8Array>
  /** The x coordinate of the shared point, of 32, 48 or 66 bytes; rejects where `peer` is not a point of the curve. */
  agree(peer: Uint8Array, options?: CallOptions): Promise<SecretBytes>
}
