import { StrongroomError } from '@strongroom/core'

/** Every code that `@strongroom/kms` throws, beside `OPTION_INVALID`, `CONTEXT_INVALID`, `INPUT_INVALID` and `KEYRING_CANNOT_ENCRYPT` of the core. */
export type KmsErrorCode =
  /** KMS could not be reached, throttled or failed; the same call may succeed later. */
  | 'KEY_TRANSIENT'
  /** KMS refuses the key to this caller, or the key cannot be used: somebody has to act. */
  | 'KEY_OPERATIONAL'
  /** KMS says that the encrypted data key is not one of this key under this encryption context. */
  | 'MESSAGE_INVALID'
  /** The request would have gone unencrypted to another host. */
  | 'ENDPOINT_INSECURE'

/** Facts of a {@link KmsKeyError}; each is safe to log. */
export interface KmsKeyErrorDetails {
  /** ARN of the key. */
  readonly keyId: string
  /** Region that was called. */
  readonly region: string
  /** Name of the error that KMS or the SDK gave. */
  readonly kmsCode?: string | undefined
  /** KMS's id of the request, where it answered. */
  readonly requestId?: string | undefined
  /** What the SDK threw. */
  readonly cause?: unknown
}

/** A KMS key that did not do what it was asked. */
export class KmsKeyError extends StrongroomError<KmsErrorCode> {
  /** ARN of the key. */
  readonly keyId: string
  /** Region that was called. */
  readonly region: string
  /** Name of the error that KMS or the SDK gave (`AccessDeniedException`). */
  declare readonly kmsCode?: string
  /** KMS's id of the request, where it answered: what AWS support asks for. */
  declare readonly requestId?: string

  /** Made by the keys of this package; a fake of them may make its own. */
  constructor(code: KmsErrorCode, message: string, details: KmsKeyErrorDetails) {
    super(code, message, 'cause' in details ? { cause: details.cause } : {})
    this.keyId = details.keyId
    this.region = details.region
    if (details.kmsCode !== undefined) this.kmsCode = details.kmsCode
    if (details.requestId !== undefined) this.requestId = details.requestId
  }

  /** Always `KmsKeyError`. */
  override get name(): string {
    return 'KmsKeyError'
  }
}
