/**
 * The encrypted data key of RSA keys in KMS (sizes in bytes).
 *
 *     provider id:   aws-kms-rsa
 *     provider info: the key's ARN
 *     ciphertext:    RSA-OAEP of: SHA-384 of the serialised encryption context(48) | data key
 *
 * Source: specification, "AWS KMS RSA Keyring".
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import {
  type EncryptedDataKey,
  type Keyring,
  type Recipient,
  type RsaKeyInput,
  SecretBytes,
  StrongroomError,
  type Suite,
  type WrapRequest,
} from '@strongroom/core'
import { isAnything, isOneOf, validateOptions } from '@strongroom/core/options'
import { type ConnectionOptions, connectionChecks } from './connection-options.ts'
import { KmsKeyError } from './errors.ts'
import type { KeyArn } from './key-arn.ts'
import { configuredKeyArn } from './key-id-option.ts'
import { connect } from './kms-connection.ts'
import { namedKey, unwrapNamed } from './kms-edk.ts'
import { connectedRsaKey, type KmsRsaPadding, kmsRsaPaddings } from './kms-rsa-key.ts'
import { relatedIdentity } from './multi-region.ts'

/** Options of {@link kmsRsaKeyring}. */
export interface KmsRsaKeyringOptions extends ConnectionOptions {
  /** ARN of an RSA key that encrypts and decrypts. A multi-Region key opens what its replicas are named in, too. */
  readonly keyId: string
  /**
   * The key's public half: with it, encrypting makes no call and needs no permission. It is taken at its word: what is written under another key's
   * public half does not open. Default: KMS is asked for it, once, when something is first encrypted (`kms:GetPublicKey`).
   */
  readonly publicKey?: RsaKeyInput
  /** How the data key is padded. It does not stand in messages: readers and writers agree on it. Default `OAEP_SHA256`. */
  readonly padding?: KmsRsaPadding
}

const PROVIDER_ID = 'aws-kms-rsa'
const DIGEST_LENGTH = 48

/**
 * A keyring of one RSA key in AWS KMS: encrypting is done here with the public half, decrypting by KMS. Where many write and few may read, writers
 * need no access to KMS at all.
 *
 * It serves no suite that signs, as everywhere: encrypting asks for one of `0478`, say, or rejects with `SUITE_FORBIDDEN`. Anybody who has the
 * public half can write messages that open, so that opening says nothing about who wrote.
 *
 * Encrypting rejects with a `KmsKeyError` only where the public half is to be fetched (`KEY_TRANSIENT`, `KEY_OPERATIONAL`, `ENDPOINT_INSECURE`).
 * Failures of decrypting are classed as by `kmsKeyring`.
 *
 * Source: specification, "AWS KMS RSA Keyring".
 *
 * @throws `OPTION_INVALID`, `KEY_INVALID`
 * @example
 * ```ts
 * const client = createEncryptionClient({
 *   keyring: kmsRsaKeyring({ keyId: 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab', publicKey: pem }),
 * })
 * const { ciphertext } = await client.encrypt(plaintext, { encryptionContext: { purpose: 'orders' }, suite: '0478' })
 * ```
 */
export function kmsRsaKeyring(options: KmsRsaKeyringOptions): Keyring {
  validateOptions(
    'kmsRsaKeyring',
    options,
    { ...connectionChecks, keyId: isAnything, publicKey: isAnything, padding: isOneOf(kmsRsaPaddings) },
    ['keyId'],
  )
  const arn = configuredKeyArn('kmsRsaKeyring', 'keyId', options.keyId)
  const key = connectedRsaKey(arn, connect('kmsRsaKeyring', options, [arn]), options.padding ?? 'OAEP_SHA256', options.publicKey)
  const identity = relatedIdentity(arn)
  const isOurs = (named: KeyArn | undefined): boolean => named !== undefined && relatedIdentity(named) === identity

  const recipient: Recipient = {
    providerId: PROVIDER_ID,
    keyId: key.keyId,
    async wrap(secret: SecretBytes, request: WrapRequest): Promise<readonly EncryptedDataKey[]> {
      assertUnsigned(request.suite)
      request.signal?.throwIfAborted()
      using payload = secret.use((bytes) => SecretBytes.take(Buffer.concat([digestOf(request.aad), bytes])))
      return [{ providerId: PROVIDER_ID, providerInfo: new TextEncoder().encode(key.keyId), ciphertext: await key.seal(payload, request) }]
    },
    owns: (edk) => isOurs(namedKey(edk, PROVIDER_ID)),
  }

  async function open({ ciphertext }: EncryptedDataKey, request: WrapRequest): Promise<SecretBytes> {
    const digest = digestOf(request.aad)
    using payload = await key.open(ciphertext, request)
    const secret = payload.use((bytes) =>
      bytes.length > DIGEST_LENGTH && timingSafeEqual(bytes.subarray(0, DIGEST_LENGTH), digest)
        ? SecretBytes.copyOf(bytes.subarray(DIGEST_LENGTH))
        : undefined,
    )
    if (secret !== undefined) return secret
    throw new KmsKeyError('MESSAGE_INVALID', `The encrypted data key under ${arn.arn} is not one of this encryption context.`, {
      keyId: arn.arn,
      region: arn.region,
    })
  }

  return {
    async recipients(request: WrapRequest): Promise<readonly Recipient[]> {
      request.signal?.throwIfAborted()
      assertUnsigned(request.suite)
      return [recipient]
    },

    unwrap: (edks, request) =>
      unwrapNamed(PROVIDER_ID, edks, request, async (named) => {
        if (!isOurs(named)) return undefined
        return request.suite.signature === undefined ? { keyId: key.keyId, open: (edk) => open(edk, request) } : 'signing-suite'
      }),
  }
}

function digestOf(context: Uint8Array): Buffer {
  return createHash('sha384').update(context).digest()
}

/** The specification refuses suites that sign, for reading as for writing. */
function assertUnsigned({ id, signature }: Suite): void {
  if (signature === undefined) return
  throw new StrongroomError(
    'SUITE_FORBIDDEN',
    `kmsRsaKeyring serves no suite that signs, and ${id} does. Encrypt with a suite that does not, such as suite: '0478'.`,
    { option: 'suite' },
  )
}
