import type { EncryptionContext } from '@strongroom/core'
import type { ContentSuite } from '../content-suite.ts'
import type { WrapAlgorithm } from '../keys/wrap-algorithm.ts'

interface AnyEnvelope {
  /** How the body is encrypted. */
  readonly suite: ContentSuite
  readonly encryptedDataKey: Uint8Array
  /** Under KMS the whole encryption context, with the pairs that are the format's; else the materials description. Nothing where it is not there. */
  readonly description: EncryptionContext
}

/** V1: does not say how its data key is wrapped; that depends on the kind of the key. */
export interface EnvelopeV1 extends AnyEnvelope {
  readonly format: 'v1'
  readonly wrap: undefined
  readonly iv: Uint8Array
}

/** V2: the data key encrypts the body. */
export interface EnvelopeV2 extends AnyEnvelope {
  readonly format: 'v2'
  readonly wrap: WrapAlgorithm
  readonly iv: Uint8Array
}

/** V3: the key of the body is derived from the data key and the message id, which commits to it. */
export interface EnvelopeV3 extends AnyEnvelope {
  readonly format: 'v3'
  readonly wrap: WrapAlgorithm
  /** 28 bytes. */
  readonly messageId: Uint8Array
  /** 28 bytes. */
  readonly commitment: Uint8Array
}

/** What has to be known of an object to decrypt it, apart from its key. Nothing of it is authenticated before that was done. */
export type Envelope = EnvelopeV1 | EnvelopeV2 | EnvelopeV3
