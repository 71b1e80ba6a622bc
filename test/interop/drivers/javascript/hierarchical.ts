import { BranchKeyStoreNode, type KeyringNode, KmsHierarchicalKeyRingNode } from '@aws-crypto/client-node'
import { NodeBranchKeyMaterial } from '@aws-crypto/material-management'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { KMSClient } from '@aws-sdk/client-kms'
import type { HierarchicalRequest, KeyStoreRequest, StoredBranchKey, TableKeyStore } from '../../hierarchical-requests.ts'

const HOUR = 3600 // seconds

/** The client's keyring over a branch key. */
export function hierarchicalKeyring({ branchKeyId, ttlMs, keyStore }: HierarchicalRequest, utf8Sorting: boolean): KeyringNode {
  const cacheLimitTtl = ttlMs === undefined ? HOUR : ttlMs / 1000
  return new KmsHierarchicalKeyRingNode({ branchKeyId, cacheLimitTtl, keyStore: keyStoreOf(keyStore), utf8Sorting })
}

type StoreOptions = ConstructorParameters<typeof BranchKeyStoreNode>[0]

function keyStoreOf(request: KeyStoreRequest): BranchKeyStoreNode {
  return 'static' in request ? new StaticKeyStore(request.static) : tableKeyStoreOf(request)
}

/** The client's key store in a table. */
export function tableKeyStoreOf(request: TableKeyStore): BranchKeyStoreNode {
  return new BranchKeyStoreNode(storeOptions(request))
}

function storeOptions({ table, logicalName, kmsKeyArn, endpoint }: TableKeyStore): StoreOptions {
  const config = { endpoint, region: kmsKeyArn.split(':')[3] ?? '', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } }
  // The client brings classes of its own of the SDK's clients; these are the same at run time.
  return {
    logicalKeyStoreName: logicalName,
    kmsConfiguration: { identifier: kmsKeyArn },
    storage: { ddbTableName: table, ddbClient: new DynamoDBClient(config) },
    keyManagement: { kmsClient: new KMSClient(config) },
  } as unknown as StoreOptions
}

/** Branch keys that are given, without a table and without KMS. */
class StaticKeyStore extends BranchKeyStoreNode {
  readonly #keys: readonly StoredBranchKey[]

  constructor(keys: readonly StoredBranchKey[]) {
    const none = { table: 'static', logicalName: 'static', endpoint: 'http://127.0.0.1:9' }
    super(storeOptions({ ...none, kmsKeyArn: 'arn:aws:kms:us-east-1:000000000000:key/none' }))
    this.#keys = keys
  }

  override async getActiveBranchKey(id: string): Promise<NodeBranchKeyMaterial> {
    return this.#find(id, ({ active }) => active)
  }

  override async getBranchKeyVersion(id: string, version: string): Promise<NodeBranchKeyMaterial> {
    return this.#find(id, (key) => key.version === version)
  }

  #find(id: string, wanted: (key: StoredBranchKey) => boolean): NodeBranchKeyMaterial {
    const key = this.#keys.find((candidate) => candidate.branchKeyId === id && wanted(candidate))
    if (key === undefined) throw new Error(`no such version of branch key ${id}`)
    return new NodeBranchKeyMaterial(Buffer.from(key.branchKey), id, key.version, {})
  }
}
