import { createPublicKey, diffieHellman, type KeyObject } from 'node:crypto'
import type { Operation } from '../endpoint/aws-json-service.ts'
import type { Bounds, JsonObject } from '../endpoint/input.ts'
import { ServiceError } from '../endpoint/service-error.ts'
import { finishChecks, requireUse } from './crypto-input.ts'
import type { GrantStore } from './grant-store.ts'
import type { KeyStore } from './key-store.ts'
import { validation } from './kms-errors.ts'
import type { KmsKey } from './kms-key.ts'

const KEY_NAME: Bounds = { min: 1, max: 2048 }
const PUBLIC_KEY: Bounds = { min: 1, max: 8192 }

/** GetPublicKey and DeriveSharedSecret: what the public halves of key pairs are for. */
export function publicKeyOperations(keys: KeyStore, grants: GrantStore): readonly (readonly [string, Operation])[] {
  return [
    [
      'GetPublicKey',
      (input) => {
        const key = keys.resolve(input.string('KeyId', KEY_NAME))
        if (!key.hasKeyPair) {
          throw new ServiceError('UnsupportedOperationException', `${key.arn} has no public key: its key spec is ${key.spec}.`)
        }
        key.requireEnabled()
        grants.requireTokens(input.stringList('GrantTokens', { max: 10 }))
        return {
          KeyId: key.arn,
          PublicKey: createPublicKey(key.privateKey).export({ type: 'spki', format: 'der' }).toString('base64'),
          CustomerMasterKeySpec: key.spec,
          KeySpec: key.spec,
          KeyUsage: key.usage,
          ...algorithmsOf(key),
        }
      },
    ],
    [
      'DeriveSharedSecret',
      (input) => {
        const key = keys.resolve(input.string('KeyId', KEY_NAME))
        const algorithm = input.oneOf('KeyAgreementAlgorithm', ['ECDH'])
        const publicKey = input.blob('PublicKey', PUBLIC_KEY)
        key.requireEnabled()
        requireUse(key, 'KEY_AGREEMENT', algorithm)
        const peer = peerOf(key, publicKey)
        finishChecks(input, grants)
        return {
          KeyId: key.arn,
          SharedSecret: diffieHellman({ privateKey: key.privateKey, publicKey: peer }).toString('base64'),
          KeyAgreementAlgorithm: algorithm,
          KeyOrigin: 'AWS_KMS',
        }
      },
    ],
  ]
}

/** The members of DescribeKey and GetPublicKey that list what a key can do. */
export function algorithmsOf({ usage, algorithms }: KmsKey): JsonObject {
  if (usage === 'KEY_AGREEMENT') return { KeyAgreementAlgorithms: algorithms }
  return usage === 'GENERATE_VERIFY_MAC' ? { MacAlgorithms: algorithms } : { EncryptionAlgorithms: algorithms }
}

/** The other party's key. node:crypto checks that the point is on the curve that it names. */
function peerOf({ privateKey, spec }: KmsKey, der: Uint8Array): KeyObject {
  let peer: KeyObject | undefined
  try {
    peer = createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' })
  } catch {
    peer = undefined
  }
  const curve = peer?.asymmetricKeyDetails?.namedCurve
  if (peer === undefined || curve === undefined || curve !== privateKey.asymmetricKeyDetails?.namedCurve) {
    throw validation(`The public key is not a DER-encoded X.509 public key on the curve of ${spec}.`)
  }
  return peer
}
