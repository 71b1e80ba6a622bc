export { fromAwsCmm } from './aws-crypto/from-aws-cmm.ts'
export type { FromAwsKeyringOptions } from './aws-crypto/from-aws-keyring.ts'
export { fromAwsKeyring } from './aws-crypto/from-aws-keyring.ts'
export { toAwsKeyring } from './aws-crypto/to-aws-keyring.ts'
