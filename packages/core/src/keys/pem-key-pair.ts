/** The two halves of a key as text. */
export interface PemKeyPair {
  /** SubjectPublicKeyInfo. */
  readonly publicKey: string
  /** PKCS#8, encrypted where a passphrase was given. The caller's to store safely. */
  readonly privateKey: string
}
