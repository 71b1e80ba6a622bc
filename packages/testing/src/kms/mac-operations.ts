import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Operation } from '../endpoint/aws-json-service.ts'
import type { Bounds, Input } from '../endpoint/input.ts'
import { ServiceError } from '../endpoint/service-error.ts'
import { finishChecks, requireUse } from './crypto-input.ts'
import type { GrantStore } from './grant-store.ts'
import type { KeyStore } from './key-store.ts'
import type { KmsKey } from './kms-key.ts'

const KEY_NAME: Bounds = { min: 1, max: 2048 }
const MESSAGE: Bounds = { min: 1, max: 4096 }
const MAC: Bounds = { min: 1, max: 6144 }
const ALGORITHMS = ['HMAC_SHA_224', 'HMAC_SHA_256', 'HMAC_SHA_384', 'HMAC_SHA_512'] as const

/** GenerateMac and VerifyMac. */
export function macOperations(keys: KeyStore, grants: GrantStore): readonly (readonly [string, Operation])[] {
  function macOf(input: Input): { key: KmsKey; algorithm: string; mac: Buffer } {
    const message = input.blob('Message', MESSAGE)
    const algorithm = input.oneOf('MacAlgorithm', ALGORITHMS)
    const key = keys.resolve(input.string('KeyId', KEY_NAME))
    key.requireEnabled()
    requireUse(key, 'GENERATE_VERIFY_MAC', algorithm)
    const hash = algorithm.replace('HMAC_SHA_', 'sha')
    return { key, algorithm, mac: createHmac(hash, key.currentBackingKey.material).update(message).digest() }
  }

  return [
    [
      'GenerateMac',
      (input) => {
        const { key, algorithm, mac } = macOf(input)
        finishChecks(input, grants)
        return { KeyId: key.arn, MacAlgorithm: algorithm, Mac: mac.toString('base64') }
      },
    ],
    [
      'VerifyMac',
      (input) => {
        const given = input.blob('Mac', MAC)
        const { key, algorithm, mac } = macOf(input)
        if (given.length !== mac.length || !timingSafeEqual(given, mac)) {
          throw new ServiceError('KMSInvalidMacException', 'The HMAC is not valid for the message under this key and algorithm.')
        }
        finishChecks(input, grants)
        return { KeyId: key.arn, MacAlgorithm: algorithm, MacValid: true }
      },
    ],
  ]
}
