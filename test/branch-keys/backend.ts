import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { KMSClient } from '@aws-sdk/client-kms'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { type StoreLab, startStoreLab } from '../../packages/kms/test/store-lab.ts'

/** A table with some branch keys, and a key store whose clients give up. */
export interface Backend extends Pick<StoreLab, 'dynamodb' | 'kms' | 'keyId'>, AsyncDisposable {
  readonly keyStore: ReturnType<StoreLab['store']>
  /** The calls since this was last called. */
  calls(): Readonly<Record<string, number>>
}

/** Starts one with a branch key of each id. Clients wait for an answer as long as they are told, in milliseconds, else for ever. */
export async function startBackend(branchKeyIds: readonly string[], requestTimeout = 0): Promise<Backend> {
  const lab = await startStoreLab()
  const { dynamodb, kms, keyId } = lab
  // Each call is tried once: what is tested is the cache, not the SDK's patience.
  const impatient = { maxAttempts: 1, requestHandler: new NodeHttpHandler({ requestTimeout, throwOnRequestTimeout: true }) }
  const client = new DynamoDBClient({ ...dynamodb.clientConfig, ...impatient })
  const kmsClient = new KMSClient({ ...kms.clientConfig, ...impatient })
  const keyStore = lab.store({ client, kms: { keyId, client: kmsClient } })
  for (const branchKeyId of branchKeyIds) await keyStore.createKey({ branchKeyId, encryptionContext: { tenant: branchKeyId } })
  const calls = () => {
    const seen = { ...dynamodb.calls.byOperation(), ...kms.calls.byOperation() }
    dynamodb.calls.reset()
    kms.calls.reset()
    return seen
  }
  calls()
  return {
    dynamodb,
    kms,
    keyId,
    keyStore,
    calls,
    async [Symbol.asyncDispose]() {
      client.destroy()
      kmsClient.destroy()
      await lab[Symbol.asyncDispose]()
    },
  }
}
