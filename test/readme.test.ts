import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { startEmbeddedDynamoDB, startEmbeddedKinesis, startEmbeddedKms } from '@strongroom/testing'
import { expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '..')
const programs = [...readFileSync(resolve(root, 'README.md'), 'utf8').matchAll(/```ts\n(.*?)```/gs)].map(([, program]) => program as string)

/** Runs a program as it stands in the README, the environment being all that is given to it. */
async function run(program: string | undefined, environment: Record<string, string> = {}): Promise<string> {
  expect(program).toBeDefined()
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--conditions=@strongroom/source', '--input-type=module-typescript', '--eval', program as string],
    { cwd: root, env: { ...process.env, ...environment }, timeout: 60_000 },
  )
  return stdout
}

it('has three programs', () => expect(programs).toHaveLength(3))

it('runs the Kinesis program of the README as it stands', async () => {
  await using kms = await startEmbeddedKms()
  await using kinesis = await startEmbeddedKinesis()
  kinesis.createStream('orders')
  const output = await run(programs[0], {
    KMS_KEY_ARN: kms.createKey(),
    AWS_ENDPOINT_URL_KMS: kms.endpoint,
    AWS_ENDPOINT_URL_KINESIS: kinesis.endpoint,
    AWS_REGION: kms.region,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  })
  expect(output.trim()).toBe('{"order":1,"card":"4111"}')
  expect(kms.calls.byOperation()).toEqual({ GenerateDataKey: 1, Decrypt: 1 })
  expect(
    kinesis.requests.some(({ body }) =>
      Buffer.from(body).toString('latin1').includes(Buffer.from('{"order"').toString('base64').slice(0, 8)),
    ),
  ).toBe(false)
})

it('runs the DynamoDB program as it stands', async () => {
  await using kms = await startEmbeddedKms()
  await using dynamodb = await startEmbeddedDynamoDB()
  const client = new DynamoDBClient(dynamodb.clientConfig)
  await client.send(
    new CreateTableCommand({
      TableName: 'orders',
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    }),
  )
  client.destroy()
  const output = await run(programs[1], {
    KMS_KEY_ARN: kms.createKey(),
    AWS_ENDPOINT_URL_KMS: kms.endpoint,
    AWS_ENDPOINT_URL_DYNAMODB: dynamodb.endpoint,
    AWS_REGION: kms.region,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  })
  expect(JSON.parse(output)).toEqual({ id: 'order-1', status: 'open', card: '4111' })
  expect(dynamodb.requests.some(({ body }) => Buffer.from(body).includes('4111'))).toBe(false)
})

it('runs the program on bytes as it stands', async () => {
  expect((await run(programs[2])).trim()).toBe('hello opened by kek-2026')
})
