import assert from 'node:assert/strict'
import {
  DecryptCommand,
  DisableKeyRotationCommand,
  EnableKeyRotationCommand,
  GetKeyRotationStatusCommand,
  type KMSClient,
  ListKeyRotationsCommand,
  RotateKeyOnDemandCommand,
} from '@aws-sdk/client-kms'
import type { ConformanceCheck } from './check.ts'
import { encrypted, newKey } from './kms-key.ts'

/** Rotation. */
export const kmsRotationChecks: readonly ConformanceCheck<KMSClient>[] = [
  {
    name: 'after a rotation on demand old and new blobs open under the same key ARN',
    async run(client) {
      const KeyId = await newKey(client)
      const before = await encrypted(client, KeyId)
      await client.send(new RotateKeyOnDemandCommand({ KeyId }))
      const after = await encrypted(client, KeyId)
      for (const CiphertextBlob of [before, after]) {
        const opened = await client.send(new DecryptCommand({ CiphertextBlob, KeyId }))
        assert.equal(Buffer.from(opened.Plaintext ?? []).toString(), 'plaintext')
        assert.equal(opened.KeyId, KeyId)
      }
    },
  },
  {
    name: 'rotations are listed with their kind',
    async run(client) {
      const KeyId = await newKey(client)
      assert.deepEqual((await client.send(new ListKeyRotationsCommand({ KeyId }))).Rotations, [])
      await client.send(new RotateKeyOnDemandCommand({ KeyId }))
      const { Rotations = [] } = await client.send(new ListKeyRotationsCommand({ KeyId }))
      assert.deepEqual(
        Rotations.map(({ RotationType }) => RotationType),
        ['ON_DEMAND'],
      )
    },
  },
  {
    name: 'automatic rotation is off until it is enabled, and then has its period',
    async run(client) {
      const KeyId = await newKey(client)
      assert.equal((await client.send(new GetKeyRotationStatusCommand({ KeyId }))).KeyRotationEnabled, false)
      await client.send(new EnableKeyRotationCommand({ KeyId, RotationPeriodInDays: 180 }))
      const status = await client.send(new GetKeyRotationStatusCommand({ KeyId }))
      assert.equal(status.KeyRotationEnabled, true)
      assert.equal(status.RotationPeriodInDays, 180)
      await client.send(new DisableKeyRotationCommand({ KeyId }))
      assert.equal((await client.send(new GetKeyRotationStatusCommand({ KeyId }))).KeyRotationEnabled, false)
    },
  },
]
