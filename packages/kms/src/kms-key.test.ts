import { randomBytes } from 'node:crypto'
import { CreateGrantCommand, DisableKeyCommand, KMSClient, RotateKeyOnDemandCommand, ScheduleKeyDeletionCommand } from '@aws-sdk/client-kms'
import { SecretBytes } from '@strongroom/core'
import { type EmbeddedKms, startEmbeddedKms } from '@strongroom/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { cannedClient } from '../test/canned-client.ts'
import { kmsKey } from './kms-key.ts'

const ARN = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'
const OTHER_ARN = 'arn:aws:kms:eu-west-1:111122223333:key/ffffffff-12ab-34cd-56ef-1234567890ab'
const context = { purpose: 'orders' }
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')

let kms: EmbeddedKms
let client: KMSClient
beforeAll(async () => {
  kms = await startEmbeddedKms()
  client = new KMSClient({ ...kms.clientConfig, maxAttempts: 1 })
})
afterAll(async () => {
  client.destroy()
  await kms.close()
})
beforeEach(() => kms.faults.clear())

describe('kmsKey', () => {
  it('generates, encrypts and decrypts under its context', async () => {
    const key = kmsKey({ keyId: kms.createKey(), client })
    const { secret, blob, keyArn } = await key.generate(24, context)
    expect([secret.length, keyArn]).toEqual([24, key.keyId])
    expect((await key.decrypt(blob, context)).secret.equals(secret)).toBe(true)
    const again = await key.encrypt(secret, context)
    expect((await key.decrypt(again.blob, context, key.keyId)).secret.equals(secret)).toBe(true)
    await expect(key.decrypt(again.blob, { purpose: 'other' })).rejects.toMatchObject({
      code: 'MESSAGE_INVALID',
      kmsCode: 'InvalidCiphertextException',
      keyId: key.keyId,
      region: 'us-east-1',
    })
  })

  it('binds pairs whose names mean something to JavaScript', async () => {
    const key = kmsKey({ keyId: kms.createKey(), client })
    const named = JSON.parse('{"__proto__":"1","constructor":"2"}') as Record<string, string>
    const { secret, blob } = await key.generate(32, named)
    expect((await key.decrypt(blob, named)).secret.equals(secret)).toBe(true)
    await expect(key.decrypt(blob, { constructor: '2' } as never)).rejects.toMatchObject({ code: 'MESSAGE_INVALID' })
  })

  it('opens what was made before the key was rotated', async () => {
    const key = kmsKey({ keyId: kms.createKey(), client })
    const { secret, blob } = await key.generate(32, context)
    await client.send(new RotateKeyOnDemandCommand({ KeyId: key.keyId }))
    expect((await key.decrypt(blob, context)).secret.equals(secret)).toBe(true)
  })

  it('sends KeyId, context and grant tokens with each of its calls', async () => {
    const plaintext = randomBytes(32)
    const { client: canned, sent } = cannedClient({ json: { KeyId: ARN, Plaintext: base64(plaintext), CiphertextBlob: 'AQID' } })
    const key = kmsKey({ keyId: ARN, client: canned, grantTokens: ['token-1'] })
    await key.generate(32, context)
    await key.encrypt(SecretBytes.copyOf(plaintext), context)
    await key.decrypt(Uint8Array.of(9), context)
    const common = { KeyId: ARN, EncryptionContext: context, GrantTokens: ['token-1'] }
    expect(sent.map(({ body }) => body)).toEqual([
      { ...common, NumberOfBytes: 32 },
      { ...common, Plaintext: base64(plaintext) },
      { ...common, CiphertextBlob: 'CQ==' },
    ])
  })

  it('works by a grant that its token proves', async () => {
    const keyId = kms.createKey()
    const { GrantToken = '' } = await client.send(
      new CreateGrantCommand({ KeyId: keyId, GranteePrincipal: 'arn:aws:iam::111122223333:role/app', Operations: ['GenerateDataKey'] }),
    )
    await kmsKey({ keyId, client, grantTokens: [GrantToken] }).generate(32, context)
    await expect(kmsKey({ keyId, client, grantTokens: ['made-up'] }).generate(32, context)).rejects.toMatchObject({
      code: 'KEY_OPERATIONAL',
      kmsCode: 'InvalidGrantTokenException',
    })
  })

  it.each([
    ['another key', { KeyId: OTHER_ARN, Plaintext: base64(randomBytes(32)), CiphertextBlob: 'AQID' }],
    ['an alias of it', { KeyId: 'alias/orders', Plaintext: base64(randomBytes(32)), CiphertextBlob: 'AQID' }],
    ['no key', { Plaintext: base64(randomBytes(32)), CiphertextBlob: 'AQID' }],
    ['no content', { KeyId: ARN }],
    ['empty content', { KeyId: ARN, Plaintext: '', CiphertextBlob: '' }],
  ])('refuses an answer of %s', async (_what, json) => {
    const key = kmsKey({ keyId: ARN, client: cannedClient({ json }).client })
    const unusable = { code: 'KEY_OPERATIONAL', keyId: ARN, region: 'eu-west-1' }
    await expect(key.generate(32, context)).rejects.toMatchObject(unusable)
    await expect(key.encrypt(SecretBytes.random(32), context)).rejects.toMatchObject(unusable)
    await expect(key.decrypt(Uint8Array.of(1), context)).rejects.toMatchObject(unusable)
  })

  it('refuses a data key of another length than it asked for', async () => {
    const key = kmsKey({
      keyId: ARN,
      client: cannedClient({ json: { KeyId: ARN, Plaintext: base64(randomBytes(32)), CiphertextBlob: 'AQID' } }).client,
    })
    await expect(key.generate(16, context)).rejects.toThrow(/gave 32 bytes where 16/)
  })

  it('calls nobody for a blob that no KMS key can have made', async () => {
    const { client: canned, sent } = cannedClient({ json: { KeyId: ARN } })
    const key = kmsKey({ keyId: ARN, client: canned })
    for (const length of [0, 6145])
      await expect(key.decrypt(new Uint8Array(length), context)).rejects.toMatchObject({ code: 'MESSAGE_INVALID' })
    expect(sent).toHaveLength(0)
  })

  it('decrypts for no other key than its own', async () => {
    const key = kmsKey({ keyId: ARN, client: cannedClient({}).client })
    await expect(key.decrypt(Uint8Array.of(1), context, OTHER_ARN)).rejects.toMatchObject({ code: 'INPUT_INVALID' })
  })

  it('names a context that KMS finds too large as what it is, before and after', async () => {
    const key = kmsKey({ keyId: kms.createKey(), client })
    const large = { note: 'x'.repeat(9000) }
    const { secret, blob } = await key.generate(32, context)
    await expect(key.generate(32, large)).rejects.toMatchObject({ code: 'CONTEXT_INVALID' })
    await expect(key.encrypt(secret, large)).rejects.toMatchObject({ code: 'CONTEXT_INVALID' })
    await expect(key.decrypt(blob, large)).rejects.toMatchObject({ code: 'MESSAGE_INVALID' })
  })

  it('wipes what it hands to the SDK and what the SDK hands to it', async () => {
    const own = new KMSClient(kms.clientConfig)
    const views: Uint8Array[] = []
    own.middlewareStack.add(
      (next) => async (args) => {
        const result = await next(args)
        for (const { Plaintext } of [args.input, result.output] as { Plaintext?: Uint8Array }[]) {
          if (Plaintext === undefined) continue
          expect(Plaintext.some((byte) => byte !== 0)).toBe(true)
          views.push(Plaintext)
        }
        return result
      },
      { step: 'initialize', priority: 'high' },
    )
    const key = kmsKey({ keyId: kms.createKey(), client: own })
    const { secret, blob } = await key.generate(32, context)
    await key.encrypt(secret, context)
    await key.decrypt(blob, context)
    expect(views.map((view) => [...view])).toEqual(Array(3).fill(Array(32).fill(0)))
    expect(secret.use((bytes) => bytes.some((byte) => byte !== 0))).toBe(true)
    own.destroy()
  })

  it.each([
    ['disabled', 'DisabledException', (KeyId: string) => new DisableKeyCommand({ KeyId })],
    ['pending deletion', 'KMSInvalidStateException', (KeyId: string) => new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 })],
  ] as const)('says of a key that is %s that somebody has to act', async (_state, kmsCode, command) => {
    const key = kmsKey({ keyId: kms.createKey(), client })
    const { secret, blob } = await key.generate(32, context)
    await client.send(command(key.keyId) as DisableKeyCommand)
    for (const call of [key.generate(32, context), key.encrypt(secret, context), key.decrypt(blob, context)]) {
      await expect(call).rejects.toMatchObject({ code: 'KEY_OPERATIONAL', kmsCode })
    }
  })

  it('refuses what is not the ARN of a key, and unknown options', () => {
    expect(() => kmsKey({ keyId: 'alias/orders' })).toThrow(/is an alias.*DescribeKey/)
    expect(() => kmsKey({ keyId: ARN, grantToken: ['x'] } as never)).toThrow(/grantToken/)
    expect(() => kmsKey({} as never)).toThrow(/keyId/)
  })
})
