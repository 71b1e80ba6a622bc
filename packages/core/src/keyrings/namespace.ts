import { isText, type OptionCheck } from '../options.ts'

/** A provider id of raw keys. Those of AWS KMS belong to its keyrings. */
export const isNamespace: OptionCheck = (value) => {
  const wrong = isText(value)
  if (wrong !== undefined) return wrong
  return (value as string).startsWith('aws-kms') ? 'not start with "aws-kms", which belongs to AWS KMS keyrings' : undefined
}
