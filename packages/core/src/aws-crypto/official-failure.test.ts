import { describe, expect, it } from 'vitest'
import { StrongroomError } from '../errors.ts'
import { officialError, officialOutcome } from './official-failure.ts'

/** Errors joined as the official KMS keyring joins them, and its joined error within a multi-keyring's. */
function joined(first: string, errors: readonly string[]): string {
  return errors.reduce((text, error, index) => `${text} Error #${index + 1} \n ${error}\n    at decrypt (helpers.js:62:21) \n`, first)
}
const byKms = (...errors: string[]) => joined('Unable to decrypt data key and one or more KMS CMKs had an error. \n ', errors)
const byMulti = (...errors: string[]) => joined('Unable to decrypt data key and one or more child keyrings had an error. \n ', errors)

const rejected = 'InvalidCiphertextException: null'
const denied = 'AccessDeniedException: not authorised'
const throttled = 'ThrottlingException: slow down'

describe('officialOutcome', () => {
  it.each([
    ['rejected', byKms(rejected)],
    ['rejected', byKms(rejected, 'IncorrectKeyException: not this key')],
    ['operational', byKms(rejected, denied)],
    ['transient', byKms(rejected, denied, throttled)],
    ['transient', byKms('Error: connect ECONNREFUSED 127.0.0.1:443')],
    ['transient', byKms('AggregateError [ECONNREFUSED]: ')],
    ['transient', byKms('Error: getaddrinfo EAI_AGAIN kms.example')],
    ['operational', byKms('Error: something that nobody foresaw')],
    ['operational', 'something that nobody foresaw'],
    ['rejected', 'Key length does not agree with the algorithm specification.'],
    ['rejected', 'Malformed arn in provider info.'],
    ['rejected', byMulti(`Error: ${byKms(rejected)}`)],
    ['transient', byMulti(`Error: ${byKms(rejected)}`, `Error: ${byKms(throttled)}`)],
  ])('is %s for %j', (outcome, message) => {
    expect(officialOutcome(new Error(message))).toBe(outcome)
  })

  it('goes by names and not by what an error tells', () => {
    const text = 'AccessDeniedException: no access to arn:aws:kms:eu-west-1:1:key/ThrottlingException'
    expect(officialOutcome(new Error(byKms(text)))).toBe('operational')
  })

  it('takes an SDK error as it is, and our own by its code', () => {
    expect(officialOutcome(Object.assign(new Error('slow'), { name: 'ThrottlingException' }))).toBe('transient')
    expect(officialOutcome(Object.assign(new Error('reset'), { code: 'ECONNRESET' }))).toBe('transient')
    expect(officialOutcome(new StrongroomError('KEY_TRANSIENT', 'down'))).toBe('transient')
    expect(officialOutcome(new StrongroomError('KEY_SHREDDED', 'gone'))).toBe('shredded')
    expect(officialOutcome(new StrongroomError('MESSAGE_INVALID', 'no'))).toBe('rejected')
  })
})

describe('officialError', () => {
  it('names what failed, once each, and keeps the cause', () => {
    const cause = new Error(byKms(denied, denied))
    const error = officialError('The keyring of k', cause)
    expect(error).toMatchObject({
      code: 'KEY_OPERATIONAL',
      cause,
      message: expect.stringContaining('failed with AccessDeniedException: somebody'),
    })
    const own = new StrongroomError('KEYRING_CANNOT_ENCRYPT', 'no')
    expect(officialError('The keyring of k', own)).toBe(own)
  })
})
