import { dockerAnswers } from './docker-engine.ts'

/** A LocalStack to test against, or why there is none. */
export type LocalStackServer = { readonly endpoint: string; stop(): Promise<void> } | { readonly missing: string }

// The last release that needs no account.
const IMAGE = 'localstack/localstack:4.14.0'
const SERVICES = 's3,kms,kinesis,dynamodb,dynamodbstreams,sts'

/** The one that runs at STRONGROOM_ENDPOINT, else a container of this run, else none. */
export async function startLocalStack(environment: NodeJS.ProcessEnv = process.env): Promise<LocalStackServer> {
  const given = environment.STRONGROOM_ENDPOINT
  if (given !== undefined && given !== '') return { endpoint: given, stop: async () => {} }
  if (!(await dockerAnswers(environment))) return { missing: 'no Docker engine answers and STRONGROOM_ENDPOINT is not set' }
  try {
    const { LocalstackContainer } = await import('@testcontainers/localstack')
    const container = await new LocalstackContainer(IMAGE).withEnvironment({ SERVICES, STRICT_SERVICE_LOADING: '1' }).start()
    return {
      endpoint: container.getConnectionUri(),
      stop: async () => {
        await container.stop()
      },
    }
  } catch (error) {
    return { missing: `${IMAGE} cannot be started: ${error instanceof Error ? error.message : String(error)}` }
  }
}
