import {
  CreateAliasCommand,
  DescribeKeyCommand,
  EnableKeyRotationCommand,
  GenerateDataKeyCommand,
  GetKeyRotationStatusCommand,
  KMSClient,
  ListAliasesCommand,
  ListKeysCommand,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { testClock } from '../test-clock.ts'
import { type EmbeddedKms, startEmbeddedKms } from './embedded-kms.ts'

const DAY = 86_400_000
const clock = testClock()
let kms: EmbeddedKms
let east: KMSClient
let west: KMSClient

beforeEach(async () => {
  kms = await startEmbeddedKms({ clock })
  east = new KMSClient({ ...kms.clientConfig, maxAttempts: 1 })
  west = new KMSClient({ ...kms.clientConfig, region: 'eu-west-1', maxAttempts: 1 })
})
afterEach(async () => {
  east.destroy()
  west.destroy()
  await kms.close()
})

describe('the Regions of the embedded KMS', () => {
  it('have keys, aliases and lists of their own, on one port', async () => {
    const [here, there] = [kms.createKey('alias/orders'), kms.createKey('alias/orders', { region: 'eu-west-1' })]
    expect(there).toMatch(/^arn:aws:kms:eu-west-1:111122223333:key\//)
    for (const [client, arn] of [
      [east, here],
      [west, there],
    ] as const) {
      expect((await client.send(new DescribeKeyCommand({ KeyId: 'alias/orders' }))).KeyMetadata?.Arn).toBe(arn)
      expect((await client.send(new ListKeysCommand({}))).Keys?.map(({ KeyArn }) => KeyArn)).toEqual([arn])
      expect((await client.send(new ListAliasesCommand({}))).Aliases).toHaveLength(1)
    }
    await expect(west.send(new DescribeKeyCommand({ KeyId: here }))).rejects.toMatchObject({ name: 'NotFoundException' })
    await expect(west.send(new CreateAliasCommand({ AliasName: 'alias/x', TargetKeyId: here }))).rejects.toMatchObject({
      name: 'NotFoundException',
    })
  })

  it('are told from the signature; a request without one is for the endpoint’s own', async () => {
    const arn = kms.createKey()
    const call = (headers: Record<string, string>) =>
      fetch(kms.endpoint, {
        method: 'POST',
        headers: { 'x-amz-target': 'TrentService.DescribeKey', ...headers },
        body: `{"KeyId":"${arn}"}`,
      })
    const signedFor = (region: string) => ({
      authorization: `AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260101/${region}/kms/aws4_request, SignedHeaders=host, Signature=00`,
    })
    expect((await call({})).status).toBe(200)
    expect((await call(signedFor('us-east-1'))).status).toBe(200)
    expect((await call(signedFor('eu-west-1'))).status).toBe(400)
    expect((await call(signedFor('nowhere'))).status).toBe(200)
  })

  it('are seen in the calls by the ARN of the key', async () => {
    const arn = kms.createKey(undefined, { region: 'eu-west-1' })
    await west.send(new GenerateDataKeyCommand({ KeyId: arn, KeySpec: 'AES_256' }))
    await expect(east.send(new GenerateDataKeyCommand({ KeyId: arn, KeySpec: 'AES_256' }))).rejects.toMatchObject({
      name: 'NotFoundException',
    })
    expect(kms.calls.all).toEqual([
      { operation: 'GenerateDataKey', keyArn: arn },
      { operation: 'GenerateDataKey', error: 'NotFoundException' },
    ])
  })
})

describe('multi-Region keys of the embedded KMS', () => {
  it('are made and replicated without a client', () => {
    const primary = kms.createKey('alias/global', { multiRegion: true })
    expect(primary).toMatch(/^arn:aws:kms:us-east-1:111122223333:key\/mrk-[0-9a-f]{32}$/)
    expect(kms.replicateKey(primary, 'eu-west-1')).toBe(primary.replace('us-east-1', 'eu-west-1'))
    expect(() => kms.replicateKey(primary, 'eu-west-1')).toThrow(/related key/)
    expect(() => kms.replicateKey(kms.createKey(), 'eu-west-1')).toThrow(/not the primary/)
    expect(() => kms.replicateKey(primary, 'nowhere')).toThrow(/the option region must/)
    expect(() => kms.createKey(undefined, { multiregion: true } as never)).toThrow(/does not know the option "multiregion"/)
  })

  it('rotate by themselves as their primary does', async () => {
    const primary = kms.createKey(undefined, { multiRegion: true })
    const replica = kms.replicateKey(primary, 'eu-west-1')
    const materialOf = async (client: KMSClient, KeyId: string) =>
      (await client.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata?.CurrentKeyMaterialId
    const before = await materialOf(west, replica)
    await east.send(new EnableKeyRotationCommand({ KeyId: primary, RotationPeriodInDays: 90 }))
    expect(await west.send(new GetKeyRotationStatusCommand({ KeyId: replica }))).toMatchObject({ KeyRotationEnabled: true })
    clock.advance(90 * DAY)
    expect(await materialOf(west, replica)).not.toBe(before)
    expect(await materialOf(west, replica)).toBe(await materialOf(east, primary))
  })

  it('lose a replica without losing the primary, and it can be made again', async () => {
    const primary = kms.createKey(undefined, { multiRegion: true })
    const replica = kms.replicateKey(primary, 'eu-west-1')
    await west.send(new ScheduleKeyDeletionCommand({ KeyId: replica, PendingWindowInDays: 7 }))
    clock.advance(7 * DAY)
    await expect(west.send(new DescribeKeyCommand({ KeyId: replica }))).rejects.toMatchObject({ name: 'NotFoundException' })
    const { KeyMetadata } = await east.send(new DescribeKeyCommand({ KeyId: primary }))
    expect(KeyMetadata?.MultiRegionConfiguration?.ReplicaKeys).toEqual([])
    expect(kms.replicateKey(primary, 'eu-west-1')).toBe(replica)
  })

  it('refuse the deletion of a primary that has replicas, since its waiting is not imitated', async () => {
    const primary = kms.createKey(undefined, { multiRegion: true })
    kms.replicateKey(primary, 'eu-west-1')
    await expect(east.send(new ScheduleKeyDeletionCommand({ KeyId: primary }))).rejects.toMatchObject({
      name: 'UnsupportedOperationException',
    })
  })
})
