/**
 * RSAES-OAEP (RFC 8017, 7.1.2) with SHA-256 for the label and SHA-1 for the masks: what Java writes by the name
 * `RSA/ECB/OAEPWithSHA-256AndMGF1Padding`, and OpenSSL offers through no interface of Node.js.
 *
 *     block: 0 | masked seed(32) | masked (SHA-256 of the empty label(32) | zeros | 1 | message)
 */
import { constants, createHash, type KeyObject, privateDecrypt } from 'node:crypto'
import { StrongroomError } from '../errors.ts'
import { SecretBytes } from '../secret-bytes.ts'

const HASH_LENGTH = 32
const MASK_HASH_LENGTH = 20
const LABEL_HASH = createHash('sha256').digest()

/** Opens a block that is as long as the modulus. Every failure is the same error, found out in the same number of steps. */
export function openMixedOaep(name: string, privateKey: KeyObject, sealed: Uint8Array): SecretBytes {
  const failed = (): StrongroomError => new StrongroomError('MESSAGE_INVALID', `The encrypted data key does not open under ${name}.`)
  let block: Buffer
  try {
    block = privateDecrypt({ key: privateKey, padding: constants.RSA_NO_PADDING }, sealed)
  } catch {
    throw failed()
  }
  try {
    if (block.length < 2 * HASH_LENGTH + 2) throw failed()
    const seed = block.subarray(1, 1 + HASH_LENGTH)
    const data = block.subarray(1 + HASH_LENGTH)
    unmask(seed, data)
    unmask(data, seed)
    // Which of the checks fails must not be told by time either (Manger): all of them are made, over all bytes.
    let wrong = block[0] as number
    for (let at = 0; at < HASH_LENGTH; at += 1) wrong |= (data[at] as number) ^ (LABEL_HASH[at] as number)
    let searching = 1
    let start = 0
    for (let at = HASH_LENGTH; at < data.length; at += 1) {
      const byte = data[at] as number
      const isZero = ((byte - 1) >>> 31) & 1
      const isOne = (((byte ^ 1) - 1) >>> 31) & 1
      wrong |= searching & ~(isZero | isOne) & 1
      start |= (at + 1) * (searching & isOne)
      searching &= isOne ^ 1
    }
    if ((wrong | searching) !== 0) throw failed()
    return SecretBytes.copyOf(data.subarray(start))
  } finally {
    block.fill(0)
  }
}

/** Takes the mask that MGF1 with SHA-1 makes of `seed` off `target`. */
function unmask(target: Buffer, seed: Uint8Array): void {
  const counter = Buffer.alloc(4)
  for (let at = 0, index = 0; at < target.length; at += MASK_HASH_LENGTH, index += 1) {
    counter.writeUInt32BE(index)
    const mask = createHash('sha1').update(seed).update(counter).digest()
    const length = Math.min(MASK_HASH_LENGTH, target.length - at)
    for (let offset = 0; offset < length; offset += 1) {
      target[at + offset] = (target[at + offset] as number) ^ (mask[offset] as number)
    }
    mask.fill(0)
  }
}
