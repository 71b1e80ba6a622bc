import { KinesisClient, ListStreamsCommand } from '@aws-sdk/client-kinesis'
import { KMSClient, ListKeysCommand } from '@aws-sdk/client-kms'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import type { TestProject } from 'vitest/node'
import { localstackConfig } from './localstack.ts'
import { startLocalStack } from './localstack-server.ts'

const WARM_UP_MS = 60_000

/** Global set-up of the integration tests: one LocalStack for the whole run. Without one they are skipped, and with CI=true the run fails. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startLocalStack()
  if ('missing' in server) {
    if (process.env.CI === 'true') throw new Error(`LocalStack is needed with CI=true: ${server.missing}`)
    project.provide('localstack', { missing: server.missing })
    return async () => {
      console.log(
        `Skipped: integration tests on LocalStack (${server.missing}). To run them: docker compose -f docker/compose.yaml up -d --wait && STRONGROOM_ENDPOINT=http://127.0.0.1:4566 npm test`,
      )
    }
  }
  await warmUp(server.endpoint)
  project.provide('localstack', { endpoint: server.endpoint })
  return () => server.stop()
}

// LocalStack loads a service at its first call, which can take longer than a test may.
async function warmUp(endpoint: string): Promise<void> {
  const abortSignal = AbortSignal.timeout(WARM_UP_MS)
  const kms = new KMSClient(localstackConfig(endpoint))
  const kinesis = new KinesisClient({ ...localstackConfig(endpoint), requestHandler: new NodeHttpHandler() })
  await kms.send(new ListKeysCommand({}), { abortSignal })
  await kinesis.send(new ListStreamsCommand({}), { abortSignal })
  kms.destroy()
  kinesis.destroy()
}
