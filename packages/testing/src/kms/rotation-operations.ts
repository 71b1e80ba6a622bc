import type { Operation } from '../endpoint/aws-json-service.ts'
import type { Bounds, Input, JsonObject } from '../endpoint/input.ts'
import type { KeyStore } from './key-store.ts'
import type { KmsKey } from './kms-key.ts'
import { page } from './page.ts'

const KEY_NAME: Bounds = { min: 1, max: 2048 }

/** Rotation on demand and on schedule, and what can be read about it. */
export function rotationOperations(keys: KeyStore): readonly (readonly [string, Operation])[] {
  const named = (input: Input): KmsKey => keys.resolveKeyOnly(input.string('KeyId', KEY_NAME))

  return [
    [
      'RotateKeyOnDemand',
      (input) => {
        const key = named(input)
        key.rotateNow()
        return { KeyId: key.arn }
      },
    ],
    [
      'EnableKeyRotation',
      (input) => {
        named(input).setAutomaticRotation(input.optionalInteger('RotationPeriodInDays', { min: 90, max: 2560 }) ?? 365)
        return {}
      },
    ],
    [
      'DisableKeyRotation',
      (input) => {
        named(input).setAutomaticRotation(undefined)
        return {}
      },
    ],
    [
      'GetKeyRotationStatus',
      (input) => {
        const key = named(input)
        key.requireSymmetric()
        const rotation = key.automaticRotation
        if (rotation === undefined || key.state === 'PendingDeletion') return { KeyId: key.arn, KeyRotationEnabled: false }
        return {
          KeyId: key.arn,
          KeyRotationEnabled: true,
          RotationPeriodInDays: rotation.periodInDays,
          NextRotationDate: rotation.nextAt / 1000,
        }
      },
    ],
    [
      'ListKeyRotations',
      (input) => {
        const key = named(input)
        key.requireSymmetric()
        const all = input.optionalOneOf('IncludeKeyMaterial', ['ALL_KEY_MATERIAL', 'ROTATIONS_ONLY']) === 'ALL_KEY_MATERIAL'
        const { items, ...more } = page(input, rotations(key, all), 1000)
        return { Rotations: items, ...more }
      },
    ],
  ]
}

function rotations(key: KmsKey, withFirst: boolean): readonly JsonObject[] {
  const current = key.currentBackingKey
  return key.backingKeys
    .filter(({ rotation }) => withFirst || rotation !== undefined)
    .map((backingKey) => ({
      KeyId: key.arn,
      KeyMaterialId: Buffer.from(backingKey.id).toString('hex'),
      KeyMaterialState: backingKey === current ? 'CURRENT' : 'NON_CURRENT',
      ...(backingKey.rotation === undefined ? {} : { RotationDate: backingKey.createdAt / 1000, RotationType: backingKey.rotation }),
    }))
}
