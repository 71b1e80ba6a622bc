import { isBoolean, isFunction, isOneOf, type OptionCheck, validateOptions } from '@strongroom/core/options'
import { type AwsJsonService, startService } from '../endpoint/aws-json-service.ts'
import type { Call } from '../endpoint/call-log.ts'
import { type Endpoint, type EndpointOptions, environmentOf, matches, REGION } from '../endpoint/endpoint.ts'
import type { Input } from '../endpoint/input.ts'
import { ServiceError } from '../endpoint/service-error.ts'
import { backingKeyIdOf } from './ciphertext-blob.ts'
import { type KmsKeySpec, keySpecs } from './key-spec.ts'
import type { KeyStore } from './key-store.ts'
import { Regions } from './regions.ts'

/** A call the embedded KMS received. */
export interface KmsCall extends Call {
  /** ARN of the key the call is about: named by KeyId, or by the ciphertext blob. Absent where there is none, or it is not known. */
  readonly keyArn?: string
  /** The encryption context sent; of ReEncrypt, the source's. */
  readonly encryptionContext?: Readonly<Record<string, string>>
}

/** How to start an embedded KMS. */
export interface EmbeddedKmsOptions extends EndpointOptions {
  /** Calls to refuse with AccessDeniedException. To deny for a while, use `faults.fail` instead. */
  readonly deny?: (call: KmsCall) => boolean
}

/** What a key is, beside its alias. */
export interface NewKey {
  /** The Region to make it in. Default the endpoint's. */
  readonly region?: string
  /** Make it the primary of a multi-Region key, which can be replicated. Default false. */
  readonly multiRegion?: boolean
  /** What it is made of, and so what it is for: `RSA_*` to encrypt and decrypt, `ECC_*` for key agreement. Default `SYMMETRIC_DEFAULT`. */
  readonly spec?: KmsKeySpec
}

/** A running embedded KMS. */
export interface EmbeddedKms extends Endpoint<KmsCall> {
  /** Makes a key without a client, symmetric unless `spec` says otherwise, with an alias if one is given (`alias/...`). Returns its ARN. */
  createKey(alias?: string, options?: NewKey): string
  /** Makes a replica of the primary of a multi-Region key in another Region, without a client. Returns the replica's ARN. */
  replicateKey(primaryArn: string, region: string): string
}

/**
 * Starts a KMS on 127.0.0.1 that does what AWS documents for symmetric encryption keys, RSA keys that encrypt, ECC keys of NIST curves for key
 * agreement and HMAC keys: the encryption context is bound, key states are enforced, old backing keys still open what they sealed, errors have AWS's
 * names. Keys live in memory and die with it. It signs nothing.
 *
 * One port serves every Region, each with keys of its own: a request belongs to the Region it was signed for, as a client of that Region does.
 * Multi-Region keys and their replicas are related across Regions.
 *
 * Signatures are not checked, and quotas and key policies are not modelled: `deny` and its `faults` stand in for them.
 *
 * @throws `OPTION_INVALID`
 * @example
 * ```ts
 * await using kms = await startEmbeddedKms()
 * const client = new KMSClient(kms.clientConfig)
 * const { Plaintext, CiphertextBlob } = await client.send(
 *   new GenerateDataKeyCommand({ KeyId: kms.createKey('alias/orders'), KeySpec: 'AES_256' }),
 * )
 * kms.calls.count('GenerateDataKey') // 1
 * ```
 */
export async function startEmbeddedKms(options: EmbeddedKmsOptions = {}): Promise<EmbeddedKms> {
  const environment = environmentOf('startEmbeddedKms', options, { deny: isFunction })
  const { deny } = options
  const regions = new Regions(environment)
  const service: AwsJsonService<KmsCall> = {
    targetPrefix: 'TrentService',
    operations: regions.operations,
    describe: (operation, input, region) => describe(operation, input, regions.of(region).keys),
    throttled: () =>
      new ServiceError('ThrottlingException', 'You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.'),
    refused: (call) => (deny?.(call) === true ? accessDenied(call, environment.accountId) : undefined),
  }
  const endpoint = await startService(service, environment)
  return {
    ...endpoint,
    createKey: (alias, options = {}) => {
      validateOptions('createKey', { alias }, { alias: isAliasName })
      validateOptions('createKey', options, { region: isRegion, multiRegion: isBoolean, spec: isOneOf(keySpecs) })
      const { keys } = regions.of(options.region ?? environment.region)
      const key = keys.create('', options.multiRegion === true ? 'primary' : 'single-Region', options.spec)
      if (alias !== undefined) keys.setAlias(alias, key)
      return key.arn
    },
    replicateKey: (primaryArn, region) => {
      validateOptions('replicateKey', { region }, { region: isRegion })
      const { keys } = regions.of(primaryArn.split(':')[3] ?? '')
      return regions.replicate(keys.resolveKeyOnly(primaryArn), region, '').arn
    },
  }
}

const isRegion: OptionCheck = matches(REGION, 'look like us-east-1')
const isAliasName: OptionCheck = matches(/^alias\/[a-zA-Z0-9/_-]+$/, 'begin with alias/ and go on with a-z A-Z 0-9 / _ -')

function describe(operation: string, input: Input, keys: KeyStore): KmsCall {
  const keyArn = attempt(() => keyOf(input, keys))
  const context = attempt(() => input.stringMap(operation === 'ReEncrypt' ? 'SourceEncryptionContext' : 'EncryptionContext'))
  return {
    operation,
    ...(keyArn === undefined ? {} : { keyArn }),
    ...(context === undefined || context.size === 0 ? {} : { encryptionContext: Object.fromEntries(context) }),
  }
}

function keyOf(input: Input, keys: KeyStore): string | undefined {
  const name = input.optionalString('KeyId') ?? input.optionalString('SourceKeyId') ?? input.optionalString('TargetKeyId')
  if (name !== undefined) return keys.find(name)?.arn
  const blob = input.optionalBlob('CiphertextBlob')
  return blob && keys.findByBackingKey(backingKeyIdOf(blob))?.key.arn
}

// What cannot be read here is refused with its own error when the operation runs.
function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof ServiceError) return undefined
    throw error
  }
}

function accessDenied({ operation, keyArn }: KmsCall, accountId: string): ServiceError {
  const action = operation === 'ReEncrypt' ? 'ReEncryptFrom' : operation
  return new ServiceError(
    'AccessDeniedException',
    `User: arn:aws:iam::${accountId}:user/example is not authorized to perform: kms:${action} on resource: ${keyArn ?? '*'}`,
  )
}
