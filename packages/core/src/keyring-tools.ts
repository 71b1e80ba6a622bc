/**
 * What packages that write keyrings of their own share with the core: `@strongroom/core/keyring-tools`.
 *
 * @module @strongroom/core/keyring-tools
 */
export { counterKdf } from './counter-kdf.ts'
export { serialiseContextLegacyOrder } from './encryption-context.ts'
export { attemptOf } from './keyrings/attempt.ts'
