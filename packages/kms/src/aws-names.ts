const REGION = /^[a-z]{2,8}(-[a-z]{2,16}){1,3}-\d{1,2}$/
const ACCOUNT = /^\d{12}$/
const PARTITION = /^aws(-[a-z]{2,16}){0,3}$/

/**
 * Whether a text looks like the name of a Region. The SDK makes a host name of it, so that one that comes out of a message must not be anything
 * else; nobody here knows which Regions there are.
 */
export function isAwsRegion(text: unknown): text is string {
  return typeof text === 'string' && REGION.test(text)
}

/** Whether a text is an account id. */
export function isAwsAccount(text: unknown): text is string {
  return typeof text === 'string' && ACCOUNT.test(text)
}

/** Whether a text looks like the name of a partition. */
export function isAwsPartition(text: unknown): text is string {
  return typeof text === 'string' && PARTITION.test(text)
}
