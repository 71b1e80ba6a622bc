import { type EncryptionContext, observe, StrongroomError, type WrappingKey } from '@strongroom/core'
import { draw } from '@strongroom/core/keyring-tools'
import type { ResolvedConfig } from './config.ts'
import { assertEncryptable, ContentEncryptor } from './content/content-encryptor.ts'
import { type ContentKey, committingKey } from './content/content-key.ts'
import { deriveCommitment, deriveContentKey } from './content/key-derivation.ts'
import type { ObjectMetadata } from './envelope/entries.ts'
import type { EnvelopeV2, EnvelopeV3 } from './envelope/envelope.ts'
import { assertMetadataFits, callerMetadata } from './envelope/metadata-size.ts'
import { COMMITMENT_LENGTH } from './envelope/read-envelope.ts'
import { type InstructionFile, type MetadataRecord, writeEnvelope } from './envelope/write-envelope.ts'
import { kmsContextOf, writtenContext } from './keys/encryption-context.ts'
import { writtenDescription } from './keys/reading-keys.ts'
import { wrapOfKind } from './keys/wrap-algorithm.ts'
import { type WrappedDataKey, wrapDataKey } from './keys/wrap-data-key.ts'

/** Bytes that a wrapped data key is assumed to have, by the kind of its key, before there is one: a blob of KMS, and one of RSA-2048. */
const ASSUMED_BYTES = { kms: 184, rsa: 256, aead: 60 } as const

/** What is to be encrypted. */
export interface BeginRequest {
  readonly encryptionContext?: EncryptionContext | undefined
  /** The caller's own metadata. */
  readonly metadata?: ObjectMetadata | undefined
  /** Bytes of the plaintext, where they are known: the encryption then fails where it has another length. */
  readonly plaintextLength?: number | undefined
  /** Whether the envelope goes into an instruction file. */
  readonly instructionFile?: boolean | undefined
  readonly signal?: AbortSignal | undefined
}

/** An object whose data key is there, before its body. */
export interface BegunObject {
  /** The caller's metadata and the envelope. */
  readonly metadata: MetadataRecord
  /** To be stored before the object, by the object's key and a suffix. */
  readonly instructionFile: InstructionFile | undefined
  /** Encrypts the body, once. */
  readonly encryptor: ContentEncryptor
  /** Bytes of the body, where those of the plaintext are known. */
  readonly bodyLength: number | undefined
  /** Identifier of the content suite. */
  readonly suite: string
  /** Name or ARN of the key that wrapped the data key. */
  readonly keyId: string
}

/**
 * Begins an object of V2 or V3: makes its data key and envelope. Everything that can be refused is refused before a key is used.
 *
 * @throws `CONTEXT_INVALID`, `OPTION_INVALID`, `METADATA_TOO_LARGE`, `OBJECT_TOO_LARGE`, `KEYRING_CANNOT_ENCRYPT`, `KEY_TRANSIENT`,
 * `KEY_OPERATIONAL`, the signal's reason
 */
export async function beginObject(config: ResolvedConfig, request: BeginRequest): Promise<BegunObject> {
  const { signal, plaintextLength, instructionFile: inFile = false } = request
  const { observer, contentSuite: suite } = config
  signal?.throwIfAborted()
  const context = writtenContext(request.encryptionContext)
  const own = callerMetadata(request.metadata ?? {})
  assertEncryptable(plaintextLength ?? 0)
  const call = { signal, observer }
  const keys = config.keys()
  const key = await keys.current(call)
  assertBindable(config, key, context)
  const isKms = key.kind === 'kms'
  const description = isKms ? kmsContextOf(context, suite) : writtenDescription(keys, key, config.materialsDescription)

  const lay = (envelope: EnvelopeV2 | EnvelopeV3) => {
    const stored = writeEnvelope(envelope, plaintextLength, inFile)
    const metadata = { ...own, ...stored.metadata }
    assertMetadataFits(metadata, inFile)
    return { metadata, instructionFile: stored.instructionFile }
  }
  lay(emptyEnvelope(config, key, description))
  const started = performance.now()
  const wrapped = await wrapDataKey(keys, key, suite, context, call)
  using _secret = wrapped.secret
  const { envelope, contentKey } = seal(config, wrapped, description)
  const stored = lay(envelope)
  observe(observer, {
    type: 'dataKey.generated',
    suite: suite.id,
    keyIds: [wrapped.keyId],
    durationMs: performance.now() - started,
  })
  return {
    ...stored,
    encryptor: new ContentEncryptor(contentKey, plaintextLength),
    bodyLength: plaintextLength === undefined ? undefined : plaintextLength + (suite.overhead ?? 0),
    suite: suite.id,
    keyId: wrapped.keyId,
  }
}

function seal(
  { contentSuite: suite, random }: ResolvedConfig,
  { secret, wrapped: encryptedDataKey, wrap }: WrappedDataKey,
  description: EncryptionContext,
): { envelope: EnvelopeV2 | EnvelopeV3; contentKey: ContentKey } {
  const any = { suite, wrap, encryptedDataKey, description }
  if (!suite.commits) {
    const iv = draw(random, suite.ivLength)
    return { envelope: { format: 'v2', ...any, iv }, contentKey: { suite, key: secret.keyObject(), iv } }
  }
  const messageId = draw(random, COMMITMENT_LENGTH)
  return {
    envelope: { format: 'v3', ...any, messageId, commitment: deriveCommitment(secret, messageId) },
    contentKey: committingKey(suite, deriveContentKey(secret, messageId)),
  }
}

/** An envelope as long as the one that will be, so that it can be counted before the key is asked for anything. */
function emptyEnvelope({ contentSuite: suite }: ResolvedConfig, key: WrappingKey, description: EncryptionContext): EnvelopeV2 | EnvelopeV3 {
  const any = { suite, wrap: wrapOfKind(key.kind), encryptedDataKey: new Uint8Array(ASSUMED_BYTES[key.kind]), description }
  const binding = new Uint8Array(COMMITMENT_LENGTH)
  return suite.commits
    ? { format: 'v3', ...any, messageId: binding, commitment: binding }
    : { format: 'v2', ...any, iv: new Uint8Array(suite.ivLength) }
}

/** What would be dropped without a word is refused. */
function assertBindable({ materialsDescription }: ResolvedConfig, key: WrappingKey, context: EncryptionContext): void {
  const [contextKey] = Object.keys(context)
  if (key.kind !== 'kms' && contextKey !== undefined) {
    throw new StrongroomError(
      'CONTEXT_INVALID',
      "An object of the S3 Encryption Client's formats is bound to an encryption context under a KMS key only. Use format: 'esdk', or store facts that bind nothing as materialsDescription or metadata.",
      { contextKey, option: 'encryptionContext' },
    )
  }
  if (key.kind === 'kms' && Object.keys(materialsDescription).length > 0) {
    throw new StrongroomError(
      'OPTION_INVALID',
      'Under a KMS key an object has an encryption context in place of a materials description. Give encryptionContext with each call.',
      { option: 'materialsDescription' },
    )
  }
}
