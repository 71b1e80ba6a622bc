import { StrongroomError } from '@strongroom/core'

/**
 * Codes of an {@link HsmError}, those of the core for wrapping keys. `@strongroom/pkcs11` also throws `OPTION_INVALID`, `KEYRING_CANNOT_ENCRYPT`,
 * `CONTEXT_INVALID` and `SECRET_DISPOSED` of the core.
 */
export type HsmErrorCode =
  /** The HSM could not be reached, was busy or failed; the same call may succeed later. */
  | 'KEY_TRANSIENT'
  /** Somebody has to act: `reason` says at what. */
  | 'KEY_OPERATIONAL'
  /** The HSM says that the encrypted data key is not one of this key under this encryption context. */
  | 'MESSAGE_INVALID'

/** What an {@link HsmError} is about. The set is closed. */
export type HsmReason =
  /** pkcs11js is not installed, or was not built. */
  | 'BINDING_MISSING'
  /** There is no file at the library's path. */
  | 'LIBRARY_MISSING'
  /** The library cannot be loaded here: another architecture, a missing dependency, no PKCS#11 module. */
  | 'LIBRARY_UNUSABLE'
  /** The PIN cannot be read: no such file or environment variable, or its function failed. */
  | 'PIN_MISSING'
  /** The token refused the PIN, or this user; it is not tried again. */
  | 'PIN_REJECTED'
  /** No slot has a token that fits. */
  | 'TOKEN_NOT_FOUND'
  /** Several slots have a token that fits. */
  | 'TOKEN_AMBIGUOUS'
  /** The token has no key of that name that this user sees. */
  | 'KEY_NOT_FOUND'
  /** The token has several keys of one name. */
  | 'KEY_AMBIGUOUS'
  /** The token has a key of that name already. */
  | 'KEY_EXISTS'
  /** The key lacks a right, or has one that it must not have. */
  | 'KEY_UNFIT'
  /** The module refused the call for a reason that retrying does not change: `ckr` names it. */
  | 'MODULE_REFUSED'
  /** What the HSM wrapped does not open again; it was thrown away. */
  | 'WRAP_NOT_VERIFIED'
  /** Too few clusters wrapped a data key. */
  | 'QUORUM_MISSED'
  /** The HSM, the token or the network to it failed. */
  | 'UNREACHABLE'
  /** There was no answer, or no free session, in time. */
  | 'TIMED_OUT'
  /** The token failed so often that it is left alone for a while. */
  | 'CIRCUIT_OPEN'
  /** The token was closed by its owner. */
  | 'CLOSED'
  /** The ciphertext does not open. */
  | 'CIPHERTEXT'

/** Facts of an {@link HsmError}; each is safe to log. */
export interface HsmErrorDetails {
  /** Path of the library. */
  readonly library?: string | undefined
  /** Label of the token, or what it was looked for by. */
  readonly token?: string | undefined
  /** Name of the key. */
  readonly keyName?: string | undefined
  /** PKCS#11 function that failed. */
  readonly method?: string | undefined
  /** Name of the return value, `CKR_DEVICE_ERROR`; of vendors' own, `CKR_0x80000001`. */
  readonly ckr?: string | undefined
  /** The return value. */
  readonly ckrCode?: number | undefined
  /** What was thrown below. */
  readonly cause?: unknown
}

/** An HSM that did not do what it was asked. */
export class HsmError extends StrongroomError<HsmErrorCode> {
  /** What it is about, for programs. */
  readonly reason: HsmReason
  /** Path of the library. */
  declare readonly library?: string
  /** Label of the token, or what it was looked for by. */
  declare readonly token?: string
  /** Name of the key. */
  declare readonly keyName?: string
  /** PKCS#11 function that failed (`C_Encrypt`). */
  declare readonly method?: string
  /** Name of the return value (`CKR_DEVICE_ERROR`). */
  declare readonly ckr?: string
  /** The return value. */
  declare readonly ckrCode?: number

  /** Made by this package; a fake of its parts may make its own. */
  constructor(code: HsmErrorCode, reason: HsmReason, message: string, details: HsmErrorDetails = {}) {
    super(code, message, 'cause' in details ? { cause: details.cause } : {})
    this.reason = reason
    const { library, token, keyName, method, ckr, ckrCode } = details
    if (library !== undefined) this.library = library
    if (token !== undefined) this.token = token
    if (keyName !== undefined) this.keyName = keyName
    if (method !== undefined) this.method = method
    if (ckr !== undefined) this.ckr = ckr
    if (ckrCode !== undefined) this.ckrCode = ckrCode
  }

  /** Always `HsmError`. */
  override get name(): string {
    return 'HsmError'
  }
}
