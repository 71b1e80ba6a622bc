import { GetPublicKeyCommand, type GetPublicKeyResponse } from '@aws-sdk/client-kms'
import type { CallOptions } from '@strongroom/core'
import { SharedCall } from '@strongroom/core/keyring-tools'
import { KmsKeyError } from './errors.ts'
import type { KeyArn } from './key-arn.ts'
import { unusableAnswer } from './kms-call.ts'
import type { KmsCalls } from './kms-calls.ts'

/** What a key pair has to be for. */
export interface WantedKey {
  /** KMS's word for it. */
  readonly usage: 'ENCRYPT_DECRYPT' | 'KEY_AGREEMENT'
  /** What its spec starts with, or is. */
  readonly spec: string
  /** In words, for errors: `an RSA key that encrypts`. */
  readonly what: string
}

/**
 * The public half of a key pair in KMS, made into something once. It never changes, so that it is asked for once; callers that ask together make one
 * call, and a failure is not kept.
 *
 * @param make - takes the SubjectPublicKeyInfo; what it throws says that KMS answered no such key.
 */
export function publicHalf<T>(
  key: KeyArn,
  calls: KmsCalls,
  wanted: WantedKey,
  make: (spki: Uint8Array) => T,
): (options?: CallOptions) => Promise<T> {
  const operation = 'GetPublicKey'
  let kept: { readonly value: T } | undefined
  let underWay: SharedCall<T> | undefined

  function read({ PublicKey, KeyUsage, KeySpec }: GetPublicKeyResponse): T {
    if (KeyUsage !== wanted.usage || KeySpec?.startsWith(wanted.spec) !== true) throw otherKind(key, wanted, `${KeySpec} for ${KeyUsage}`)
    try {
      return make(Uint8Array.from(PublicKey ?? []))
    } catch {
      throw unusableAnswer(operation, key, 'no public key of its spec')
    }
  }

  function start(): SharedCall<T> {
    const call = new SharedCall((signal) =>
      calls.make(
        {
          operation,
          command: new GetPublicKeyCommand({ KeyId: key.arn, ...calls.tokens }),
          send: (client, command, sending) => client.send(command, sending),
          read,
        },
        { signal },
      ),
    )
    const ended = () => {
      if (underWay === call) underWay = undefined
    }
    call.result.then((value) => {
      kept = { value }
      ended()
    }, ended)
    return call
  }

  return async ({ signal } = {}) => {
    signal?.throwIfAborted()
    if (kept !== undefined) return kept.value
    if (underWay === undefined || underWay.abandoned) underWay = start()
    return await underWay.wait(signal)
  }
}

function otherKind({ arn, region }: KeyArn, { what }: WantedKey, found: string): KmsKeyError {
  return new KmsKeyError('KEY_OPERATIONAL', `The KMS key ${arn} is ${found}; ${what} is needed. Name another key.`, { keyId: arn, region })
}
