import { constants, createPublicKey, type KeyObject, privateDecrypt, publicEncrypt } from 'node:crypto'
import { StrongroomError } from '../errors.ts'

const verdicts = new WeakMap<KeyObject, boolean>()

/**
 * Throws unless the runtime decrypts PKCS#1 v1.5 with implicit rejection: malformed padding must give random bytes, not an error, or an
 * attacker who submits messages can decrypt with the errors (Bleichenbacher; CVE-2023-46809). Runtimes without it either refuse or, when told
 * to revert that fix, leak; a block that is certainly malformed tells all three apart.
 *
 * @throws `RUNTIME_UNSUPPORTED`
 */
export function assertImplicitRejection(privateKey: KeyObject): void {
  let safe = verdicts.get(privateKey)
  if (safe === undefined) {
    safe = rejectsImplicitly(privateKey)
    verdicts.set(privateKey, safe)
  }
  if (safe) return
  throw new StrongroomError(
    'RUNTIME_UNSUPPORTED',
    'This runtime cannot decrypt RSA PKCS#1 v1.5 safely: its OpenSSL has no implicit rejection. Use a newer Node.js, or wrap with OAEP.',
  )
}

function rejectsImplicitly(privateKey: KeyObject): boolean {
  const bytes = Math.ceil((privateKey.asymmetricKeyDetails?.modulusLength ?? 0) / 8)
  // A decryption block starts 00 02; this one starts 00 01.
  const malformed = Buffer.alloc(bytes, 1)
  malformed[0] = 0
  try {
    const sealed = publicEncrypt({ key: createPublicKey(privateKey), padding: constants.RSA_NO_PADDING }, malformed)
    privateDecrypt({ key: privateKey, padding: constants.RSA_PKCS1_PADDING }, sealed)
    return true
  } catch {
    return false
  }
}
