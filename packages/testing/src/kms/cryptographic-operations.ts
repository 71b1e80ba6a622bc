import type { Operation } from '../endpoint/aws-json-service.ts'
import type { Environment } from '../endpoint/endpoint.ts'
import type { Bounds, Input, JsonObject } from '../endpoint/input.ts'
import { ServiceError } from '../endpoint/service-error.ts'
import { backingKeyIdOf, openBlob, sealBlob } from './ciphertext-blob.ts'
import { type EncryptionContext, readContext } from './encryption-context.ts'
import type { GrantStore } from './grant-store.ts'
import type { KeyStore } from './key-store.ts'
import { incorrectKey, invalidCiphertext, invalidKeyUsage, unsupported, validation } from './kms-errors.ts'
import type { BackingKey, KmsKey } from './kms-key.ts'

const KEY_NAME: Bounds = { min: 1, max: 2048 }
const BLOB: Bounds = { min: 1, max: 6144 }
const ALGORITHMS = ['SYMMETRIC_DEFAULT', 'RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256', 'SM2PKE'] as const

/** Encrypt, Decrypt, ReEncrypt, the data keys, and GenerateRandom. */
export function cryptographicOperations(
  { randomBytes }: Environment,
  keys: KeyStore,
  grants: GrantStore,
): readonly (readonly [string, Operation])[] {
  function usableKey(input: Input, name = 'KeyId', algorithmName = 'EncryptionAlgorithm'): KmsKey {
    const key = keys.resolve(input.string(name, KEY_NAME))
    key.requireEnabled()
    requireAlgorithm(key, input, algorithmName)
    return key
  }

  /** Opens the blob of Decrypt and ReEncrypt with the key it names, or with the one the caller insists on. */
  function open(
    input: Input,
    members: { key: string; context: string; algorithm: string },
  ): { key: KmsKey; backingKey: BackingKey; plaintext: Uint8Array } {
    const blob = input.blob('CiphertextBlob', BLOB)
    const context = readContext(input, members.context)
    const expected = input.has(members.key) ? usableKey(input, members.key, members.algorithm) : undefined
    const found = keys.findByBackingKey(backingKeyIdOf(blob))
    if (found === undefined) throw invalidCiphertext()
    if (expected !== undefined && expected !== found.key) throw incorrectKey()
    found.key.requireEnabled()
    requireAlgorithm(found.key, input, members.algorithm)
    return { ...found, plaintext: openBlob(blob, found.backingKey, context) }
  }

  function dataKey(input: Input): { answer: JsonObject; plaintext: Uint8Array } {
    const spec = input.optionalOneOf('KeySpec', ['AES_256', 'AES_128'])
    const bytes = input.optionalInteger('NumberOfBytes', { min: 1, max: 1024 })
    if ((spec === undefined) === (bytes === undefined)) throw validation('Please specify either number of bytes or key spec.')
    const context = readContext(input)
    const key = usableKey(input)
    finishChecks(input, grants)
    const plaintext = randomBytes(bytes ?? (spec === 'AES_128' ? 16 : 32))
    const backingKey = key.currentBackingKey
    const answer = {
      CiphertextBlob: base64(sealBlob(plaintext, backingKey, context, randomBytes)),
      KeyId: key.arn,
      KeyMaterialId: hex(backingKey.id),
    }
    return { answer, plaintext }
  }

  function seal(plaintext: Uint8Array, key: KmsKey, context: EncryptionContext): string {
    return base64(sealBlob(plaintext, key.currentBackingKey, context, randomBytes))
  }

  return [
    [
      'Encrypt',
      (input) => {
        const plaintext = input.blob('Plaintext', { min: 1, max: 4096 })
        const context = readContext(input)
        const key = usableKey(input)
        finishChecks(input, grants)
        return { CiphertextBlob: seal(plaintext, key, context), KeyId: key.arn, EncryptionAlgorithm: key.spec }
      },
    ],
    [
      'Decrypt',
      (input) => {
        const { key, backingKey, plaintext } = open(input, { key: 'KeyId', context: 'EncryptionContext', algorithm: 'EncryptionAlgorithm' })
        finishChecks(input, grants)
        return { Plaintext: base64(plaintext), KeyId: key.arn, EncryptionAlgorithm: key.spec, KeyMaterialId: hex(backingKey.id) }
      },
    ],
    [
      'ReEncrypt',
      (input) => {
        const context = readContext(input, 'DestinationEncryptionContext')
        const destination = usableKey(input, 'DestinationKeyId', 'DestinationEncryptionAlgorithm')
        const source = open(input, {
          key: 'SourceKeyId',
          context: 'SourceEncryptionContext',
          algorithm: 'SourceEncryptionAlgorithm',
        })
        finishChecks(input, grants)
        return {
          CiphertextBlob: seal(source.plaintext, destination, context),
          SourceKeyId: source.key.arn,
          KeyId: destination.arn,
          SourceEncryptionAlgorithm: source.key.spec,
          DestinationEncryptionAlgorithm: destination.spec,
          SourceKeyMaterialId: hex(source.backingKey.id),
          DestinationKeyMaterialId: hex(destination.currentBackingKey.id),
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

function requireAlgorithm(key: KmsKey, input: Input, name: string): void {
  const algorithm = input.optionalOneOf(name, ALGORITHMS) ?? 'SYMMETRIC_DEFAULT'
  if (algorithm !== key.spec) throw invalidKeyUsage(key.arn, algorithm)
}

/** What every cryptographic operation checks last: AWS answers DryRunOperationException only where the call would have succeeded. */
function finishChecks(input: Input, grants: GrantStore): void {
  refuseUnserved(input)
  grants.requireTokens(input.stringList('GrantTokens', { max: 10 }))
  if (input.optionalBoolean('DryRun') === true) {
    throw new ServiceError('DryRunOperationException', 'The request would have succeeded, but the DryRun option is set.', 412)
  }
}

function refuseUnserved(input: Input): void {
  if (input.has('Recipient')) throw unsupported('attested recipients (Recipient)')
  if (input.has('CustomKeyStoreId')) throw unsupported('custom key stores (CustomKeyStoreId)')
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
