import type { ContentSuite } from '../content-suite.ts'
import { committingSuite } from '../content-suite.ts'
import type { ObjectMetadata } from '../envelope/entries.ts'
import { isReservedKey, PLAINTEXT_LENGTH } from '../envelope/map-keys.ts'
import { placeEnvelope, wholeEnvelope } from '../envelope/read-envelope.ts'

/** The user metadata of an object without its envelope. */
export function visibleMetadata(metadata: ObjectMetadata | undefined): Record<string, string> | undefined {
  if (metadata === undefined) return undefined
  return Object.fromEntries(Object.entries(metadata).filter(([name, value]) => value !== undefined && !isReservedKey(name))) as Record<
    string,
    string
  >
}

/** The part of an object's metadata that it cannot be read without, and what goes with it. */
export function envelopeMetadata(metadata: ObjectMetadata | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(metadata ?? {}).filter(([name, value]) => value !== undefined && isReservedKey(name))) as Record<
    string,
    string
  >
}

/** Bytes of the plaintext of a body; undefined where that depends on the plaintext. */
export function plaintextLengthOf({ overhead }: ContentSuite, bodyLength: number | undefined): number | undefined {
  return overhead === undefined || bodyLength === undefined || bodyLength < overhead ? undefined : bodyLength - overhead
}

/** Bytes of the plaintext as the object's writer noted them; no more than the body has. **Not authenticated.** */
export function hintedLength(metadata: ObjectMetadata | undefined, bodyLength: number | undefined): number | undefined {
  const entry = Object.entries(metadata ?? {}).find(([name]) => name.toLowerCase() === PLAINTEXT_LENGTH)?.[1]
  const length = entry !== undefined && /^\d{1,15}$/.test(entry) ? Number(entry) : undefined
  return length !== undefined && bodyLength !== undefined && length <= bodyLength ? length : undefined
}

/**
 * Bytes of the plaintext of an object as far as its metadata tells; undefined where it tells nothing: then the object is not encrypted, or its envelope
 * is in an instruction file. **Not authenticated.**
 */
export function statedLength(
  metadata: ObjectMetadata | undefined,
  bodyLength: number | undefined,
  maxEnvelopeBytes: number,
): number | undefined {
  try {
    const placement = placeEnvelope(metadata ?? {}, maxEnvelopeBytes)
    if (placement.kind === 'split') return plaintextLengthOf(committingSuite, bodyLength)
    if (placement.kind === 'whole')
      return plaintextLengthOf(wholeEnvelope(placement.entries).suite, bodyLength) ?? hintedLength(metadata, bodyLength)
    return hintedLength(metadata, bodyLength)
  } catch {
    // Reading the object will say what is wrong with it.
    return undefined
  }
}
