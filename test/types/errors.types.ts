// Errors have closed sets of codes, and secrets are no bytes.
import { type CoreErrorCode, isStrongroomError, SecretBytes, StrongroomError } from '@strongroom/core'
import type { KinesisErrorCode } from '@strongroom/kinesis'
import type { KmsErrorCode } from '@strongroom/kms'

export function codes(error: unknown): void {
  const known: (CoreErrorCode | KinesisErrorCode | KmsErrorCode)[] = ['KEY_TRANSIENT', 'RECORD_TOO_LARGE', 'ENDPOINT_INSECURE']
  known.push('MESSAGE_INVALID')
  // @ts-expect-error KEY_TRANSIENTS: no such code
  known.push('KEY_TRANSIENTS')
  // @ts-expect-error unknown: anything may be thrown
  error.code
  if (isStrongroomError(error, 'KEY_TRANSIENT')) {
    const code: 'KEY_TRANSIENT' = error.code
    // @ts-expect-error KEY_OPERATIONAL: it is told which
    if (code === 'KEY_OPERATIONAL') return
    // @ts-expect-error read-only: what an error says stays
    error.option = 'keyring'
  }
  // @ts-expect-error hint: details are typed
  new StrongroomError('KEY_TRANSIENT', 'later', { hint: 'wait' })
}

export function secrets(): void {
  const secret = SecretBytes.random(32)
  secret.use((bytes) => bytes.length)
  // @ts-expect-error private: a secret is made by random, copyOf or take
  new SecretBytes(new Uint8Array(32))
  // @ts-expect-error Uint8Array: a secret is lent, not handed out
  const bytes: Uint8Array = secret
  // @ts-expect-error read-only: a secret has the length it has
  secret.length = bytes.length
}
