/**
 * What packages that write keyrings or formats of their own share with the core: `@strongroom/core/keyring-tools`.
 *
 * @module @strongroom/core/keyring-tools
 */
export { abortable } from './abortable.ts'
export { announceDestroyedKey, type DestroyedKey, type KeyCache, watchDestroyedKeys } from './cache/destroyed-keys.ts'
export { SharedCall } from './cache/shared-call.ts'
export { SweepTimer } from './cache/sweep-timer.ts'
export { isSignal } from './call-options.ts'
export { commitmentPolicies } from './commitment-policy.ts'
export { counterKdf } from './counter-kdf.ts'
export { disposeMaterials } from './dispose-materials.ts'
export { compareUtf8, contextFromEntries, emptyContext, legacyContext, normaliseContext, PUBLIC_KEY_FIELD } from './encryption-context.ts'
export { assertEncryptMaterials } from './esdk/assert-materials.ts'
export { type HmacHash, hmacOf } from './esdk/hmac.ts'
export { TRUNCATED } from './esdk/message-invalid.ts'
export { Reader } from './esdk/reader.ts'
export { hkdfSha512 } from './hkdf.ts'
export { assertBytes } from './input-bytes.ts'
export { attemptOf } from './keyrings/attempt.ts'
export { wrapCounter } from './keyrings/wrap-counter.ts'
export { compressedPoint, ecCurves, pointLength, publicKeyOfPoint } from './keys/ec-curve.ts'
export { loadEcPublicKey } from './keys/ec-key.ts'
export { draw, systemRandom } from './random.ts'
export { assertSigningKey, generateSigningKey, type SigningKeyPair, signFixedLength, verifySignature } from './signature.ts'
export { asymmetricKeyOf } from './uri/key-file.ts'
export { type WrappedUnderIntermediates, wrapUnderIntermediates } from './wrap-data-key.ts'
