import type { Keyring } from '@strongroom/core'
import { given } from './given.ts'
import type { HierarchicalRequest, KeyStoreRequest, TableKeyStore } from './hierarchical-requests.ts'
import type { KmsKeyringRequest } from './kms-requests.ts'

// Loaded when first asked for: the SDK takes longer to load than all the rest.
const kms = () => import('@strongroom/kms')

const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }

/** Our keyring of KMS keys. */
export async function kmsKeyringOf(request: KmsKeyringRequest): Promise<Keyring> {
  const { kmsDiscoveryKeyring, kmsEcdhKeyring, kmsKeyring, kmsMrkKeyring, kmsRsaKeyring, limitRegions, regionClients } = await kms()
  const everywhere = regionClients({ endpoint: request.endpoint, credentials })
  if (request.type === 'kms-discovery') {
    const { accounts, partition, region } = request
    return kmsDiscoveryKeyring({
      accounts,
      clientFor: everywhere,
      ...given('partition', partition),
      ...given('regions', region === undefined ? undefined : [region]),
    })
  }
  const { keyId, region } = request
  const clientFor = limitRegions([region], everywhere)
  switch (request.type) {
    case 'kms':
      return kmsKeyring({ generatorKeyId: keyId, clientFor })
    case 'kms-mrk':
      return kmsMrkKeyring({ generatorKeyId: keyId, clientFor })
    case 'kms-rsa':
      return kmsRsaKeyring({ keyId, clientFor, padding: request.padding, ...given('publicKey', request.publicKey) })
    case 'kms-ecdh': {
      const { schema, curve, publicKey, recipientPublicKey } = request
      const own = { keyId, clientFor, curve, ...given('publicKey', publicKey) }
      return schema === 'static'
        ? kmsEcdhKeyring({ ...own, schema, ...given('recipientPublicKey', recipientPublicKey) } as Parameters<typeof kmsEcdhKeyring>[0])
        : kmsEcdhKeyring({ ...own, schema })
    }
  }
}

/** Our keyring over a branch key. */
export async function hierarchicalKeyringOf({ branchKeyId, ttlMs, keyStore }: HierarchicalRequest): Promise<Keyring> {
  const { hierarchicalKeyring } = await kms()
  return hierarchicalKeyring({
    keyStore: await keyStoreOf(keyStore),
    branchKeyId,
    // Given keys never expire, so ttlMs means nothing to them.
    ...given('cache', 'static' in keyStore || ttlMs === undefined ? undefined : { ttlMs }),
  })
}

async function keyStoreOf(request: KeyStoreRequest) {
  if (!('static' in request)) return tableKeyStoreOf(request)
  const { staticKeyStore } = await kms()
  return staticKeyStore(
    request.static.map(({ beaconKey, active, ...key }) => ({
      ...key,
      ...given('beaconKey', beaconKey),
      ...given('active', active || undefined),
    })),
  )
}

/** Our key store in a table. */
export async function tableKeyStoreOf({ table, logicalName, kmsKeyArn, endpoint }: TableKeyStore) {
  const [{ createKeyStore }, { DynamoDBClient }, { regionClients }] = await Promise.all([
    import('@strongroom/kms/branch-keys'),
    import('@aws-sdk/client-dynamodb'),
    kms(),
  ])
  return createKeyStore({
    client: new DynamoDBClient({ endpoint, region: kmsKeyArn.split(':')[3] ?? '', credentials }),
    tableName: table,
    logicalName,
    kms: { keyId: kmsKeyArn, clientFor: regionClients({ endpoint, credentials }) },
  })
}
