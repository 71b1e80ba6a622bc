/**
 * What packages that write keyrings of their own share with the core: `@strongroom/core/keyring-tools`.
 *
 * @module @strongroom/core/keyring-tools
 */
export { abortable } from './abortable.ts'
export { counterKdf } from './counter-kdf.ts'
export { legacyContext } from './encryption-context.ts'
export { attemptOf } from './keyrings/attempt.ts'
export { draw, systemRandom } from './random.ts'
