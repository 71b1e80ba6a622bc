import { KMSClient, ListKeysCommand } from '@aws-sdk/client-kms'
import type { NodeHttpHandler } from '@smithy/node-http-handler'
import { startEmbeddedKms } from '@strongroom/testing'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createClients } from './clients.ts'

const config = { credentials: { accessKeyId: 'test', secretAccessKey: 'test' } }

afterEach(() => {
  vi.unstubAllEnvs()
})

describe('createClients', () => {
  it('makes clients that do not wait for ever', async () => {
    await using kms = await startEmbeddedKms()
    vi.stubEnv('AWS_ENDPOINT_URL_KMS', kms.endpoint)
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'test')
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test')
    const client = (await createClients({})(kms.region)) as KMSClient
    await client.send(new ListKeysCommand({}))
    const handler = client.config.requestHandler as NodeHttpHandler
    expect(handler.httpHandlerConfigs()).toMatchObject({
      connectionTimeout: 3_000,
      requestTimeout: 10_000,
      throwOnRequestTimeout: true,
    })
    client.destroy()
  })

  it('makes one client a Region, when it is first asked for, and keeps it', async () => {
    const clients = createClients({})
    const [first, again, other] = await Promise.all([clients('eu-west-1'), clients('eu-west-1'), clients('us-gov-west-1')])
    expect(first).toBe(again)
    expect(other).not.toBe(first)
    expect([await first.config.region(), await other.config.region()]).toEqual(['eu-west-1', 'us-gov-west-1'])
  })

  it('asks clientFor once a Region', async () => {
    const asked: string[] = []
    const clients = createClients({
      clientFor: (region) => {
        asked.push(region)
        return new KMSClient({ ...config, region })
      },
    })
    await Promise.all(['eu-west-1', 'us-east-1', 'eu-west-1'].map(clients))
    expect(asked).toEqual(['eu-west-1', 'us-east-1'])
  })

  it('refuses a client of another Region, and names both', async () => {
    const client = new KMSClient({ ...config, region: 'us-east-1' })
    await expect(createClients({ client })('eu-west-1')).rejects.toMatchObject({
      code: 'OPTION_INVALID',
      option: 'client',
      message: expect.stringMatching(/us-east-1.*eu-west-1/),
    })
    await expect(createClients({ clientFor: () => client })('eu-west-1')).rejects.toMatchObject({
      code: 'OPTION_INVALID',
      option: 'clientFor',
    })
    expect(await createClients({ client })('us-east-1')).toBe(client)
  })

  it('asks again after a failure', async () => {
    const regions = ['nowhere', 'eu-west-1']
    const clients = createClients({ clientFor: () => new KMSClient({ ...config, region: regions.shift() as string }) })
    await expect(clients('eu-west-1')).rejects.toMatchObject({ code: 'OPTION_INVALID' })
    expect(await (await clients('eu-west-1')).config.region()).toBe('eu-west-1')
  })
})
