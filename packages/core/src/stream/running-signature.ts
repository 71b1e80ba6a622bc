import { createSign, createVerify, type KeyObject } from 'node:crypto'
import { StrongroomError } from '../errors.ts'
import { assertSigningKey, toDer, toFixedLength } from '../signature.ts'
import type { SuiteSignature } from '../suite.ts'

/**
 * One signature in 285 cannot be brought to the suite's one length. A whole message is then signed again; a stream is gone by then. So where
 * the length was promised, this many signatures are prepared side by side: none fits once in 20 million streams.
 */
const PREPARED = 3

/** Signs a message while it is made. */
export interface RunningSigner {
  update(bytes: Uint8Array): void
  /** The DER signature. Takes most of a millisecond. */
  sign(): Uint8Array
}

/** What OpenSSL signs with: answers r || s. */
interface Signer {
  update(bytes: Uint8Array): unknown
  sign(key: { readonly key: KeyObject; readonly dsaEncoding: 'ieee-p1363' }): Uint8Array
}

/**
 * Starts signing.
 *
 * @param isLengthPromised - demands the suite's one length, which costs three hashes instead of one.
 * @param start - starts one signature; given in by tests, which cannot wait for a short one.
 * @throws `MATERIALS_INVALID` where the key is not of the suite's curve.
 */
export function runningSigner(
  signature: SuiteSignature,
  key: KeyObject,
  isLengthPromised: boolean,
  start: (hash: string) => Signer = createSign,
): RunningSigner {
  assertSigningKey(signature, key)
  const signers = Array.from({ length: isLengthPromised ? PREPARED : 1 }, () => start(signature.hash))
  return {
    update(bytes) {
      for (const signer of signers) signer.update(bytes)
    },
    sign() {
      let rs: Uint8Array = new Uint8Array(0)
      for (const signer of signers) {
        rs = signer.sign({ key, dsaEncoding: 'ieee-p1363' })
        const der = toFixedLength(signature, rs)
        if (der !== undefined) return der
      }
      if (isLengthPromised) {
        throw new StrongroomError(
          'RUNTIME_UNSUPPORTED',
          'None of the signatures prepared for this stream has the promised length, which happens once in 20 million streams. Encrypt it again.',
        )
      }
      return toDer(signature, rs)
    },
  }
}

/** Verifies a message's signature while it arrives. */
export interface RunningVerifier {
  update(bytes: Uint8Array): void
  verify(der: Uint8Array): boolean
}

/** Starts verifying. */
export function runningVerifier(signature: SuiteSignature, key: KeyObject): RunningVerifier {
  const verifier = createVerify(signature.hash)
  return {
    update(bytes) {
      verifier.update(bytes)
    },
    verify(der) {
      return verifier.verify({ key, dsaEncoding: 'der' }, der)
    },
  }
}
