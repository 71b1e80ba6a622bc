import { randomBytes } from 'node:crypto'
import { importKey, openTestToken } from '../../../packages/pkcs11/test/hsm-keys.ts'
import { missingFor, setUpHsm } from '../../support/hsm.ts'
import type { Fields } from '../protocol.ts'

/** One AES key, in an HSM and in memory. */
export interface SharedHsmKey extends Disposable {
  readonly inHsm: Fields
  readonly inMemory: Fields
}

/** Why there is no HSM here. */
export const missingHsm: string | undefined = missingFor('softhsm2-faulty')

/** Puts a key into a token of SoftHSM2. The library finds its files by itself, so that our driver needs no other environment. */
export async function makeSharedHsmKey(): Promise<SharedHsmKey> {
  const hsm = setUpHsm('softhsm2-faulty')
  const key = randomBytes(32)
  const [namespace, label] = ['interop', 'hsm-aes-256/v0001']
  await using token = openTestToken(hsm)
  await importKey(token, label, key)
  return {
    inHsm: { type: 'hsm', module: hsm.library, token: hsm.token.label, pin: hsm.token.pin, label, namespace },
    inMemory: { type: 'raw-aes', namespace, name: label, key },
    [Symbol.dispose]: () => hsm[Symbol.dispose](),
  }
}
