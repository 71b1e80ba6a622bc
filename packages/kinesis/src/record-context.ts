import type { EncryptionContext } from '@strongroom/core'

/** The encryption context of every record of a stream. It is wire format: writers and readers have to agree on it to the byte. */
export function recordContext(entry: string): EncryptionContext {
  return { 'strongroom-purpose': 'kinesis-record', 'strongroom-stream': entry }
}
