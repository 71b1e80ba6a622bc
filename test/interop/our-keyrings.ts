import { type Keyring, multiKeyring, type RawEcdhKeyringOptions, rawAesKeyring, rawEcdhKeyring, rawRsaKeyring } from '@strongroom/core'
import { given } from './given.ts'
import { hsmKeyringOf } from './hsm-keyrings.ts'
import type { KeyringRequest } from './keyring-requests.ts'
import { hierarchicalKeyringOf, kmsKeyringOf } from './kms-keyrings.ts'

/** Makes our keyring that a request describes. */
export async function keyringOf(request: KeyringRequest): Promise<Keyring> {
  switch (request.type) {
    case 'raw-aes':
      return rawAesKeyring({ namespace: request.namespace, name: request.name, key: request.key })
    case 'raw-rsa': {
      const { namespace, name, padding, publicKey, privateKey } = request
      return rawRsaKeyring({ namespace, name, padding, ...given('publicKey', publicKey), ...given('privateKey', privateKey) })
    }
    case 'raw-ecdh': {
      const { curve, schema, privateKey, recipientPublicKey } = request
      const keys = { ...given('privateKey', privateKey), ...given('recipientPublicKey', recipientPublicKey) }
      return rawEcdhKeyring({ curve, schema, ...keys } as RawEcdhKeyringOptions)
    }
    case 'multi':
      return multiKeyring({
        ...given('generator', request.generator && (await keyringOf(request.generator))),
        children: await Promise.all(request.children.map(keyringOf)),
      })
    case 'hierarchical':
      return await hierarchicalKeyringOf(request)
    case 'hsm':
      return hsmKeyringOf(request)
    default:
      return await kmsKeyringOf(request)
  }
}
