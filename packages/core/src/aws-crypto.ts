/**
 * Ways between the keyrings of the core and those of AWS's own Encryption SDK for JavaScript, both ways.
 *
 * @module @strongroom/core/aws-crypto
 */
export { fromAwsCmm } from './aws-crypto/from-aws-cmm.ts'
export type { FromAwsKeyringOptions } from './aws-crypto/from-aws-keyring.ts'
export { fromAwsKeyring } from './aws-crypto/from-aws-keyring.ts'
export { toAwsKeyring } from './aws-crypto/to-aws-keyring.ts'
