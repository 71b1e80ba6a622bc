import type { CallOptions, EncryptionContext, KeySet, WrappingKey } from '@strongroom/core'
import type { Envelope } from '../envelope/envelope.ts'
import { envelopeInvalid } from '../errors.ts'
import { callerPairs } from './encryption-context.ts'

/** The entry of a materials description that names the version of a key which has several. */
export const KEY_VERSION = 'strongroom-key-version'

/** A key that is read with, for the objects that carry a description. */
export interface DescribedKeys {
  readonly description: EncryptionContext
  readonly keys: KeySet<WrappingKey>
}

/**
 * The description that a key writes with: the caller's, and the version where there are several.
 */
export function writtenDescription(keys: KeySet<WrappingKey>, key: WrappingKey, description: EncryptionContext): EncryptionContext {
  return keys.versioned === true && key.kind !== 'kms' ? { ...description, [KEY_VERSION]: key.name } : description
}

/**
 * Chooses the key that opens an envelope: the additional one with the same description, else the main one; of that the version that the description
 * names, else the current one. A description is not authenticated, and chooses among the reader's own keys only.
 *
 * @throws `MESSAGE_INVALID` where there is no such version
 */
export async function readingKey(
  main: KeySet<WrappingKey>,
  additional: readonly DescribedKeys[],
  envelope: Envelope,
  call: CallOptions,
): Promise<WrappingKey> {
  const { version, description } = envelope.wrap?.kind === 'kms' ? kmsDescription(envelope) : keyDescription(envelope)
  const keys = additional.find((candidate) => sameDescription(candidate.description, description))?.keys ?? main
  if (version === undefined) return await keys.current(call)
  const key = await keys.named(version, call)
  if (key === undefined) throw envelopeInvalid('its materials description names a version of the key that is not there')
  return key
}

interface Description {
  readonly version?: string | undefined
  readonly description: EncryptionContext
}

/** KMS finds versions by itself; its description is the encryption context. */
function kmsDescription({ description }: Envelope): Description {
  return { description: callerPairs(description) }
}

function keyDescription(envelope: Envelope): Description {
  const { [KEY_VERSION]: version, ...description } = envelope.description
  return { version, description }
}

function sameDescription(one: EncryptionContext, other: EncryptionContext): boolean {
  const entries = Object.entries(one)
  return entries.length === Object.keys(other).length && entries.every(([key, value]) => Object.hasOwn(other, key) && other[key] === value)
}
