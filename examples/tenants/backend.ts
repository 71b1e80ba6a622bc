import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { KMSClient } from '@aws-sdk/client-kms'
import { startEmbeddedDynamoDB, startEmbeddedKms } from '@strongroom/testing'

/** A DynamoDB and a KMS to play against, with two KMS keys. */
export interface Backend extends AsyncDisposable {
  readonly dynamodb: DynamoDBClient
  readonly kms: KMSClient
  /** The service's own KMS key. */
  readonly serviceKey: string
  /** The KMS key of a tenant that brings its own. */
  readonly tenantKey: string
  /** The calls since this was last called, as text. */
  calls(): string
}

/** Starts the embedded endpoints: no Docker, no AWS account. On AWS, the clients are all there is to it. */
export async function embeddedBackend(): Promise<Backend> {
  const [dynamodb, kms] = await Promise.all([startEmbeddedDynamoDB(), startEmbeddedKms()])
  const clients = [new DynamoDBClient(dynamodb.clientConfig), new KMSClient(kms.clientConfig)] as const
  return {
    dynamodb: clients[0],
    kms: clients[1],
    serviceKey: kms.createKey('alias/service'),
    tenantKey: kms.createKey('alias/green'),
    calls() {
      const counts = Object.entries({ ...dynamodb.calls.byOperation(), ...kms.calls.byOperation() })
      dynamodb.calls.reset()
      kms.calls.reset()
      return counts.map(([operation, count]) => `${count} ${operation}`).join(', ') || 'none'
    },
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.destroy()
      await Promise.all([dynamodb.close(), kms.close()])
    },
  }
}
