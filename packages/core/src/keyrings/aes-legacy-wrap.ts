/**
 * Two ways in which data keys were wrapped before AES-GCM: by clients for Amazon S3 only, which still have objects of that time to read.
 *
 *     aes-kw:         AES Key Wrap (RFC 3394), 8 bytes longer than the data key; the default IV is its integrity check
 *     aes-ecb-pkcs5:  AES-ECB with padding, up to a whole number of blocks; nothing but the padding shows that it is intact
 */
import { createDecipheriv, type KeyObject } from 'node:crypto'
import { StrongroomError } from '../errors.ts'
import { SecretBytes } from '../secret-bytes.ts'

const KEY_WRAP_IV = Buffer.alloc(8, 0xa6)
/** A data key of 32 bytes with a block of padding; nothing longer was ever wrapped. */
const LONGEST = 48

/** Opens a legacy wrap with an AES key. Nothing writes them. */
export function openLegacyWrap(name: string, key: KeyObject, wrap: 'aes-kw' | 'aes-ecb-pkcs5', sealed: Uint8Array): SecretBytes {
  const bits = (key.symmetricKeySize as number) * 8
  try {
    if (sealed.length < 16 || sealed.length > LONGEST) throw new RangeError('not the length of a wrapped key')
    const decipher =
      wrap === 'aes-kw' ? createDecipheriv(`id-aes${bits}-wrap`, key, KEY_WRAP_IV) : createDecipheriv(`aes-${bits}-ecb`, key, null)
    const first = decipher.update(sealed)
    const opened = Buffer.concat([first, decipher.final()])
    first.fill(0)
    return SecretBytes.take(opened)
  } catch {
    // Without a cause: what OpenSSL says of a padding is nobody's to know.
    throw new StrongroomError('MESSAGE_INVALID', `The encrypted data key does not open under ${name}.`)
  }
}
