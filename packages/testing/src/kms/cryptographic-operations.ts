import type { Operation } from '../endpoint/aws-json-service.ts'
import type { Environment } from '../endpoint/endpoint.ts'
import type { Bounds, Input, JsonObject } from '../endpoint/input.ts'
import { backingKeyIdOf, openBlob, sealBlob } from './ciphertext-blob.ts'
import { finishChecks, refuseUnserved, requireUse } from './crypto-input.ts'
import { type EncryptionContext, readContext } from './encryption-context.ts'
import type { GrantStore } from './grant-store.ts'
import type { KeyStore } from './key-store.ts'
import { incorrectKey, invalidCiphertext, validation } from './kms-errors.ts'
import type { KmsKey } from './kms-key.ts'
import { isRsaAlgorithm, openRsa, sealRsa } from './rsa-cipher.ts'

const KEY_NAME: Bounds = { min: 1, max: 2048 }
const BLOB: Bounds = { min: 1, max: 6144 }
const ALGORITHMS = ['SYMMETRIC_DEFAULT', 'RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256', 'SM2PKE'] as const

/** The names of an operation's members, where it has two keys. */
interface Members {
  readonly key: string
  readonly context: string
  readonly algorithm: string
}

const ONLY: Members = { key: 'KeyId', context: 'EncryptionContext', algorithm: 'EncryptionAlgorithm' }
const SOURCE: Members = { key: 'SourceKeyId', context: 'SourceEncryptionContext', algorithm: 'SourceEncryptionAlgorithm' }
const DESTINATION: Members = {
  key: 'DestinationKeyId',
  context: 'DestinationEncryptionContext',
  algorithm: 'DestinationEncryptionAlgorithm',
}

/** A key with what it is to encrypt or to decrypt with. */
interface Use {
  readonly key: KmsKey
  readonly algorithm: string
  readonly context: EncryptionContext
}

/** What was decrypted, and with what. The material has an id for symmetric keys only. */
interface Opened extends Omit<Use, 'context'> {
  readonly plaintext: Uint8Array
  readonly materialId?: string
}

/** Encrypt, Decrypt, ReEncrypt, the data keys, and GenerateRandom. */
export function cryptographicOperations(
  { randomBytes }: Environment,
  keys: KeyStore,
  grants: GrantStore,
): readonly (readonly [string, Operation])[] {
  function algorithmOf(input: Input, { algorithm, context }: Members): Omit<Use, 'key'> {
    const pairs = readContext(input, context)
    const name = input.optionalOneOf(algorithm, ALGORITHMS) ?? 'SYMMETRIC_DEFAULT'
    if (name !== 'SYMMETRIC_DEFAULT' && pairs.size > 0) throw validation(`${context} is only for symmetric encryption KMS keys.`)
    return { algorithm: name, context: pairs }
  }

  function useOf(input: Input, members: Members): Use {
    const use = algorithmOf(input, members)
    return { ...use, key: usableKey(input, members.key, use.algorithm) }
  }

  function usableKey(input: Input, name: string, algorithm: string): KmsKey {
    const key = keys.resolve(input.string(name, KEY_NAME))
    key.requireEnabled()
    requireUse(key, 'ENCRYPT_DECRYPT', algorithm)
    return key
  }

  /** Opens the blob of Decrypt and ReEncrypt with the key it names, or with the one the caller insists on. */
  function open(input: Input, members: Members): Opened {
    const blob = input.blob('CiphertextBlob', BLOB)
    const { algorithm, context } = algorithmOf(input, members)
    if (isRsaAlgorithm(algorithm)) {
      // What an RSA key encrypted does not tell by which.
      if (!input.has(members.key)) throw validation(`${members.key} is required with the algorithm ${algorithm}.`)
      const key = usableKey(input, members.key, algorithm)
      return { key, algorithm, plaintext: openRsa(key, algorithm, blob) }
    }
    const expected = input.has(members.key) ? usableKey(input, members.key, algorithm) : undefined
    const found = keys.findByBackingKey(backingKeyIdOf(blob))
    if (found === undefined) throw invalidCiphertext()
    const { key, backingKey } = found
    if (expected !== undefined && expected !== key) throw incorrectKey()
    key.requireEnabled()
    requireUse(key, 'ENCRYPT_DECRYPT', algorithm)
    return { key, algorithm, plaintext: openBlob(blob, backingKey, context), materialId: hex(backingKey.id) }
  }

  function seal(plaintext: Uint8Array, { key, algorithm, context }: Use): string {
    return base64(
      isRsaAlgorithm(algorithm) ? sealRsa(key, algorithm, plaintext) : sealBlob(plaintext, key.currentBackingKey, context, randomBytes),
    )
  }

  function dataKey(input: Input): { answer: JsonObject; plaintext: Uint8Array } {
    const spec = input.optionalOneOf('KeySpec', ['AES_256', 'AES_128'])
    const bytes = input.optionalInteger('NumberOfBytes', { min: 1, max: 1024 })
    if ((spec === undefined) === (bytes === undefined)) throw validation('Please specify either number of bytes or key spec.')
    const context = readContext(input)
    const key = usableKey(input, 'KeyId', 'SYMMETRIC_DEFAULT')
    finishChecks(input, grants)
    const plaintext = randomBytes(bytes ?? (spec === 'AES_128' ? 16 : 32))
    const answer = {
      CiphertextBlob: seal(plaintext, { key, algorithm: 'SYMMETRIC_DEFAULT', context }),
      KeyId: key.arn,
      KeyMaterialId: hex(key.currentBackingKey.id),
    }
    return { answer, plaintext }
  }

  return [
    [
      'Encrypt',
      (input) => {
        const plaintext = input.blob('Plaintext', { min: 1, max: 4096 })
        const use = useOf(input, ONLY)
        const CiphertextBlob = seal(plaintext, use)
        finishChecks(input, grants)
        return { CiphertextBlob, KeyId: use.key.arn, EncryptionAlgorithm: use.algorithm }
      },
    ],
    [
      'Decrypt',
      (input) => {
        const { key, algorithm, plaintext, materialId } = open(input, ONLY)
        finishChecks(input, grants)
        return {
          Plaintext: base64(plaintext),
          KeyId: key.arn,
          EncryptionAlgorithm: algorithm,
          ...(materialId === undefined ? {} : { KeyMaterialId: materialId }),
        }
      },
    ],
    [
      'ReEncrypt',
      (input) => {
        const destination = useOf(input, DESTINATION)
        const source = open(input, SOURCE)
        const CiphertextBlob = seal(source.plaintext, destination)
        finishChecks(input, grants)
        return {
          CiphertextBlob,
          SourceKeyId: source.key.arn,
          KeyId: destination.key.arn,
          SourceEncryptionAlgorithm: source.algorithm,
          DestinationEncryptionAlgorithm: destination.algorithm,
          ...(source.materialId === undefined ? {} : { SourceKeyMaterialId: source.materialId }),
          ...(destination.key.hasKeyPair ? {} : { DestinationKeyMaterialId: hex(destination.key.currentBackingKey.id) }),
        }
      },
    ],
    [
      'GenerateDataKey',
      (input) => {
        const { answer, plaintext } = dataKey(input)
        return { ...answer, Plaintext: base64(plaintext) }
      },
    ],
    ['GenerateDataKeyWithoutPlaintext', (input) => dataKey(input).answer],
    [
      'GenerateRandom',
      (input) => {
        const bytes = input.integer('NumberOfBytes', { min: 1, max: 1024 })
        refuseUnserved(input)
        return { Plaintext: base64(randomBytes(bytes)) }
      },
    ],
  ]
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
