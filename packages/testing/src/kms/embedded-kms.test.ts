import {
  CreateAliasCommand,
  CreateGrantCommand,
  CreateKeyCommand,
  type CreateKeyCommandInput,
  DecryptCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GenerateMacCommand,
  GetPublicKeyCommand,
  KMSClient,
  ListAliasesCommand,
  ListGrantsCommand,
  ListKeyRotationsCommand,
  ListKeysCommand,
  ReEncryptCommand,
  RetireGrantCommand,
  RotateKeyOnDemandCommand,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { testClock } from '../test-clock.ts'
import { type EmbeddedKms, type EmbeddedKmsOptions, startEmbeddedKms } from './embedded-kms.ts'

const Plaintext = Buffer.from('marker-of-plaintext')
const clock = testClock()
let denied: EmbeddedKmsOptions['deny'] = () => false
let kms: EmbeddedKms
let client: KMSClient

beforeEach(async () => {
  denied = () => false
  kms = await startEmbeddedKms({ clock, deny: (call) => denied?.(call) ?? false })
  client = new KMSClient({ ...kms.clientConfig, maxAttempts: 1 })
})
afterEach(async () => {
  client.destroy()
  await kms.close()
})

describe('calls of the embedded KMS', () => {
  it('are recorded with key ARN and encryption context, and without plaintext, however the key is named', async () => {
    const arn = kms.createKey('alias/orders')
    const EncryptionContext = { purpose: 'orders' }
    const { CiphertextBlob } = await client.send(new EncryptCommand({ KeyId: 'alias/orders', Plaintext, EncryptionContext }))
    await client.send(new DecryptCommand({ CiphertextBlob, EncryptionContext }))
    await client.send(new ReEncryptCommand({ CiphertextBlob, SourceEncryptionContext: EncryptionContext, DestinationKeyId: arn }))
    await expect(client.send(new DescribeKeyCommand({ KeyId: 'alias/nobody' }))).rejects.toThrow()
    expect(kms.calls.all).toEqual([
      { operation: 'Encrypt', keyArn: arn, encryptionContext: EncryptionContext },
      { operation: 'Decrypt', keyArn: arn, encryptionContext: EncryptionContext },
      { operation: 'ReEncrypt', keyArn: arn, encryptionContext: EncryptionContext },
      { operation: 'DescribeKey', error: 'NotFoundException' },
    ])
    expect(JSON.stringify(kms.calls.all)).not.toContain(Plaintext.toString())
    expect(JSON.stringify(kms.calls.all)).not.toContain(Plaintext.toString('base64'))
  })

  it('are denied by the option, by operation and key', async () => {
    const [open, closed] = [kms.createKey(), kms.createKey()]
    const { CiphertextBlob } = await client.send(new EncryptCommand({ KeyId: closed, Plaintext }))
    denied = ({ operation, keyArn }) => operation === 'Decrypt' && keyArn === closed
    await expect(client.send(new DecryptCommand({ CiphertextBlob }))).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: `User: arn:aws:iam::111122223333:user/example is not authorized to perform: kms:Decrypt on resource: ${closed}`,
    })
    await client.send(new EncryptCommand({ KeyId: closed, Plaintext }))
    const other = await client.send(new EncryptCommand({ KeyId: open, Plaintext }))
    await client.send(new DecryptCommand({ CiphertextBlob: other.CiphertextBlob }))
  })
})

describe('keys of the embedded KMS', () => {
  it('make blobs of 184 bytes for data keys of 32', async () => {
    const { CiphertextBlob } = await client.send(new GenerateDataKeyCommand({ KeyId: kms.createKey(), KeySpec: 'AES_256' }))
    expect(CiphertextBlob).toHaveLength(184)
  })

  it('are gone with their aliases when the waiting period is over', async () => {
    const KeyId = kms.createKey('alias/orders')
    const { CiphertextBlob } = await client.send(new EncryptCommand({ KeyId, Plaintext }))
    await client.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 }))
    clock.advance(7 * 86_400_000)
    await expect(client.send(new DescribeKeyCommand({ KeyId }))).rejects.toMatchObject({ name: 'NotFoundException' })
    await expect(client.send(new DescribeKeyCommand({ KeyId: 'alias/orders' }))).rejects.toMatchObject({ name: 'NotFoundException' })
    await expect(client.send(new DecryptCommand({ CiphertextBlob }))).rejects.toMatchObject({ name: 'InvalidCiphertextException' })
    expect((await client.send(new ListKeysCommand({}))).Keys).toEqual([])
  })

  it('show the material that seals now, and after a rotation which material opened', async () => {
    const KeyId = kms.createKey()
    const before = await client.send(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256' }))
    await client.send(new RotateKeyOnDemandCommand({ KeyId }))
    const after = await client.send(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256' }))
    expect(after.KeyMaterialId).not.toBe(before.KeyMaterialId)
    const opened = await client.send(new DecryptCommand({ CiphertextBlob: before.CiphertextBlob }))
    expect(opened.KeyMaterialId).toBe(before.KeyMaterialId)
    const { Rotations } = await client.send(new ListKeyRotationsCommand({ KeyId, IncludeKeyMaterial: 'ALL_KEY_MATERIAL' }))
    expect(Rotations?.map((rotation) => [rotation.KeyMaterialId, rotation.KeyMaterialState])).toEqual([
      [before.KeyMaterialId, 'NON_CURRENT'],
      [after.KeyMaterialId, 'CURRENT'],
    ])
  })

  it('of another account, Region or service are not found by ARN', async () => {
    const arn = kms.createKey()
    for (const KeyId of [
      arn.replace('us-east-1', 'eu-west-1'),
      arn.replace('111122223333', '444455556666'),
      arn.replace(':kms:', ':s3:'),
      'nonsense',
    ]) {
      await expect(client.send(new DescribeKeyCommand({ KeyId }))).rejects.toMatchObject({ name: 'NotFoundException' })
    }
  })

  it('are listed in pages', async () => {
    const arns = [kms.createKey('alias/a'), kms.createKey('alias/b'), kms.createKey('alias/c')]
    const first = await client.send(new ListKeysCommand({ Limit: 2 }))
    expect(first).toMatchObject({ Truncated: true })
    const second = await client.send(new ListKeysCommand({ Limit: 2, Marker: first.NextMarker }))
    expect(second).toMatchObject({ Truncated: false })
    expect([...(first.Keys ?? []), ...(second.Keys ?? [])].map(({ KeyArn }) => KeyArn)).toEqual(arns)
    expect((await client.send(new ListAliasesCommand({}))).Aliases?.map(({ AliasName }) => AliasName)).toEqual([
      'alias/a',
      'alias/b',
      'alias/c',
    ])
    await expect(client.send(new ListKeysCommand({ Marker: 'x' }))).rejects.toMatchObject({ name: 'InvalidMarkerException' })
  })

  it('of kinds that are not served are refused, not imitated', async () => {
    const KeyUsage = 'SIGN_VERIFY'
    for (const input of [
      { KeySpec: 'RSA_2048', KeyUsage },
      { KeySpec: 'ECC_NIST_P256', KeyUsage },
      { KeySpec: 'ECC_SECG_P256K1', KeyUsage },
      { KeySpec: 'SM2', KeyUsage: 'ENCRYPT_DECRYPT' },
      { Origin: 'EXTERNAL' },
    ] satisfies CreateKeyCommandInput[]) {
      await expect(client.send(new CreateKeyCommand(input))).rejects.toMatchObject({ name: 'UnsupportedOperationException' })
    }
  })

  it('are made with the usage that their spec allows, which has to be said of all but symmetric ones', async () => {
    for (const input of [
      { KeySpec: 'RSA_2048' },
      { KeySpec: 'HMAC_256', KeyUsage: 'ENCRYPT_DECRYPT' },
      { KeySpec: 'ECC_NIST_P256', KeyUsage: 'ENCRYPT_DECRYPT' },
      { KeySpec: 'HMAC_256', KeyUsage: 'SIGN_VERIFY' },
      { KeyUsage: 'KEY_AGREEMENT' },
    ] satisfies CreateKeyCommandInput[]) {
      await expect(client.send(new CreateKeyCommand(input))).rejects.toMatchObject({ name: 'ValidationException' })
    }
  })

  it('are made without a client for whatever their spec is for', async () => {
    for (const [spec, KeyUsage] of [
      [undefined, 'ENCRYPT_DECRYPT'],
      ['RSA_2048', 'ENCRYPT_DECRYPT'],
      ['ECC_NIST_P521', 'KEY_AGREEMENT'],
      ['HMAC_384', 'GENERATE_VERIFY_MAC'],
    ] as const) {
      const { KeyMetadata } = await client.send(new DescribeKeyCommand({ KeyId: kms.createKey(undefined, spec && { spec }) }))
      expect(KeyMetadata).toMatchObject({ KeySpec: spec ?? 'SYMMETRIC_DEFAULT', KeyUsage })
    }
    expect(() => kms.createKey(undefined, { spec: 'AES_256' as never })).toThrow(/SYMMETRIC_DEFAULT, RSA_2048/)
  })

  it('have a secret or a key pair, which their replicas share', async () => {
    const west = new KMSClient({ ...kms.clientConfig, region: 'eu-west-1' })
    const mac = kms.createKey(undefined, { spec: 'HMAC_256', multiRegion: true })
    const MacAlgorithm = 'HMAC_SHA_256'
    const here = await client.send(new GenerateMacCommand({ KeyId: mac, MacAlgorithm, Message: Plaintext }))
    const there = await west.send(new GenerateMacCommand({ KeyId: kms.replicateKey(mac, 'eu-west-1'), MacAlgorithm, Message: Plaintext }))
    expect(there.Mac).toEqual(here.Mac)
    const rsa = kms.createKey(undefined, { spec: 'RSA_2048', multiRegion: true })
    const replica = kms.replicateKey(rsa, 'eu-west-1')
    const own = await client.send(new GetPublicKeyCommand({ KeyId: rsa }))
    expect((await west.send(new GetPublicKeyCommand({ KeyId: replica }))).PublicKey).toEqual(own.PublicKey)
    const EncryptionAlgorithm = 'RSAES_OAEP_SHA_1'
    const { CiphertextBlob } = await client.send(new EncryptCommand({ KeyId: rsa, Plaintext, EncryptionAlgorithm }))
    const opened = await west.send(new DecryptCommand({ KeyId: replica, CiphertextBlob, EncryptionAlgorithm }))
    expect(Buffer.from(opened.Plaintext ?? [])).toEqual(Plaintext)
    west.destroy()
  })

  it('are managed by id or ARN, not by alias', async () => {
    kms.createKey('alias/orders')
    await expect(client.send(new DisableKeyCommand({ KeyId: 'alias/orders' }))).rejects.toMatchObject({ name: 'NotFoundException' })
  })

  it('take no alias that AWS would refuse', async () => {
    const TargetKeyId = kms.createKey()
    await expect(client.send(new CreateAliasCommand({ AliasName: 'orders', TargetKeyId }))).rejects.toMatchObject({
      name: 'InvalidAliasNameException',
    })
    await expect(client.send(new CreateAliasCommand({ AliasName: 'alias/aws/s3', TargetKeyId }))).rejects.toMatchObject({
      name: 'NotAuthorizedException',
    })
  })

  it('refuse a request for an attested recipient', async () => {
    const input = { KeyId: kms.createKey(), KeySpec: 'AES_256' as const, Recipient: { AttestationDocument: Buffer.from('document') } }
    await expect(client.send(new GenerateDataKeyCommand(input))).rejects.toMatchObject({ name: 'UnsupportedOperationException' })
  })
})

describe('grants of the embedded KMS', () => {
  const grant = { GranteePrincipal: 'arn:aws:iam::111122223333:role/reader', Operations: ['Decrypt' as const] }

  it('with the same name and members are one grant', async () => {
    const KeyId = kms.createKey()
    const first = await client.send(new CreateGrantCommand({ KeyId, Name: 'reader', ...grant }))
    const again = await client.send(new CreateGrantCommand({ KeyId, Name: 'reader', ...grant }))
    const other = await client.send(new CreateGrantCommand({ KeyId, Name: 'reader', ...grant, Operations: ['Encrypt'] }))
    expect(again.GrantId).toBe(first.GrantId)
    expect(other.GrantId).not.toBe(first.GrantId)
  })

  it('keep their constraints and can be retired by token, which is refused from then on', async () => {
    const KeyId = kms.createKey()
    const Constraints = { EncryptionContextSubset: { purpose: 'orders' } }
    const { GrantToken } = await client.send(new CreateGrantCommand({ KeyId, ...grant, Constraints }))
    expect((await client.send(new ListGrantsCommand({ KeyId }))).Grants?.[0]?.Constraints).toEqual(Constraints)
    await client.send(new RetireGrantCommand({ GrantToken }))
    expect((await client.send(new ListGrantsCommand({ KeyId }))).Grants).toEqual([])
    const input = { KeyId, Plaintext, GrantTokens: [GrantToken ?? ''] }
    await expect(client.send(new EncryptCommand(input))).rejects.toMatchObject({ name: 'InvalidGrantTokenException' })
  })

  it('name operations that a symmetric key has', async () => {
    const KeyId = kms.createKey()
    await expect(client.send(new CreateGrantCommand({ KeyId, ...grant, Operations: ['Sign'] }))).rejects.toMatchObject({
      name: 'ValidationException',
    })
    await expect(client.send(new CreateGrantCommand({ KeyId, ...grant, Operations: [] }))).rejects.toMatchObject({
      name: 'ValidationException',
    })
  })
})
