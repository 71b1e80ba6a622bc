import type { ContentSuite } from '../content-suite.ts'
import { writeBase64 } from './base64.ts'
import type { EnvelopeV2, EnvelopeV3 } from './envelope.ts'
import { INSTRUCTION_FILE, PLAINTEXT_LENGTH } from './map-keys.ts'
import { writeStringMap } from './string-map.ts'

/** What is put beside an object: names and values, as S3 user metadata. */
export type MetadataRecord = Record<string, string>

/** A small object beside an object, which holds (part of) its envelope. */
export interface InstructionFile {
  /** Metadata of the file itself, which marks it. */
  readonly metadata: Readonly<MetadataRecord>
  /** JSON without blanks, in ASCII. */
  readonly body: Uint8Array
}

/** An envelope as it is stored. */
export interface StoredEnvelope {
  readonly metadata: MetadataRecord
  readonly instructionFile: InstructionFile | undefined
}

/** Lays an envelope out for S3: all of it as metadata, or as much as may be in an instruction file. */
export function writeEnvelope(envelope: EnvelopeV2 | EnvelopeV3, plaintextLength: number | undefined, inFile: boolean): StoredEnvelope {
  const { binding, wrapped } = envelope.format === 'v3' ? entriesV3(envelope) : entriesV2(envelope)
  const length: MetadataRecord = plaintextLength === undefined ? {} : { [PLAINTEXT_LENGTH]: String(plaintextLength) }
  if (!inFile) return { metadata: { ...binding, ...wrapped, ...length }, instructionFile: undefined }
  const body = new TextEncoder().encode(writeStringMap(wrapped))
  return { metadata: { ...binding, ...length }, instructionFile: { metadata: { [INSTRUCTION_FILE]: '' }, body } }
}

interface EntryGroups {
  /** What stays with the object. */
  readonly binding: MetadataRecord
  readonly wrapped: MetadataRecord
}

function entriesV2({ suite, wrap, iv, encryptedDataKey, description }: EnvelopeV2): EntryGroups {
  return {
    binding: {},
    wrapped: {
      'x-amz-key-v2': writeBase64(encryptedDataKey),
      'x-amz-iv': writeBase64(iv),
      'x-amz-wrap-alg': wrap.name,
      'x-amz-cek-alg': suite.algorithm,
      'x-amz-tag-len': tagBits(suite),
      'x-amz-matdesc': writeStringMap(description),
    },
  }
}

function entriesV3({ suite, wrap, messageId, commitment, encryptedDataKey, description }: EnvelopeV3): EntryGroups {
  return {
    binding: { 'x-amz-c': suite.algorithm, 'x-amz-d': writeBase64(commitment), 'x-amz-i': writeBase64(messageId) },
    wrapped: {
      'x-amz-3': writeBase64(encryptedDataKey),
      'x-amz-w': wrap.code ?? '',
      // An empty description is written too: there are readers that hand it on as it is.
      [wrap.kind === 'kms' ? 'x-amz-t' : 'x-amz-m']: writeStringMap(description),
    },
  }
}

function tagBits({ overhead }: ContentSuite): string {
  return String((overhead ?? 0) * 8)
}
