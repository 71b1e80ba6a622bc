import { type Keyring, StrongroomError } from '@strongroom/core'

/** A keyring that opens and does not write, not even data keys of others: nobody is left out of a message in silence. */
export function decryptOnly(name: string, unwrap: Keyring['unwrap']): Keyring {
  return {
    async recipients() {
      throw new StrongroomError(
        'KEYRING_CANNOT_ENCRYPT',
        `${name} only decrypts, since it names no key. Encrypt with kmsKeyring, and give this one to the client that decrypts.`,
      )
    },
    unwrap,
  }
}
