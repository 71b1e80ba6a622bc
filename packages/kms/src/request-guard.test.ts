import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import { KMSClient } from '@aws-sdk/client-kms'
import { SecretBytes, serialiseContext, suiteById } from '@strongroom/core'
import { startEmbeddedKms } from '@strongroom/testing'
import { describe, expect, it } from 'vitest'
import { type CannedAnswer, cannedClient } from '../test/canned-client.ts'
import { kmsEcdhKeyring } from './kms-ecdh-keyring.ts'
import { kmsKey } from './kms-key.ts'
import { kmsRsaKeyring } from './kms-rsa-keyring.ts'
import { kmsHmacPrfKey } from './prf/kms-hmac-prf-key.ts'
import { isLoopback } from './request-guard.ts'

const ARN = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'
const context = { purpose: 'orders' }
const request = { suite: suiteById('0478'), context, aad: serialiseContext(context) }

function answer(plaintext: Uint8Array): CannedAnswer {
  return { json: { KeyId: ARN, Plaintext: Buffer.from(plaintext).toString('base64'), CiphertextBlob: 'AQID' } }
}

describe('an endpoint without TLS', () => {
  it('is sent nothing, by any operation', async () => {
    const { client, sent } = cannedClient(answer(randomBytes(32)), { endpoint: 'http://kms.internal:8080' })
    const key = kmsKey({ keyId: ARN, client })
    const insecure = { code: 'ENDPOINT_INSECURE', keyId: ARN, region: 'eu-west-1', message: expect.stringContaining('http://kms.internal') }
    await expect(key.generate(32, context)).rejects.toMatchObject(insecure)
    await expect(key.encrypt(SecretBytes.random(32), context)).rejects.toMatchObject(insecure)
    await expect(key.decrypt(Uint8Array.of(1), context)).rejects.toMatchObject(insecure)
    await expect(kmsHmacPrfKey({ keyId: ARN, client }).prf(Uint8Array.of(1), 32)).rejects.toMatchObject(insecure)
    // A public half that somebody on the way put in the place of the right one would let him open what is written.
    const [recipient] = await kmsRsaKeyring({ keyId: ARN, client }).recipients(request)
    await expect(recipient?.wrap(SecretBytes.random(32), request)).rejects.toMatchObject(insecure)
    const point = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey
    const agreement = { schema: 'static', curve: 'P-256', keyId: ARN, publicKey: point, recipientPublicKey: point, client } as const
    const [party] = await kmsEcdhKeyring(agreement).recipients(request)
    await expect(party?.wrap(SecretBytes.random(32), request)).rejects.toMatchObject(insecure)
    expect(sent).toHaveLength(0)
  })

  it('is refused also where a plugin of the client chose it after the SDK did', async () => {
    const { client, sent } = cannedClient(answer(randomBytes(32)))
    client.middlewareStack.add(
      (next) => (args) =>
        next(Object.assign(args, { request: Object.assign(args.request as object, { protocol: 'http:', hostname: 'proxy' }) })),
      { step: 'build' },
    )
    await expect(kmsKey({ keyId: ARN, client }).generate(32, context)).rejects.toMatchObject({ code: 'ENDPOINT_INSECURE' })
    expect(sent).toHaveLength(0)
  })

  it('is used where that is allowed', async () => {
    const { client, sent } = cannedClient(answer(randomBytes(32)), { endpoint: 'http://kms.internal:8080' })
    await kmsKey({ keyId: ARN, client, allowInsecureEndpoint: true }).generate(32, context)
    expect(sent.map(({ protocol, hostname }) => protocol + hostname)).toEqual(['http:kms.internal'])
  })

  it.each(['http://localhost:4566', 'http://127.0.0.1:4566', 'http://127.8.9.10:1', 'http://[::1]:4566', 'https://kms.internal'])(
    'is no matter at %s',
    async (endpoint) => {
      const { client, sent } = cannedClient(answer(randomBytes(32)), { endpoint })
      await kmsKey({ keyId: ARN, client }).generate(32, context)
      expect(sent).toHaveLength(1)
    },
  )

  it.each(['', '128.0.0.1', '127.0.0.1.example.com', 'localhost.example.com', '0.0.0.0', '::2', '10.127.0.0', '127.0.0.1234'])(
    'knows that %j is not this machine',
    (host) => {
      expect(isLoopback(host)).toBe(false)
    },
  )
})

describe('the SDK’s logger and errors', () => {
  function listen() {
    const lines: string[] = []
    const keep = (...content: unknown[]): void => {
      lines.push(
        inspect(content, {
          depth: 20,
          showHidden: true,
          compact: true,
          maxArrayLength: null,
          maxStringLength: null,
          breakLength: Number.POSITIVE_INFINITY,
        }),
      )
    }
    return { lines, logger: { trace: keep, debug: keep, info: keep, warn: keep, error: keep } }
  }

  function show(value: unknown): string {
    return inspect(value, {
      depth: 20,
      showHidden: true,
      compact: true,
      maxArrayLength: null,
      maxStringLength: null,
      breakLength: Number.POSITIVE_INFINITY,
    })
  }

  function formsOf(bytes: Uint8Array): readonly string[] {
    const base64 = Buffer.from(bytes).toString('base64')
    // Any eight characters of it: an error may quote a part.
    const parts = Array.from({ length: base64.length - 8 }, (_unused, at) => base64.slice(at, at + 8))
    return [
      Buffer.from(bytes).toString('hex'),
      Buffer.from(bytes)
        .toString('hex')
        .replace(/(..)(?=.)/g, '$1 '),
      bytes.join(', '),
      ...parts,
    ]
  }

  it('log calls, but no data key', async () => {
    const { lines, logger } = listen()
    await using kms = await startEmbeddedKms()
    const key = kmsKey({ keyId: kms.createKey(), client: new KMSClient({ ...kms.clientConfig, maxAttempts: 1, logger }) })
    const { secret, blob } = await key.generate(32, context)
    await key.encrypt(secret, context)
    await key.decrypt(blob, context)
    const failures: unknown[] = []
    for (const name of ['AccessDeniedException', 'ThrottlingException']) {
      using _fault = kms.faults.fail({ name })
      for (const call of [key.generate(32, context), key.encrypt(secret, context), key.decrypt(blob, context)])
        await call.catch((error) => failures.push(error))
    }
    expect(failures).toHaveLength(6)
    expect(lines.filter((line) => line.includes('commandName')).length).toBeGreaterThanOrEqual(9)
    const all = lines.join('\n') + show(failures)
    for (const form of secret.use(formsOf)) expect(all).not.toContain(form)
  })

  it('log calls, but no MAC and no shared secret, which are keys here', async () => {
    const { lines, logger } = listen()
    const client = (json: object) => cannedClient({ json: { KeyId: ARN, ...json } }, { logger }).client
    const [mac, shared] = [randomBytes(32), randomBytes(32)]
    const prf = kmsHmacPrfKey({ keyId: ARN, client: client({ Mac: mac.toString('base64'), MacAlgorithm: 'HMAC_SHA_256' }) })
    const secret = await prf.prf(Uint8Array.of(1), 32)
    const point = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey
    const keyring = kmsEcdhKeyring({
      schema: 'static',
      curve: 'P-256',
      keyId: ARN,
      publicKey: point,
      recipientPublicKey: point,
      client: client({ SharedSecret: shared.toString('base64') }),
    })
    const [recipient] = await keyring.recipients(request)
    await recipient?.wrap(SecretBytes.random(32), request)
    const all = lines.join('\n')
    expect(all).toContain('GenerateMacCommand')
    expect(all).toContain('DeriveSharedSecretCommand')
    for (const form of [mac, shared].flatMap(formsOf).concat(secret.use(formsOf))) expect(all).not.toContain(form)
  })

  it('do not keep a MAC or a shared secret on an error', async () => {
    const secret = randomBytes(32).toString('base64')
    const text = JSON.stringify({ __type: 'AccessDeniedException', Mac: secret, SharedSecret: secret, Plaintext: secret })
    const key = kmsHmacPrfKey({ keyId: ARN, client: cannedClient({ status: 400, text }).client })
    const error: unknown = await key.prf(Uint8Array.of(1), 32).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'KEY_OPERATIONAL', kmsCode: 'AccessDeniedException' })
    expect(show(error)).not.toContain(secret)
  })

  it.each([
    ['cut off', (json: string) => json.slice(0, -1)],
    ['garbled at its end', (json: string) => `${json}x`],
    ['garbled at its start', (json: string) => `x${json}`],
    ['not JSON', (json: string) => json.replaceAll('"', '')],
    ['not base64', (json: string) => json.replace('AQID', '!')],
    ['of the wrong shape', (json: string) => json.replace('"AQID"', '[1]')],
  ])('do not quote an answer that is %s', async (_what, garble) => {
    const { lines, logger } = listen()
    const plaintext = randomBytes(32)
    const text = garble(JSON.stringify((answer(plaintext) as { json: object }).json))
    const key = kmsKey({ keyId: ARN, client: cannedClient({ text }, { logger }).client })
    const outcomes = await Promise.allSettled([key.generate(32, context), key.decrypt(Uint8Array.of(1), context)])
    expect(lines.length).toBeGreaterThan(0)
    const errors = outcomes.map((outcome) => (outcome.status === 'rejected' ? outcome.reason : undefined))
    const all = lines.join('\n') + show(errors)
    for (const form of formsOf(plaintext)) expect(all).not.toContain(form)
  })

  it('do not keep the body of an error answer', async () => {
    const secret = randomBytes(32)
    const text = JSON.stringify({ __type: 'AccessDeniedException', Plaintext: secret.toString('base64') })
    const { lines, logger } = listen()
    const key = kmsKey({ keyId: ARN, client: cannedClient({ status: 400, text }, { logger }).client })
    const error: unknown = await key.generate(32, context).catch((thrown) => thrown)
    expect(error).toMatchObject({ code: 'KEY_OPERATIONAL', kmsCode: 'AccessDeniedException', requestId: 'request-1' })
    const all = lines.join('\n') + show(error)
    for (const form of formsOf(secret)) expect(all).not.toContain(form)
  })
})
