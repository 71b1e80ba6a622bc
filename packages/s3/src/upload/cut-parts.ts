import { s3Error } from '../errors.ts'

/** Parts that S3 puts one object together of. */
export const MOST_PARTS = 10_000

/** A part of an encrypted body. */
export interface BodyPart {
  /** From 1. */
  readonly number: number
  /** Bytes of its own, which no later part shares: they are sent again as they are. */
  readonly data: Uint8Array
  /** Whether it is the last. */
  readonly isLast: boolean
}

/**
 * Cuts a body into parts of one size, in order. The last has what is left, the tag or a piece of it included, and at least one byte; so that no part is
 * made for a tag alone where a part before could still have taken it.
 *
 * @param length - bytes of the body, where they are known: short bodies get no more memory than they need.
 * @throws `OBJECT_TOO_LARGE`
 */
export async function* cutParts(
  body: AsyncIterable<Uint8Array>,
  partSize: number,
  length: number | undefined,
): AsyncGenerator<BodyPart, void, undefined> {
  let number = 1
  let filled = 0
  let left = length ?? Number.POSITIVE_INFINITY
  const allocate = (): Buffer => Buffer.allocUnsafeSlow(Math.max(1, Math.min(partSize, left)))
  let data = allocate()
  for await (const piece of body) {
    for (let at = 0; at < piece.length; ) {
      if (filled === data.length) {
        yield { number, data, isLast: false }
        if (number === MOST_PARTS) throw tooManyParts(partSize)
        number += 1
        left -= filled
        data = allocate()
        filled = 0
      }
      const taken = Math.min(piece.length - at, data.length - filled)
      data.set(piece.subarray(at, at + taken), filled)
      at += taken
      filled += taken
    }
  }
  yield { number, data: data.subarray(0, filled), isLast: true }
}

/** The error of a body that does not fit into the parts that S3 allows. */
export function tooManyParts(partSize: number): Error {
  return s3Error(
    'OBJECT_TOO_LARGE',
    `The object has more than ${MOST_PARTS} parts of ${partSize} bytes, which is all that S3 takes. Give a larger partSize.`,
    { option: 'partSize' },
  )
}
