/**
 * Client-side envelope encryption: messages of the AWS Encryption SDK, whole and as streams, under keys that keyrings stand for.
 *
 * Begin with {@link createEncryptionClient} and {@link rawAesKeyring}.
 *
 * @module @strongroom/core
 */
export type { AgreementKey, EcCurve } from './agreement-key.ts'
export type { MaterialsCache, MaterialsCacheOptions } from './cache/materials-cache.ts'
export { createMaterialsCache } from './cache/materials-cache.ts'
export type { CacheLimits, CacheOptions, CachingMaterialsOptions, OwnCache, SharedCache } from './caching-materials.ts'
export { cachingMaterials } from './caching-materials.ts'
export type { DecryptOptions, EncryptOptions } from './call-options.ts'
export type { DecryptResult, EncryptionClient, EncryptionClientOptions, EncryptionClientSettings, EncryptResult } from './client.ts'
export { createEncryptionClient } from './client.ts'
export type { ClientSource, KeyringClientSource, MaterialsClientSource, RecoverableClientSource } from './client-materials.ts'
export type { CommitmentPolicy } from './commitment-policy.ts'
export { defaultMaterials } from './default-materials.ts'
export type { EncryptionContext } from './encryption-context.ts'
export { serialiseContext } from './encryption-context.ts'
export type { CoreErrorCode, ErrorDetails } from './errors.ts'
export { isStrongroomError, StrongroomError } from './errors.ts'
export type {
  Attempt,
  AttemptOutcome,
  CallOptions,
  EncryptedDataKey,
  Keyring,
  KeySet,
  Recipient,
  UnwrapFailure,
  Unwrapped,
  WrapRequest,
} from './keyring.ts'
export type { AeadKeyringOptions } from './keyrings/aead-keyring.ts'
export { aeadKeyring } from './keyrings/aead-keyring.ts'
export type { EcdhKeyringOptions, EcdhPartyOptions, EcdhProviderId, EcdhSchema } from './keyrings/ecdh-keyring.ts'
export { ecdhKeyring } from './keyrings/ecdh-keyring.ts'
export type { GeneratingMultiKeyring, MultiKeyringOptions, ReadingMultiKeyring } from './keyrings/multi-keyring.ts'
export { multiKeyring } from './keyrings/multi-keyring.ts'
export type { RawAesKeyOptions, RawAesKeyringOptions } from './keyrings/raw-aes-keyring.ts'
export { rawAesKey, rawAesKeyring } from './keyrings/raw-aes-keyring.ts'
export type { RawAgreementKeyOptions } from './keyrings/raw-agreement-key.ts'
export { rawAgreementKey } from './keyrings/raw-agreement-key.ts'
export type {
  DiscoveryEcdhOptions,
  EphemeralEcdhOptions,
  RawEcdhBaseOptions,
  RawEcdhKeyringOptions,
  StaticEcdhOptions,
} from './keyrings/raw-ecdh-keyring.ts'
export { rawEcdhKeyring } from './keyrings/raw-ecdh-keyring.ts'
export type { RawRsaKeyOptions, RawRsaPadding, RsaPrivateHalf, RsaPublicHalf } from './keyrings/raw-rsa-key.ts'
export { rawRsaKey } from './keyrings/raw-rsa-key.ts'
export type { RawRsaKeyringOptions } from './keyrings/raw-rsa-keyring.ts'
export { rawRsaKeyring } from './keyrings/raw-rsa-keyring.ts'
export type { RsaKeyringOptions } from './keyrings/rsa-keyring.ts'
export { rsaKeyring } from './keyrings/rsa-keyring.ts'
export type { AesKeyInput } from './keys/aes-key.ts'
export { generateAesKey } from './keys/aes-key.ts'
export type { EcKeyInput, EcKeyPairOptions } from './keys/ec-key.ts'
export { generateEcKeyPair } from './keys/ec-key.ts'
export type { FingerprintInput } from './keys/key-fingerprint.ts'
export { keyFingerprint } from './keys/key-fingerprint.ts'
export type { PemKeyPair } from './keys/pem-key-pair.ts'
export type { RsaKeyInput, RsaKeyPairOptions } from './keys/rsa-key.ts'
export { generateRsaKeyPair } from './keys/rsa-key.ts'
export type { DecryptMaterials, DecryptRequest, EncryptMaterials, EncryptRequest, Materials, OpenedBy } from './materials.ts'
export type { KeyringSource, MaterialsManagerSource, MaterialsSource } from './materials-source.ts'
export type { Observer, ObserverEvent, WarningCode } from './observer.ts'
export { observe } from './observer.ts'
export type { ParsedMessage, ParseMessageOptions } from './parse-message.ts'
export { parseMessage } from './parse-message.ts'
export type { PrfKey } from './prf-key.ts'
export type { RandomSource } from './random.ts'
export type { RecoveryMaterialsOptions } from './recovery-materials.ts'
export { recoveryMaterials } from './recovery-materials.ts'
export type { RequiredContextMaterialsOptions } from './required-context-materials.ts'
export { requiredContextMaterials } from './required-context-materials.ts'
export { SecretBytes } from './secret-bytes.ts'
export type { ByteTransform } from './stream/byte-transform.ts'
export type { CiphertextLengthOptions } from './stream/ciphertext-length.ts'
export { ciphertextLength } from './stream/ciphertext-length.ts'
export type { DecryptStream, DecryptStreamMessage, DecryptStreamOptions } from './stream/decrypt-stream.ts'
export type { EncryptStream, EncryptStreamMessage, EncryptStreamOptions } from './stream/encrypt-stream.ts'
export type { FrameIndex, FrameIndexOptions, ReadFramesOptions } from './stream/frame-index.ts'
export type { RangeSource } from './stream/range-source.ts'
export type { ItemSuiteId, Suite, SuiteId, SuiteSignature } from './suite.ts'
export { itemSuiteById, suiteById } from './suite.ts'
export { UnwrapError } from './unwrap-data-key.ts'
export type { FileReader } from './uri/key-file.ts'
export type {
  KeyringRegistry,
  KeyringRegistryOptions,
  KeyringScheme,
  KeyringSchemeTools,
  KeyringTextScheme,
} from './uri/keyring-registry.ts'
export { createKeyringRegistry, keyringFromUri } from './uri/keyring-registry.ts'
export type { KeyringUri } from './uri/keyring-uri.ts'
export type { AeadKey, KmsKey, RsaKey, RsaPadding, WrappingKey } from './wrapping-key.ts'
