/**
 * Objects whose body is a message of the AWS Encryption SDK. The metadata `strongroom-format` = `esdk` tells them apart; the message brings
 * everything else. It is bound to its use by the pair `strongroom-purpose` = `s3-object` of its encryption context.
 */
import type { ByteTransform, DecryptStreamMessage, EncryptionContext } from '@strongroom/core'
import { normaliseContext } from '@strongroom/core/keyring-tools'
import type { BeginRequest } from './begin-object.ts'
import type { ResolvedConfig } from './config.ts'
import { ESDK_FORMAT, FORMAT, PLAINTEXT_LENGTH } from './envelope/map-keys.ts'
import { assertMetadataFits, callerMetadata } from './envelope/metadata-size.ts'
import type { MetadataRecord } from './envelope/write-envelope.ts'

const PURPOSE = { 'strongroom-purpose': 's3-object' } as const

/** The context of an object: that of the caller, and what it is. */
export function esdkContext(input: unknown, use: 'encrypt' | 'decrypt'): EncryptionContext {
  return { ...normaliseContext(input, use), ...PURPOSE }
}

/** Metadata of an object, the caller's included. */
function esdkMetadata({ metadata, plaintextLength }: BeginRequest): MetadataRecord {
  const stored = {
    ...callerMetadata(metadata ?? {}),
    [FORMAT]: ESDK_FORMAT,
    ...(plaintextLength === undefined ? {} : { [PLAINTEXT_LENGTH]: String(plaintextLength) }),
  }
  assertMetadataFits(stored, true)
  return stored
}

/** An object before its body. */
export interface BegunEsdkObject {
  readonly metadata: MetadataRecord
  /** Encrypts the body, once. */
  readonly transform: ByteTransform
  /** Bytes of the body, where those of the plaintext are known. */
  readonly bodyLength: number | undefined
  readonly suite: string
}

/** Begins an object; resolves when its data key is there. */
export async function beginEsdkObject(config: ResolvedConfig, request: BeginRequest): Promise<BegunEsdkObject> {
  const { plaintextLength, signal } = request
  const metadata = esdkMetadata(request)
  const transform = config.esdk.encryptStream({
    encryptionContext: esdkContext(request.encryptionContext, 'encrypt'),
    ...(plaintextLength === undefined ? {} : { plaintextLength }),
    ...(signal === undefined ? {} : { signal }),
  })
  const { suite, ciphertextLength } = await transform.message
  return { metadata, transform, bodyLength: ciphertextLength, suite }
}

/** An object whose header verified. */
export interface OpenedEsdkObject {
  /** What is authentic of it, frame by frame; that it is all of it, its end tells. */
  readonly plaintext: AsyncGenerator<Uint8Array, void, undefined>
  readonly message: DecryptStreamMessage
}

/** Opens an object: its header has to be read to know anything of it, and the first frame comes along. */
export async function openEsdkObject(
  config: ResolvedConfig,
  request: { readonly encryptionContext?: unknown; readonly signal?: AbortSignal | undefined },
  body: AsyncIterable<Uint8Array>,
): Promise<OpenedEsdkObject> {
  const stream = config.esdk.decryptStream({
    encryptionContext: esdkContext(request.encryptionContext, 'decrypt'),
    ...(request.signal === undefined ? {} : { signal: request.signal }),
  })
  const plaintext = through(body, stream)
  const first = plaintext.next()
  first.catch(() => undefined)
  const message = await stream.message
  return { plaintext: resumed(first, plaintext), message }
}

async function* resumed(
  first: Promise<IteratorResult<Uint8Array, void>>,
  rest: AsyncGenerator<Uint8Array, void, undefined>,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    const { value } = await first
    if (value !== undefined) yield value
    yield* rest
  } finally {
    await rest.return()
  }
}

/** Passes a body through a stream. */
export async function* through(source: AsyncIterable<Uint8Array>, transform: ByteTransform): AsyncGenerator<Uint8Array, void, undefined> {
  yield* ReadableStream.from(source).pipeThrough(transform)
}
