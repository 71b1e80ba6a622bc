import { KMSClient } from '@aws-sdk/client-kms'
import { SecretBytes } from '@strongroom/core'
import { type EmbeddedKms, startEmbeddedKms } from '@strongroom/testing'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { cannedClient } from '../test/canned-client.ts'
import { kmsKey } from './kms-key.ts'

const ARN = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'
const context = { purpose: 'orders' }

let kms: EmbeddedKms
let client: KMSClient
beforeAll(async () => {
  kms = await startEmbeddedKms()
  client = new KMSClient({ ...kms.clientConfig, maxAttempts: 1 })
})
afterEach(() => kms.faults.clear())
afterAll(async () => {
  client.destroy()
  await kms.close()
})

async function codesOf(name: string, status?: number): Promise<readonly unknown[]> {
  const key = kmsKey({ keyId: kms.createKey(), client })
  const { secret, blob } = await key.generate(32, context)
  using _fault = kms.faults.fail({ name, ...(status === undefined ? {} : { status }) })
  const calls = await Promise.allSettled([key.generate(32, context), key.encrypt(secret, context), key.decrypt(blob, context)])
  return calls.map((call) => {
    const { code, kmsCode, requestId, cause, message } = (call as PromiseRejectedResult).reason
    expect(kmsCode).toBe(name)
    expect(typeof requestId).toBe('string')
    expect(cause).toBeInstanceOf(Error)
    for (const fact of [key.keyId, 'us-east-1', name, requestId]) expect(message).toContain(fact)
    return code
  })
}

describe('a call that KMS answered with an error', () => {
  it.each([
    'ThrottlingException',
    'DependencyTimeoutException',
    'KMSInternalException',
    'KeyUnavailableException',
    'LimitExceededException',
    'RequestLimitExceeded',
    'TooManyRequestsException',
  ])('%s may succeed later', async (name) => {
    expect(await codesOf(name)).toEqual(['KEY_TRANSIENT', 'KEY_TRANSIENT', 'KEY_TRANSIENT'])
  })

  it.each([500, 502, 503, 504, 429])('HTTP %i may succeed later, whatever its name', async (status) => {
    expect(await codesOf('NobodyForesawThis', status)).toEqual(['KEY_TRANSIENT', 'KEY_TRANSIENT', 'KEY_TRANSIENT'])
  })

  it.each([
    'AccessDeniedException',
    'DisabledException',
    'ExpiredTokenException',
    'InvalidGrantTokenException',
    'InvalidKeyUsageException',
    'InvalidSignatureException',
    'KMSInvalidStateException',
    'NotFoundException',
    'UnrecognizedClientException',
    'ValidationException',
    'NobodyForesawThis',
  ])('%s is for somebody to mend', async (name) => {
    expect(await codesOf(name)).toEqual(['KEY_OPERATIONAL', 'KEY_OPERATIONAL', 'KEY_OPERATIONAL'])
  })

  it.each(['InvalidCiphertextException', 'IncorrectKeyException'])('%s condemns a blob, and nothing but a blob', async (name) => {
    expect(await codesOf(name)).toEqual(['KEY_OPERATIONAL', 'KEY_OPERATIONAL', 'MESSAGE_INVALID'])
  })

  it('InvalidCiphertextException with a server status is an outage', async () => {
    expect(await codesOf('InvalidCiphertextException', 500)).toEqual(['KEY_TRANSIENT', 'KEY_TRANSIENT', 'KEY_TRANSIENT'])
  })
})

describe('a call that KMS did not answer', () => {
  it.each(['reset', 'lost-answer', 'internal-error'] as const)('may succeed later: %s', async (kind) => {
    const key = kmsKey({ keyId: kms.createKey(), client })
    using _outage = kms.faults.outage(kind)
    await expect(key.generate(32, context)).rejects.toMatchObject({ code: 'KEY_TRANSIENT', keyId: key.keyId })
  })

  it('may succeed later: the time limit of its client ran out', async () => {
    const hasty = new KMSClient({
      ...kms.clientConfig,
      maxAttempts: 1,
      requestHandler: { requestTimeout: 20, throwOnRequestTimeout: true },
    })
    const key = kmsKey({ keyId: kms.createKey(), client: hasty })
    using _outage = kms.faults.outage('silent')
    await expect(key.generate(32, context)).rejects.toMatchObject({ code: 'KEY_TRANSIENT', kmsCode: 'TimeoutError' })
    hasty.destroy()
  })

  it('may succeed later: nobody listens', async () => {
    const gone = await startEmbeddedKms()
    const keyId = gone.createKey()
    await gone.close()
    const key = kmsKey({ keyId, client: new KMSClient({ ...gone.clientConfig, maxAttempts: 1 }) })
    await expect(key.generate(32, context)).rejects.toMatchObject({ code: 'KEY_TRANSIENT' })
  })

  it('may succeed later: the answer was cut off', async () => {
    const key = kmsKey({ keyId: ARN, client: cannedClient({ text: '{"KeyId":"arn' }).client })
    await expect(key.generate(32, context)).rejects.toMatchObject({ code: 'KEY_TRANSIENT', kmsCode: 'UnreadableAnswer' })
  })

  it.each([
    ['there are no credentials', 'KEY_OPERATIONAL', Object.assign(new Error('none'), { name: 'CredentialsProviderError' })],
    [
      'the service of the credentials is down',
      'KEY_TRANSIENT',
      Object.assign(new Error('down'), { cause: Object.assign(new Error(), { code: 'ECONNREFUSED' }) }),
    ],
    [
      'no address of the service of the credentials answers',
      'KEY_TRANSIENT',
      new AggregateError([Object.assign(new Error(), { code: 'ETIMEDOUT' })]),
    ],
    ['the provider of the credentials threw no error', 'KEY_OPERATIONAL', 'nothing'],
  ])('is classed by what went wrong: %s', async (_what, code, error) => {
    const credentials = async () => {
      throw error
    }
    const key = kmsKey({ keyId: ARN, client: cannedClient({}, { credentials }).client })
    await expect(key.generate(32, context)).rejects.toMatchObject({ code })
    await expect(key.encrypt(SecretBytes.random(32), context)).rejects.toMatchObject({ code })
    await expect(key.decrypt(Uint8Array.of(1), context)).rejects.toMatchObject({ code })
  })
})
