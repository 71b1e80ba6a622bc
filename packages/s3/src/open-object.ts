import { type EncryptionContext, observe, type SecretBytes, StrongroomError } from '@strongroom/core'
import { emptyContext, normaliseContext } from '@strongroom/core/keyring-tools'
import type { ReadFormat, ResolvedConfig } from './config.ts'
import { type ContentKey, committingKey } from './content/content-key.ts'
import { commitmentMatches, deriveCommitment, deriveContentKey } from './content/key-derivation.ts'
import type { ObjectMetadata } from './envelope/entries.ts'
import type { Envelope } from './envelope/envelope.ts'
import { instructionEnvelope, type Placement, placeEnvelope, splitEnvelope, wholeEnvelope } from './envelope/read-envelope.ts'
import { objectInvalid, s3Error } from './errors.ts'
import { assertContext, callerPairs } from './keys/encryption-context.ts'
import { readingKey } from './keys/reading-keys.ts'
import { unwrapDataKey } from './keys/unwrap-data-key.ts'

/** What is asked of an object that is to be read. */
export interface OpenRequest {
  /** Under KMS the whole context that the object was written with; `esdk` objects may carry more. */
  readonly encryptionContext?: EncryptionContext | undefined
  /** Answers the body of the object's instruction file, or undefined where there is none. Called at most once, and only where it is needed. */
  readonly instructionFile?: (() => Promise<Uint8Array | undefined>) | undefined
  /** Whether a part is to be read, which nothing authenticates. */
  readonly isPart?: boolean | undefined
  readonly signal?: AbortSignal | undefined
}

/** An object of V1 to V3 whose data key is open. */
export interface OpenedEnvelope {
  readonly format: 'v1' | 'v2' | 'v3'
  readonly content: ContentKey
  /** The caller's pairs of the context that KMS verified; none under other keys. */
  readonly encryptionContext: EncryptionContext
  /** The description that chose the key. Not authenticated. */
  readonly materialsDescription: EncryptionContext
  /** Name or ARN of the key that opened it. */
  readonly keyId: string
}

/**
 * Opens the envelope of an object. The order is what makes it safe: what the metadata claims is classified and every gate passed before any key is
 * used, so that nobody can have a weaker key operation run by rewriting metadata.
 *
 * @returns `esdk` where the body is a message that brings everything itself.
 * @throws `OBJECT_NOT_ENCRYPTED`, `INSTRUCTION_FILE_MISSING`, `FORMAT_FORBIDDEN`, `SUITE_FORBIDDEN`, `KEYRING_UNSUITABLE`, `CONTEXT_MISMATCH`,
 * `MESSAGE_INVALID`, `LIMIT_EXCEEDED`, `KEY_TRANSIENT`, `KEY_OPERATIONAL`, `KEY_SHREDDED`, `RUNTIME_UNSUPPORTED`, the signal's reason
 */
export async function openObject(
  config: ResolvedConfig,
  metadata: ObjectMetadata,
  request: OpenRequest = {},
): Promise<OpenedEnvelope | 'esdk'> {
  const { signal } = request
  const { observer } = config
  signal?.throwIfAborted()
  const demanded = normaliseContext(request.encryptionContext, 'decrypt')
  const placement = placeEnvelope(metadata, config.maxEnvelopeBytes)
  if (placement.kind === 'esdk') {
    assertFormat(config, 'esdk')
    return 'esdk'
  }
  const envelope = await findEnvelope(config, placement, request)
  assertReadable(config, envelope)
  if (request.isPart === true) assertParts(config)
  assertContext(envelope, demanded)
  const call = { signal, observer }
  const key = await readingKey(config.keys(), config.additionalKeys, envelope, call)
  const started = performance.now()
  const { secret, keyId } = await unwrapDataKey(key, envelope, call)
  using dataKey = secret
  const content = contentKey(envelope, dataKey)
  observe(observer, { type: 'dataKey.unwrapped', suite: envelope.suite.id, keyId, durationMs: performance.now() - started })
  const isKms = envelope.wrap?.kind === 'kms'
  return {
    format: envelope.format,
    content,
    encryptionContext: isKms ? callerPairs(envelope.description) : emptyContext,
    materialsDescription: isKms ? emptyContext : envelope.description,
    keyId,
  }
}

async function findEnvelope(
  config: ResolvedConfig,
  placement: Exclude<Placement, { kind: 'esdk' }>,
  request: OpenRequest,
): Promise<Envelope> {
  if (placement.kind === 'whole') return wholeEnvelope(placement.entries)
  const file = await request.instructionFile?.()
  request.signal?.throwIfAborted()
  if (placement.kind === 'elsewhere') {
    if (file !== undefined) return instructionEnvelope(file, config.maxEnvelopeBytes)
    throw s3Error('OBJECT_NOT_ENCRYPTED', 'The object is not encrypted: it has no envelope in its metadata, and no instruction file.')
  }
  if (file !== undefined) return splitEnvelope(placement.entries, file, config.maxEnvelopeBytes)
  throw s3Error(
    'INSTRUCTION_FILE_MISSING',
    'The wrapped data key of the object is in an instruction file, and there is none by the name that was looked for. Check the suffix, and that it was copied along.',
  )
}

/** The gates. Each is decided by what will really be done, never by the presence of an entry. */
function assertReadable(config: ResolvedConfig, { format, suite, wrap }: Envelope): void {
  assertFormat(config, format)
  if (suite.id === '0070' && !config.legacyContent) {
    throw s3Error(
      'FORMAT_FORBIDDEN',
      'The object is encrypted with AES-CBC, which nothing authenticates: whoever can change it can change what is read. Where such old objects must be read, set legacyContent: true.',
      { option: 'legacyContent' },
    )
  }
  if ((wrap === undefined || wrap.legacy) && !config.legacyWrappingAlgorithms) {
    throw s3Error(
      'FORMAT_FORBIDDEN',
      `The data key of the object is wrapped ${wrap === undefined ? 'as in V1' : `with ${wrap.name}`}, which does not bind how the body is encrypted. Where such old objects (or those of Amazon SES) must be read, set legacyWrappingAlgorithms: true.`,
      { option: 'legacyWrappingAlgorithms' },
    )
  }
  if (config.commitmentPolicy === 'REQUIRE_ENCRYPT_REQUIRE_DECRYPT' && !suite.commits) {
    throw new StrongroomError(
      'SUITE_FORBIDDEN',
      `The commitment policy ${config.commitmentPolicy} does not allow decrypting suite ${suite.id} (${suite.name}), which does not commit to its key. Where such old objects must be read, set commitmentPolicy: 'REQUIRE_ENCRYPT_ALLOW_DECRYPT'.`,
      { option: 'commitmentPolicy' },
    )
  }
}

function assertParts({ unauthenticatedRanges }: ResolvedConfig): void {
  if (unauthenticatedRanges) return
  throw s3Error(
    'FORMAT_FORBIDDEN',
    "Nothing authenticates a part of an object of the formats V1 to V3: whoever can change it can change what is read. Read all of it, write objects to be read in parts with format: 'esdk', or allow it with unauthenticatedRanges: true.",
    { option: 'unauthenticatedRanges' },
  )
}

function assertFormat({ readableFormats }: ResolvedConfig, format: ReadFormat): void {
  if (readableFormats.has(format)) return
  throw s3Error('FORMAT_FORBIDDEN', `The object is of the format ${format}, which is not among readableFormats.`, {
    option: 'readableFormats',
  })
}

function contentKey(envelope: Envelope, dataKey: SecretBytes): ContentKey {
  const { suite } = envelope
  if (envelope.format !== 'v3') return { suite, key: dataKey.keyObject(), iv: envelope.iv }
  if (!commitmentMatches(deriveCommitment(dataKey, envelope.messageId), envelope.commitment)) throw objectInvalid()
  return committingKey(suite, deriveContentKey(dataKey, envelope.messageId))
}
