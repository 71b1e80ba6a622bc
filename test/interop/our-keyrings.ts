import { type Keyring, multiKeyring, type RawEcdhKeyringOptions, rawAesKeyring, rawEcdhKeyring, rawRsaKeyring } from '@strongroom/core'
import { given } from './given.ts'
import type { HierarchicalRequest } from './hierarchical-requests.ts'
import type { KeyringRequest, KmsDiscoveryRequest, KmsRequest } from './keyring-requests.ts'
import { RequestError } from './protocol.ts'

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
    case 'kms':
    case 'kms-mrk':
    case 'kms-discovery':
      return await kmsKeyringOf(request)
    case 'hierarchical':
      return await hierarchicalKeyringOf(request)
  }
}

async function hierarchicalKeyringOf({ branchKeyId, keyStore }: HierarchicalRequest): Promise<Keyring> {
  // Given keys never expire, so ttlMs means nothing to them.
  if (!('static' in keyStore)) throw new RequestError('UNSUPPORTED', 'branch keys in a table come with a later release')
  const { hierarchicalKeyring, staticKeyStore } = await import('@strongroom/kms')
  const keys = keyStore.static.map(({ beaconKey, active, ...key }) => ({
    ...key,
    ...given('beaconKey', beaconKey),
    ...given('active', active || undefined),
  }))
  return hierarchicalKeyring({ keyStore: staticKeyStore(keys), branchKeyId })
}

async function kmsKeyringOf(request: KmsRequest | KmsDiscoveryRequest): Promise<Keyring> {
  // Loaded when first asked for: the SDK takes longer to load than all the rest.
  const { kmsDiscoveryKeyring, kmsKeyring, kmsMrkKeyring, limitRegions, regionClients } = await import('@strongroom/kms')
  const clientFor = regionClients({ endpoint: request.endpoint, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } })
  if (request.type === 'kms-discovery') {
    const { accounts, partition, region } = request
    return kmsDiscoveryKeyring({
      accounts,
      clientFor,
      ...given('partition', partition),
      ...given('regions', region === undefined ? undefined : [region]),
    })
  }
  const make = request.type === 'kms' ? kmsKeyring : kmsMrkKeyring
  return make({ generatorKeyId: request.keyId, clientFor: limitRegions([request.region], clientFor) })
}
