import type { EncryptionContext } from './encryption-context.ts'
import type { CallOptions } from './keyring.ts'
import type { SecretBytes } from './secret-bytes.ts'

/** RSA paddings. The MGF1 hash equals the OAEP hash, but in the last one, which old S3 objects need. */
export type RsaPadding = 'PKCS1' | 'OAEP_SHA1' | 'OAEP_SHA256' | 'OAEP_SHA384' | 'OAEP_SHA512' | 'OAEP_SHA256_MGF1_SHA1'

/** An AES key that seals with AES-GCM (IV 12 bytes, tag 16 bytes appended): raw, or one version of an HSM key. */
export interface AeadKey {
  /** What tells it from other wrapping keys. */
  readonly kind: 'aead'
  /** Name of the key, as it stands in messages; not secret. */
  readonly name: string
  /** Seals a secret. The IV is an output, since an HSM makes its own. */
  seal(
    secret: SecretBytes,
    aad: Uint8Array,
    options?: CallOptions,
  ): Promise<{
    /** The IV that was used: 12 bytes. */
    iv: Uint8Array
    /** Ciphertext and tag: 16 bytes longer than the secret. */
    sealed: Uint8Array
  }>
  /** Opens what `seal` made; rejects where iv, aad or bytes are not the ones of a seal. */
  open(iv: Uint8Array, sealed: Uint8Array, aad: Uint8Array, options?: CallOptions): Promise<SecretBytes>
  /** Opens the wraps of S3 V1 objects. */
  openLegacy?(wrap: 'aes-kw' | 'aes-ecb-pkcs5', sealed: Uint8Array, options?: CallOptions): Promise<SecretBytes>
}

/** An RSA key; half a key lacks one of the two operations. */
export interface RsaKey {
  /** What tells it from other wrapping keys. */
  readonly kind: 'rsa'
  /** Name of the key, as it stands in messages; not secret. */
  readonly name: string
  /** The paddings that it serves; `OAEP_SHA256_MGF1_SHA1` for opening alone. */
  readonly paddings: readonly RsaPadding[]
  /** Encrypts a secret to the public half. Absent where there is none. */
  seal?(secret: SecretBytes, padding: RsaPadding, options?: CallOptions): Promise<Uint8Array>
  /** Decrypts with the private half. Absent where there is none. */
  open?(sealed: Uint8Array, padding: RsaPadding, options?: CallOptions): Promise<SecretBytes>
}

/** A key in a key service that binds an encryption context. */
export interface KmsKey {
  /** What tells it from other wrapping keys. */
  readonly kind: 'kms'
  /** The key's ARN; undefined means discovery. */
  readonly keyId?: string
  /** Makes a secret of `length` bytes and encrypts it in one step. */
  generate(
    length: number,
    context: EncryptionContext,
    options?: CallOptions,
  ): Promise<{
    /** The secret, the caller's to dispose. */
    secret: SecretBytes
    /** The same, encrypted under the key. */
    blob: Uint8Array
    /** ARN of the key that did it. */
    keyArn: string
  }>
  /** Encrypts a secret of the caller's. */
  encrypt(
    secret: SecretBytes,
    context: EncryptionContext,
    options?: CallOptions,
  ): Promise<{
    /** The secret, encrypted under the key. */
    blob: Uint8Array
    /** ARN of the key that did it. */
    keyArn: string
  }>
  /** Opens a blob, with `keyArn` in discovery. The answer is checked to come from that key, or from this one. */
  decrypt(
    blob: Uint8Array,
    context: EncryptionContext,
    keyArn?: string,
    options?: CallOptions,
  ): Promise<{
    /** The secret, the caller's to dispose. */
    secret: SecretBytes
    /** ARN of the key that opened it. */
    keyArn: string
  }>
}

/** One key-encryption key in one place. A backend implements the kind that its key is, and knows no message format. */
export type WrappingKey = AeadKey | RsaKey | KmsKey
