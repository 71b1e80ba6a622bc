/**
 * The provider info of ECDH keyrings (integers big-endian, sizes in bytes). Points are compressed, of 33, 49 or 67 bytes.
 *
 *     01 | length(4) of recipient's point | recipient's point | length(4) of sender's point | sender's point
 *
 * Source: specification, "Raw ECDH Keyring", "AWS KMS ECDH Keyring".
 */
import type { EcCurve } from '../agreement-key.ts'
import { pointLength } from '../keys/ec-curve.ts'

const VERSION = 1

/** The two public keys that a data key was wrapped between, as compressed points. */
export interface EcdhParties {
  readonly recipient: Uint8Array
  readonly sender: Uint8Array
}

/** The provider info of two parties. */
export function ecdhInfo({ recipient, sender }: EcdhParties): Uint8Array {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(recipient.length)
  return Buffer.concat([Buffer.of(VERSION), length, recipient, length, sender])
}

/** The parties that provider info names, or undefined where it is not of the layout and of this curve. The points are not checked. */
export function parseEcdhInfo(info: Uint8Array, curve: EcCurve): EcdhParties | undefined {
  const length = pointLength(curve)
  if (info.length !== 1 + 2 * (4 + length)) return undefined
  const parties = { recipient: info.slice(5, 5 + length), sender: info.slice(9 + length) }
  return Buffer.compare(ecdhInfo(parties), info) === 0 ? parties : undefined
}
