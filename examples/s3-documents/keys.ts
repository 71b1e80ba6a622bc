import { generateKeyPairSync } from 'node:crypto'
import { KMSClient } from '@aws-sdk/client-kms'
import { type Keyring, rawRsaKeyring } from '@strongroom/core'
import { kmsKeyring } from '@strongroom/kms'
import { createHsmKey, hsmKeyring, openHsmToken } from '@strongroom/pkcs11'
import type { EmbeddedKms } from '@strongroom/testing'
import { type SoftHsm, startSoftHsm } from '../demo/soft-hsm.ts'

/** A place where a wrapping key can be. */
export interface KeyPlace extends AsyncDisposable {
  readonly name: string
  readonly keyring: Keyring
}

/** A key in KMS. On AWS: `new KMSClient({})`, and the ARN of your key. */
export function inKms(kms: EmbeddedKms): KeyPlace {
  const client = new KMSClient(kms.clientConfig)
  return {
    name: 'KMS',
    keyring: kmsKeyring({ generatorKeyId: kms.createKey(), client }),
    [Symbol.asyncDispose]: async () => client.destroy(),
  }
}

/** An RSA key pair. Who only writes needs its public half alone. */
export function inRsa(): KeyPlace {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 3072 })
  return {
    name: 'an RSA key pair',
    keyring: rawRsaKeyring({ namespace: 'documents', name: 'archive', padding: 'OAEP_SHA256', publicKey, privateKey }),
    [Symbol.asyncDispose]: async () => undefined,
  }
}

/** A key in an HSM, which is a token of SoftHSM2 here. */
export async function inHsm(): Promise<KeyPlace> {
  const hsm: SoftHsm = startSoftHsm(['documents'])
  const token = openHsmToken({ library: hsm.library, slot: { label: 'documents' }, pin: hsm.pin })
  await createHsmKey(token, { alias: 'archive' })
  return {
    name: 'an HSM',
    keyring: hsmKeyring({ token, namespace: 'documents', alias: 'archive' }),
    async [Symbol.asyncDispose]() {
      await token.close()
      hsm[Symbol.dispose]()
    },
  }
}
