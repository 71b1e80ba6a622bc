import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import {
  CancelKeyDeletionCommand,
  DecryptCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  GenerateDataKeyCommand,
  type KMSClient,
  ListKeysCommand,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms'
import { type ConformanceCheck, refused } from './check.ts'
import { encrypted, newKey } from './kms-key.ts'

/** Keys and their states. */
export const kmsKeyStateChecks: readonly ConformanceCheck<KMSClient>[] = [
  {
    name: 'a new key is enabled, symmetric, of one Region, and is listed',
    async run(client) {
      const arn = await newKey(client)
      const { KeyMetadata } = await client.send(new DescribeKeyCommand({ KeyId: arn }))
      assert.equal(KeyMetadata?.Arn, arn)
      assert.equal(KeyMetadata?.KeyState, 'Enabled')
      assert.equal(KeyMetadata?.Enabled, true)
      assert.equal(KeyMetadata?.KeySpec, 'SYMMETRIC_DEFAULT')
      assert.equal(KeyMetadata?.KeyUsage, 'ENCRYPT_DECRYPT')
      assert.equal(KeyMetadata?.MultiRegion, false)
      assert.equal(KeyMetadata?.Description, 'conformance check')
      const arns: (string | undefined)[] = []
      let Marker: string | undefined
      do {
        const page = await client.send(new ListKeysCommand({ Limit: 1000, ...(Marker === undefined ? {} : { Marker }) }))
        arns.push(...(page.Keys ?? []).map(({ KeyArn }) => KeyArn))
        Marker = page.Truncated === true ? page.NextMarker : undefined
      } while (Marker !== undefined)
      assert(arns.includes(arn))
    },
  },
  {
    name: 'a disabled key neither seals nor opens until it is enabled again',
    async run(client) {
      const KeyId = await newKey(client)
      const CiphertextBlob = await encrypted(client, KeyId)
      await client.send(new DisableKeyCommand({ KeyId }))
      await refused(encrypted(client, KeyId), 'DisabledException')
      await refused(client.send(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256' })), 'DisabledException')
      await refused(client.send(new DecryptCommand({ CiphertextBlob })), 'DisabledException')
      await client.send(new EnableKeyCommand({ KeyId }))
      assert.equal((await client.send(new DecryptCommand({ CiphertextBlob }))).KeyId, KeyId)
    },
  },
  {
    name: 'a key pending deletion neither seals nor opens, and is disabled after the deletion is cancelled',
    async run(client) {
      const KeyId = await newKey(client)
      const CiphertextBlob = await encrypted(client, KeyId)
      const scheduled = await client.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 }))
      assert.equal(scheduled.KeyState, 'PendingDeletion')
      await refused(encrypted(client, KeyId), 'KMSInvalidStateException')
      await refused(client.send(new DecryptCommand({ CiphertextBlob })), 'KMSInvalidStateException')
      await client.send(new CancelKeyDeletionCommand({ KeyId }))
      const { KeyMetadata } = await client.send(new DescribeKeyCommand({ KeyId }))
      assert.equal(KeyMetadata?.KeyState, 'Disabled')
      await client.send(new EnableKeyCommand({ KeyId }))
      assert.equal((await client.send(new DecryptCommand({ CiphertextBlob }))).KeyId, KeyId)
    },
  },
  {
    name: 'a waiting period outside 7 to 30 days is refused',
    async run(client) {
      const KeyId = await newKey(client)
      await refused(client.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 6 })), 'ValidationException')
      await refused(client.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 31 })), 'ValidationException')
    },
  },
  {
    name: 'a key that does not exist is not found',
    async run(client) {
      await refused(client.send(new DescribeKeyCommand({ KeyId: randomUUID() })), 'NotFoundException')
      await refused(encrypted(client, randomUUID()), 'NotFoundException')
      await refused(encrypted(client, 'alias/conformance/nobody'), 'NotFoundException')
      const arn = await newKey(client)
      await refused(encrypted(client, `${arn.slice(0, arn.indexOf('/') + 1)}${randomUUID()}`), 'NotFoundException')
    },
  },
]
