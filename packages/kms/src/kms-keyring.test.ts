import { KMSClient } from '@aws-sdk/client-kms'
import {
  createEncryptionClient,
  generateAesKey,
  type KmsKey,
  multiKeyring,
  parseMessage,
  rawAesKeyring,
  serialiseContext,
  suiteById,
  type UnwrapFailure,
  type WrapRequest,
} from '@strongroom/core'
import { type EmbeddedKms, startEmbeddedKms } from '@strongroom/testing'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { cannedClient } from '../test/canned-client.ts'
import { kmsKeyring } from './kms-keyring.ts'

const ARN = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'
const MRK = 'arn:aws:kms:eu-west-1:111122223333:key/mrk-80bd8ecdcd4342aebd84b7dc9da498a7'
const encryptionContext = { purpose: 'orders' }
const plaintext = new TextEncoder().encode('two pairs of boots')
const request: WrapRequest = { suite: suiteById('0478'), context: encryptionContext, aad: serialiseContext(encryptionContext) }

let kms: EmbeddedKms
let client: KMSClient
beforeAll(async () => {
  kms = await startEmbeddedKms()
  client = new KMSClient({ ...kms.clientConfig, maxAttempts: 1 })
})
beforeEach(() => kms.calls.reset())
afterEach(() => {
  kms.faults.clear()
  vi.unstubAllEnvs()
})
afterAll(async () => {
  client.destroy()
  await kms.close()
})

describe('what a KMS keyring writes', () => {
  it('is one encrypted data key a key, generator first, each with provider aws-kms and the ARN', async () => {
    const [a, b, c] = [kms.createKey(), kms.createKey(), kms.createKey()]
    const { ciphertext } = await createEncryptionClient({ keyring: kmsKeyring({ generatorKeyId: a, keyIds: [b, c], client }) }).encrypt(
      plaintext,
      { encryptionContext },
    )
    const { encryptedDataKeys } = parseMessage(ciphertext)
    expect(encryptedDataKeys.map(({ providerId, providerInfo }) => [providerId, Buffer.from(providerInfo).toString('utf8')])).toEqual(
      [a, b, c].map((arn) => ['aws-kms', arn]),
    )
    expect(kms.calls.byOperation()).toEqual({ GenerateDataKey: 1, Encrypt: 2 })
  })

  it('opens with any one of the keys', async () => {
    const keyIds = [kms.createKey(), kms.createKey()]
    const { ciphertext } = await createEncryptionClient({
      keyring: kmsKeyring({ generatorKeyId: keyIds[0] as string, keyIds: keyIds.slice(1), client }),
    }).encrypt(plaintext, {
      encryptionContext,
    })
    for (const [edk, keyId] of keyIds.entries()) {
      const opened = await createEncryptionClient({ keyring: kmsKeyring({ keyIds: [keyId], client }) }).decrypt(ciphertext, {
        encryptionContext,
      })
      expect(opened).toMatchObject({ plaintext, openedBy: { edk, keyId } })
    }
  })

  it('is wrapped for all keys or not at all', async () => {
    const [a, b] = [kms.createKey(), kms.createKey()]
    using _fault = kms.faults.fail({ name: 'AccessDeniedException' }, { when: ({ keyArn }) => keyArn === b })
    const encrypting = createEncryptionClient({ keyring: kmsKeyring({ generatorKeyId: a, keyIds: [b], client }) }).encrypt(plaintext, {
      encryptionContext,
    })
    await expect(encrypting).rejects.toMatchObject({
      code: 'KEY_OPERATIONAL',
      keyId: b,
      region: 'us-east-1',
      kmsCode: 'AccessDeniedException',
    })
  })

  it('needs a generator, unless another keyring makes the data key', async () => {
    const keyring = kmsKeyring({ keyIds: [kms.createKey()], client })
    await expect(createEncryptionClient({ keyring }).encrypt(plaintext, { encryptionContext })).rejects.toMatchObject({
      code: 'KEYRING_CANNOT_ENCRYPT',
      message: expect.stringContaining('generatorKeyId'),
    })
    const local = rawAesKeyring({ namespace: 'local', name: 'kek', key: generateAesKey() })
    const { ciphertext } = await createEncryptionClient({ keyring: multiKeyring({ generator: local, children: [keyring] }) }).encrypt(
      plaintext,
      { encryptionContext },
    )
    expect((await createEncryptionClient({ keyring }).decrypt(ciphertext, { encryptionContext })).openedBy.edk).toBe(1)
    expect(kms.calls.byOperation()).toEqual({ Encrypt: 1, Decrypt: 1 })
  })
})

describe('what a KMS keyring opens', () => {
  const unwrap = (
    keyring: ReturnType<typeof kmsKeyring>,
    ...edks: { providerId?: string; info: string | Uint8Array; ciphertext?: Uint8Array }[]
  ) =>
    keyring.unwrap(
      edks.map(({ providerId = 'aws-kms', info, ciphertext = Uint8Array.of(1) }) => ({
        providerId,
        providerInfo: typeof info === 'string' ? new TextEncoder().encode(info) : info,
        ciphertext,
      })),
      request,
    ) as Promise<UnwrapFailure>

  it('is what its keys wrapped: others are named, and not asked for', async () => {
    const { client: canned, sent } = cannedClient({ status: 400, json: { __type: 'InvalidCiphertextException' } })
    const keyring = kmsKeyring({ generatorKeyId: ARN, client: canned })
    const elsewhere = ARN.replace('eu-west-1', 'us-east-1')
    const { attempts } = await unwrap(
      keyring,
      { info: elsewhere },
      { info: MRK },
      { info: ARN, providerId: 'aws-kms-rsa' },
      { info: ARN, providerId: 'AWS-KMS' },
      { info: ARN.toUpperCase() },
    )
    expect(attempts).toEqual([
      { edk: 0, keyId: elsewhere, outcome: 'not-mine' },
      { edk: 1, keyId: MRK, outcome: 'not-mine' },
      { edk: 2, outcome: 'not-mine' },
      { edk: 3, outcome: 'not-mine' },
      { edk: 4, outcome: 'rejected' },
    ])
    expect(sent).toHaveLength(0)
  })

  it('is never a name that is no key ARN', async () => {
    const { client: canned, sent } = cannedClient({ status: 400, json: { __type: 'InvalidCiphertextException' } })
    const names = [
      '',
      'alias/orders',
      '1234abcd-12ab-34cd-56ef-1234567890ab',
      'arn:aws:kms:eu-west-1:111122223333:alias/orders',
      `${ARN}\n`,
      Uint8Array.of(0xff, 0xfe),
    ]
    const { attempts } = await unwrap(kmsKeyring({ generatorKeyId: ARN, client: canned }), ...names.map((info) => ({ info })))
    expect(attempts).toEqual(names.map((_name, edk) => ({ edk, outcome: 'rejected' })))
    expect(sent).toHaveLength(0)
  })

  it('is in the same Region for a multi-Region key too: being strict is the point', async () => {
    const replica = MRK.replace('eu-west-1', 'us-east-1')
    const { attempts } = await unwrap(kmsKeyring({ keyIds: [MRK], client: cannedClient({}).client }), { info: replica })
    expect(attempts).toEqual([{ edk: 0, keyId: replica, outcome: 'not-mine' }])
  })

  it('takes an answer for another key for no answer, and goes on', async () => {
    const { client: canned } = cannedClient({ json: { KeyId: MRK, Plaintext: Buffer.alloc(32, 7).toString('base64') } })
    const keyring = kmsKeyring({ keyIds: [ARN, MRK], client: canned })
    const answer = await unwrap(keyring, { info: ARN }, { info: MRK })
    expect(answer).toMatchObject({ edk: 1, keyId: MRK })
    expect(await unwrap(keyring, { info: ARN })).toMatchObject({ attempts: [{ edk: 0, keyId: ARN, outcome: 'operational' }] })
  })
})

describe('a KMS keyring in trouble', () => {
  async function written(): Promise<{ keyIds: [string, string]; ciphertext: Uint8Array; keyring: ReturnType<typeof kmsKeyring> }> {
    const keyIds: [string, string] = [kms.createKey(), kms.createKey()]
    const keyring = kmsKeyring({ generatorKeyId: keyIds[0], keyIds: [keyIds[1]], client })
    const { ciphertext } = await createEncryptionClient({ keyring }).encrypt(plaintext, { encryptionContext })
    kms.calls.reset()
    return { keyIds, ciphertext, keyring }
  }

  it('opens by the next key when one is out of reach', async () => {
    const { keyIds, ciphertext, keyring } = await written()
    using _fault = kms.faults.throttle({ when: ({ keyArn }) => keyArn === keyIds[0] })
    expect((await createEncryptionClient({ keyring }).decrypt(ciphertext, { encryptionContext })).openedBy).toEqual({
      edk: 1,
      keyId: keyIds[1],
    })
  })

  it('reports every key together, with Region and code, by the worst class', async () => {
    const { keyIds, ciphertext, keyring } = await written()
    using _denied = kms.faults.fail({ name: 'AccessDeniedException' }, { when: ({ keyArn }) => keyArn === keyIds[0] })
    using _throttled = kms.faults.throttle({ when: ({ keyArn }) => keyArn === keyIds[1] })
    const error = await createEncryptionClient({ keyring })
      .decrypt(ciphertext, { encryptionContext })
      .catch((thrown) => thrown)
    expect(error).toMatchObject({
      code: 'KEY_TRANSIENT',
      attempts: [
        { edk: 0, keyId: keyIds[0], outcome: 'operational', cause: { kmsCode: 'AccessDeniedException', region: 'us-east-1' } },
        { edk: 1, keyId: keyIds[1], outcome: 'transient', cause: { kmsCode: 'ThrottlingException', region: 'us-east-1' } },
      ],
    })
    for (const fact of [...keyIds, 'us-east-1', 'AccessDeniedException', 'ThrottlingException']) expect(error.message).toContain(fact)
  })

  it('calls a message forged only where KMS said so', async () => {
    const { ciphertext, keyring } = await written()
    const reader = createEncryptionClient({ keyring })
    const [edk] = parseMessage(ciphertext).encryptedDataKeys
    const at = Buffer.from(ciphertext).indexOf(edk?.ciphertext as Uint8Array)
    const forged = Uint8Array.from(ciphertext)
    forged.fill(0, at, ciphertext.length - 100)
    await expect(reader.decrypt(forged, { encryptionContext })).rejects.toMatchObject({ code: 'MESSAGE_INVALID' })
    using _outage = kms.faults.outage('internal-error')
    await expect(reader.decrypt(ciphertext, { encryptionContext })).rejects.toMatchObject({ code: 'KEY_TRANSIENT' })
  })

  it('has somebody mend a client of the wrong Region or an endpoint without TLS, and hides no good key behind it', async () => {
    const { keyIds, ciphertext } = await written()
    const wrong = kmsKeyring({ keyIds: [keyIds[0]], clientFor: () => new KMSClient({ ...kms.clientConfig, region: 'eu-west-1' }) })
    const insecure = kmsKeyring({
      keyIds: [keyIds[0]],
      client: cannedClient({}, { region: 'us-east-1', endpoint: 'http://kms.internal' }).client,
    })
    for (const [keyring, code] of [
      [wrong, 'OPTION_INVALID'],
      [insecure, 'ENDPOINT_INSECURE'],
    ] as const) {
      const alone = createEncryptionClient({ keyring }).decrypt(ciphertext, { encryptionContext })
      await expect(alone).rejects.toMatchObject({ code: 'KEY_OPERATIONAL', cause: { code } })
      const both = multiKeyring({ children: [keyring, kmsKeyring({ keyIds: [keyIds[1]], client })] })
      expect((await createEncryptionClient({ keyring: both }).decrypt(ciphertext, { encryptionContext })).openedBy.edk).toBe(1)
    }
    await expect(
      createEncryptionClient({
        keyring: kmsKeyring({ generatorKeyId: keyIds[0], clientFor: () => new KMSClient({ ...kms.clientConfig, region: 'eu-west-1' }) }),
      }).encrypt(plaintext, { encryptionContext }),
    ).rejects.toMatchObject({ code: 'OPTION_INVALID' })
  })
})

describe('the clients of a KMS keyring', () => {
  it('are one for each Region of its keys', async () => {
    await using west = await startEmbeddedKms({ region: 'eu-west-1' })
    const asked: string[] = []
    const clientFor = (region: string): KMSClient => {
      asked.push(region)
      return region === 'eu-west-1' ? new KMSClient({ ...west.clientConfig, maxAttempts: 1 }) : client
    }
    const keyring = kmsKeyring({ generatorKeyId: west.createKey(), keyIds: [kms.createKey(), west.createKey()], clientFor })
    const both = createEncryptionClient({ keyring })
    const { ciphertext } = await both.encrypt(plaintext, { encryptionContext })
    using _outage = west.faults.outage('reset')
    expect((await both.decrypt(ciphertext, { encryptionContext })).openedBy.edk).toBe(1)
    expect(asked.sort()).toEqual(['eu-west-1', 'us-east-1'])
  })

  it('are the SDK’s own where none is given', async () => {
    vi.stubEnv('AWS_ENDPOINT_URL_KMS', kms.endpoint)
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'test')
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test')
    const own = createEncryptionClient({ keyring: kmsKeyring({ generatorKeyId: kms.createKey() }) })
    const { ciphertext } = await own.encrypt(plaintext, { encryptionContext })
    expect((await own.decrypt(ciphertext, { encryptionContext })).openedBy.edk).toBe(0)
  })

  it('do not follow the environment to an endpoint without TLS', async () => {
    vi.stubEnv('AWS_ENDPOINT_URL_KMS', 'http://kms.internal:8080')
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'test')
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test')
    const own = createEncryptionClient({ keyring: kmsKeyring({ generatorKeyId: ARN }) })
    await expect(own.encrypt(plaintext, { encryptionContext })).rejects.toMatchObject({ code: 'ENDPOINT_INSECURE' })
  })
})

describe('the wrapping key of a KMS keyring', () => {
  it('is told where it is exactly one', async () => {
    const keyId = kms.createKey()
    const keys = kmsKeyring({ generatorKeyId: keyId, client }).wrappingKeys
    const key = (await keys?.current()) as KmsKey
    expect(key).toMatchObject({ kind: 'kms', keyId })
    expect(await keys?.named(keyId)).toBe(key)
    expect(await keys?.named(ARN)).toBeUndefined()
    expect(kmsKeyring({ generatorKeyId: keyId, keyIds: [kms.createKey()], client }).wrappingKeys).toBeUndefined()
  })

  it('is not written with where the keyring only decrypts', async () => {
    const keyId = kms.createKey()
    const keys = kmsKeyring({ keyIds: [keyId], client }).wrappingKeys
    expect(await keys?.named(keyId)).toMatchObject({ keyId })
    await expect(keys?.current()).rejects.toMatchObject({ code: 'KEYRING_CANNOT_ENCRYPT' })
  })
})

describe('the options of a KMS keyring', () => {
  it.each([
    ['no key', {}, /needs generatorKeyId, keyIds or both/],
    ['an empty list', { keyIds: [] }, /needs generatorKeyId/],
    ['an alias', { generatorKeyId: 'alias/orders' }, /generatorKeyId.*is an alias.*DescribeKey/],
    ['an alias ARN', { keyIds: ['arn:aws:kms:eu-west-1:111122223333:alias/orders'] }, /keyIds\[0\].*is an alias.*DescribeKey/],
    ['a bare key id', { keyIds: [ARN, '1234abcd-12ab-34cd-56ef-1234567890ab'] }, /keyIds\[1\].*takes the ARN/],
    ['a bare multi-Region id', { generatorKeyId: 'mrk-80bd8ecdcd4342aebd84b7dc9da498a7' }, /takes the ARN/],
    ['a number', { generatorKeyId: 7 }, /a value of type number/],
    ['no array', { keyIds: ARN }, /keyIds must be an array/],
    ['a key twice', { generatorKeyId: ARN, keyIds: [ARN] }, /named twice/],
    ['a misspelt option', { generatorKeyId: ARN, grantToken: ['x'] }, /"grantToken"/],
    ['a discovery keyring’s option', { generatorKeyId: ARN, discovery: true }, /"discovery"/],
    ['no client', { generatorKeyId: ARN, client: {} }, /client must be a KMSClient/],
    [
      'two sources of clients',
      { generatorKeyId: ARN, client: cannedClient({}).client, clientFor: () => cannedClient({}).client },
      /client or clientFor/,
    ],
    [
      'one client for two Regions',
      { generatorKeyId: ARN, keyIds: [ARN.replace('eu-west-1', 'us-east-1')], client: cannedClient({}).client },
      /eu-west-1, us-east-1.*clientFor/,
    ],
    ['too many grant tokens', { generatorKeyId: ARN, grantTokens: Array(11).fill('x') }, /at most 10/],
    ['an empty grant token', { generatorKeyId: ARN, grantTokens: [''] }, /grantTokens must/],
    ['a permission that is no boolean', { generatorKeyId: ARN, allowInsecureEndpoint: 'no' }, /true or false/],
  ])('are refused: %s', (_what, options, message) => {
    expect(() => kmsKeyring(options as never)).toThrow(
      expect.objectContaining({ code: 'OPTION_INVALID', message: expect.stringMatching(message) }),
    )
  })

  it('are read once: changing them later changes nothing', async () => {
    const keyIds = [kms.createKey()]
    const grantTokens: string[] = []
    const keyring = kmsKeyring({ generatorKeyId: kms.createKey(), keyIds, grantTokens, client })
    keyIds.push(ARN)
    grantTokens.push('made-up')
    expect(await keyring.recipients(request)).toHaveLength(2)
    await createEncryptionClient({ keyring }).encrypt(plaintext, { encryptionContext })
  })
})
