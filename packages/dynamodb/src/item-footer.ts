/**
 * The footer of an encrypted item, in the attribute `aws_dbe_foot` (sizes in bytes).
 *
 *     for each encrypted data key, in the order of the header: HMAC-SHA384(its MAC key, digest)(48)
 *     suite 6701: ECDSA-P384-SHA384(digest), DER(103)
 *
 *     digest: SHA-384(header | length of the context(8) | context | signed attributes)
 *
 * The context is the whole one, serialised as in the header. The digest is the message of HMAC and ECDSA, which hash it again.
 *
 * Source: DB-ESDK specification, "Structured Encryption Footer", as the official clients implement it.
 */
import { hash, type KeyObject, timingSafeEqual } from 'node:crypto'
import type { EncryptionContext, SecretBytes, Suite } from '@strongroom/core'
import { hmacOf, signFixedLength, verifySignature } from '@strongroom/core/keyring-tools'
import { ByteWriter } from './byte-writer.ts'
import type { ItemFields } from './item-fields.ts'
import { itemContext } from './item-header.ts'

const MAC = 48
const LENGTH = 8

/** What the footer signs. */
export function itemDigest(header: Uint8Array, context: EncryptionContext, fields: ItemFields): Uint8Array {
  const serialised = itemContext(context)
  const record = fields.bytes
  // One buffer and one call: cheaper than a hash object that is fed in four.
  const all = new ByteWriter(header.length + LENGTH + serialised.length + record.length)
  all.data(header)
  all.u32(0)
  all.u32(serialised.length)
  all.data(serialised)
  all.data(record)
  const digest = hash('sha384', all.bytes, 'buffer')
  all.release()
  return digest
}

/** Makes a footer. */
export async function makeFooter(
  suite: Suite,
  digest: Uint8Array,
  macKeys: readonly SecretBytes[],
  signingKey: KeyObject | undefined,
): Promise<Uint8Array> {
  const { signature } = suite
  const footer = new Uint8Array(MAC * macKeys.length + (signature?.signatureLength ?? 0))
  for (const [index, key] of macKeys.entries()) footer.set(macOf(key, digest), index * MAC)
  if (signature !== undefined && signingKey !== undefined)
    footer.set(await signFixedLength(signature, signingKey, digest), MAC * macKeys.length)
  return footer
}

/** Verifies a footer: one of its codes has to be of this MAC key, and the signature right. */
export async function verifyFooter(
  footer: Uint8Array,
  suite: Suite,
  digest: Uint8Array,
  keys: { readonly edks: number; readonly macKey: SecretBytes; readonly verificationKey: KeyObject | undefined },
): Promise<boolean> {
  const { signature } = suite
  const macs = MAC * keys.edks
  if (footer.length !== macs + (signature?.signatureLength ?? 0)) return false
  const expected = macOf(keys.macKey, digest)
  let found = false
  for (let at = 0; at < macs; at += MAC) found = timingSafeEqual(expected, footer.subarray(at, at + MAC)) || found
  if (!found) return false
  if (signature === undefined) return true
  return keys.verificationKey !== undefined && (await verifySignature(signature, keys.verificationKey, digest, footer.subarray(macs)))
}

function macOf(key: SecretBytes, digest: Uint8Array): Uint8Array {
  return key.use((bytes) => hmacOf('sha384', bytes, digest))
}
