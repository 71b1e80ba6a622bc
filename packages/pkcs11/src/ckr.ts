/**
 * What a module's return values mean, and what is done about them. The table is the whole of it: nothing else looks at a code.
 *
 * Modules disagree: SoftHSM2 answers a wrong tag with GENERAL_ERROR, CloudHSM answers a busy HSM, and a key on too few HSMs, with FUNCTION_FAILED.
 */

/** What a return value says is wrong, and so what is done about it. */
export type CkrClass =
  /** The PIN or the user. Never tried again: a token locks itself after a few wrong PINs. */
  | 'pin'
  /** The login is gone: log in again, once, and try again. */
  | 'login'
  /** The session is gone or spoilt: throw it away and try again on another. */
  | 'session'
  /** The key's handle is stale: find the key again, and try again. */
  | 'handle'
  /** The token or the module is gone: throw the sessions away, wait, try again; initialise the module anew when it does not help. */
  | 'device'
  /** Busy, throttled or short of memory: wait and try again. */
  | 'busy'
  /** The ciphertext. Said once, and not tried again. */
  | 'ciphertext'
  /** The call itself: its key, mechanism or attributes. Not tried again. */
  | 'refused'

/** A row of the table. */
export interface CkrRow {
  /** Name in the standard. */
  readonly name: string
  /** What it says. */
  readonly is: CkrClass
  /** What somebody can do about it, where the name does not say it all. */
  readonly remedy?: string
  /** Whether the session may be used for other calls after it. A call that was given up halfway would spoil the next one. */
  readonly keepsSession?: true
}

const RIGHTS = 'the key has not the right for it; look at its attributes with the key verification'
const AVAILABILITY =
  'AWS CloudHSM also answers this where it is throttled, for read-only sessions, and where the key is on fewer than two HSMs (add one, or disable the key availability check of a cluster for development)'

/** The return values that are known. */
export const ckrTable: ReadonlyMap<number, CkrRow> = new Map<number, CkrRow>([
  [0x2, { name: 'CKR_HOST_MEMORY', is: 'busy' }],
  [0x3, { name: 'CKR_SLOT_ID_INVALID', is: 'device' }],
  [0x5, { name: 'CKR_GENERAL_ERROR', is: 'busy' }],
  [0x6, { name: 'CKR_FUNCTION_FAILED', is: 'busy', remedy: AVAILABILITY }],
  [0x7, { name: 'CKR_ARGUMENTS_BAD', is: 'refused', remedy: 'the module does not take the parameters of this mechanism' }],
  [0xa, { name: 'CKR_CANT_LOCK', is: 'refused', remedy: 'the module cannot be used by several threads' }],
  [0x10, { name: 'CKR_ATTRIBUTE_READ_ONLY', is: 'refused' }],
  [0x11, { name: 'CKR_ATTRIBUTE_SENSITIVE', is: 'refused', keepsSession: true }],
  [0x12, { name: 'CKR_ATTRIBUTE_TYPE_INVALID', is: 'refused', keepsSession: true }],
  [0x13, { name: 'CKR_ATTRIBUTE_VALUE_INVALID', is: 'refused' }],
  [0x20, { name: 'CKR_DATA_INVALID', is: 'refused', keepsSession: true }],
  [0x21, { name: 'CKR_DATA_LEN_RANGE', is: 'refused', remedy: 'the input is longer than the module takes', keepsSession: true }],
  [0x30, { name: 'CKR_DEVICE_ERROR', is: 'device' }],
  [0x31, { name: 'CKR_DEVICE_MEMORY', is: 'busy', remedy: 'the token may be full' }],
  [0x32, { name: 'CKR_DEVICE_REMOVED', is: 'device' }],
  [0x40, { name: 'CKR_ENCRYPTED_DATA_INVALID', is: 'ciphertext', keepsSession: true }],
  [0x41, { name: 'CKR_ENCRYPTED_DATA_LEN_RANGE', is: 'ciphertext', keepsSession: true }],
  [0x42, { name: 'CKR_AEAD_DECRYPT_FAILED', is: 'ciphertext', keepsSession: true }],
  [0x50, { name: 'CKR_FUNCTION_CANCELED', is: 'busy' }],
  [0x54, { name: 'CKR_FUNCTION_NOT_SUPPORTED', is: 'refused' }],
  [0x60, { name: 'CKR_KEY_HANDLE_INVALID', is: 'handle' }],
  [0x62, { name: 'CKR_KEY_SIZE_RANGE', is: 'refused' }],
  [0x63, { name: 'CKR_KEY_TYPE_INCONSISTENT', is: 'refused' }],
  [0x68, { name: 'CKR_KEY_FUNCTION_NOT_PERMITTED', is: 'refused', remedy: RIGHTS, keepsSession: true }],
  [0x69, { name: 'CKR_KEY_NOT_WRAPPABLE', is: 'refused', remedy: 'the key may leave only wrapped by a trusted key, or not at all' }],
  [0x6a, { name: 'CKR_KEY_UNEXTRACTABLE', is: 'refused', remedy: 'the key was created so that it never leaves the token' }],
  [0x70, { name: 'CKR_MECHANISM_INVALID', is: 'refused', remedy: 'the module, or its FIPS mode, does not have this mechanism' }],
  [0x71, { name: 'CKR_MECHANISM_PARAM_INVALID', is: 'refused', remedy: 'the module takes other parameters; name its quirks' }],
  [0x82, { name: 'CKR_OBJECT_HANDLE_INVALID', is: 'handle' }],
  [0x90, { name: 'CKR_OPERATION_ACTIVE', is: 'session' }],
  [0x91, { name: 'CKR_OPERATION_NOT_INITIALIZED', is: 'session' }],
  [0xa0, { name: 'CKR_PIN_INCORRECT', is: 'pin', remedy: 'for AWS CloudHSM the PIN is user:password' }],
  [0xa1, { name: 'CKR_PIN_INVALID', is: 'pin', remedy: 'the PIN has characters that the token does not take' }],
  [0xa2, { name: 'CKR_PIN_LEN_RANGE', is: 'pin', remedy: 'the PIN is too short or too long' }],
  [0xa3, { name: 'CKR_PIN_EXPIRED', is: 'pin', remedy: 'the PIN has to be changed' }],
  [0xa4, { name: 'CKR_PIN_LOCKED', is: 'pin', remedy: 'the token locked itself; its security officer unlocks it' }],
  [0xb0, { name: 'CKR_SESSION_CLOSED', is: 'session' }],
  [0xb1, { name: 'CKR_SESSION_COUNT', is: 'busy', remedy: 'the token has no more sessions; lower maxSessions' }],
  [0xb3, { name: 'CKR_SESSION_HANDLE_INVALID', is: 'session' }],
  [0xb5, { name: 'CKR_SESSION_READ_ONLY', is: 'refused', remedy: 'the token is write protected, or opened read-only by its quirks' }],
  [0xd0, { name: 'CKR_TEMPLATE_INCOMPLETE', is: 'refused' }],
  [0xd1, { name: 'CKR_TEMPLATE_INCONSISTENT', is: 'refused', remedy: 'the module does not take one of the attributes; name its quirks' }],
  [0xe0, { name: 'CKR_TOKEN_NOT_PRESENT', is: 'device' }],
  [0xe1, { name: 'CKR_TOKEN_NOT_RECOGNIZED', is: 'device' }],
  [0xe2, { name: 'CKR_TOKEN_WRITE_PROTECTED', is: 'refused' }],
  [0x101, { name: 'CKR_USER_NOT_LOGGED_IN', is: 'login' }],
  [0x102, { name: 'CKR_USER_PIN_NOT_INITIALIZED', is: 'pin', remedy: 'the token has no user PIN yet; its security officer sets one' }],
  [0x103, { name: 'CKR_USER_TYPE_INVALID', is: 'pin', remedy: 'the token knows no such user' }],
  [0x104, { name: 'CKR_USER_ANOTHER_ALREADY_LOGGED_IN', is: 'pin', remedy: 'another user of the token is logged in by this process' }],
  [0x150, { name: 'CKR_BUFFER_TOO_SMALL', is: 'refused' }],
  [0x190, { name: 'CKR_CRYPTOKI_NOT_INITIALIZED', is: 'device' }],
])

/** Answers that mean success of another kind. */
export const CKR = { OK: 0, USER_ALREADY_LOGGED_IN: 0x100, CRYPTOKI_ALREADY_INITIALIZED: 0x191 } as const

/** The row of a return value. One that nobody foresaw, a vendor's own above all, may pass by itself. */
export function ckrRow(code: number): CkrRow {
  return ckrTable.get(code) ?? { name: `CKR_0x${code.toString(16)}`, is: 'busy' }
}
