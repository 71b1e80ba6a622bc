import { KMSClient, ListKeysCommand } from '@aws-sdk/client-kms'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { startEmbeddedKms } from '@strongroom/testing'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { cacheClients, excludeRegions, limitRegions, regionClients } from './client-supplier.ts'

const ACCOUNT = '111122223333'
const config = { credentials: { accessKeyId: 'test', secretAccessKey: 'test' } }
const supplier = (region: string): KMSClient => new KMSClient({ ...config, region })
const refusal = (message: RegExp) => expect.objectContaining({ code: 'OPTION_INVALID', message: expect.stringMatching(message) })

afterEach(() => {
  vi.unstubAllEnvs()
})

describe('regionClients', () => {
  it('makes clients that do not wait for ever', async () => {
    await using kms = await startEmbeddedKms()
    vi.stubEnv('AWS_ENDPOINT_URL_KMS', kms.endpoint)
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'test')
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test')
    const client = regionClients()(kms.region, ACCOUNT) as KMSClient
    await client.send(new ListKeysCommand({}))
    const handler = client.config.requestHandler as NodeHttpHandler
    expect(handler.httpHandlerConfigs()).toMatchObject({ connectionTimeout: 3_000, requestTimeout: 10_000, throwOnRequestTimeout: true })
    client.destroy()
  })

  it('answers one client a Region, with the given configuration', async () => {
    const requestHandler = new NodeHttpHandler()
    const clients = regionClients({ ...config, maxAttempts: 7, requestHandler })
    const client = clients('eu-west-1', ACCOUNT) as KMSClient
    expect(clients('eu-west-1', '444455556666')).toBe(client)
    expect(clients('eu-central-1', ACCOUNT)).not.toBe(client)
    expect([await client.config.region(), await client.config.maxAttempts(), client.config.requestHandler]).toEqual([
      'eu-west-1',
      7,
      requestHandler,
    ])
  })

  it('is read once: changing the configuration later changes nothing', async () => {
    const changing = { ...config, maxAttempts: 7 }
    const clients = regionClients(changing)
    changing.maxAttempts = 1
    expect(await (clients('eu-west-1', ACCOUNT) as KMSClient).config.maxAttempts()).toBe(7)
  })

  it.each([{ region: 'eu-west-1' }, { region: undefined }, null, 'eu-west-1', []])('refuses %j', (given) => {
    expect(() => regionClients(given as never)).toThrow(refusal(/without region/))
  })
})

describe('limitRegions and excludeRegions', () => {
  it('answer clients of some Regions only, and ask for no other', () => {
    const asked: string[] = []
    const recording = (region: string, account: string): KMSClient => {
      asked.push(`${region} ${account}`)
      return supplier(region)
    }
    const limited = limitRegions(['eu-west-1', 'eu-central-1'], recording)
    const excluding = excludeRegions(['eu-west-1'], recording)
    expect(limited('eu-west-1', ACCOUNT)).toBeDefined()
    expect(limited('us-east-1', ACCOUNT)).toBeUndefined()
    expect(excluding('eu-west-1', ACCOUNT)).toBeUndefined()
    expect(excluding('us-east-1', ACCOUNT)).toBeDefined()
    expect(asked).toEqual([`eu-west-1 ${ACCOUNT}`, `us-east-1 ${ACCOUNT}`])
  })

  it('compose', () => {
    const composed = excludeRegions(['eu-west-1'], limitRegions(['eu-west-1', 'eu-central-1'], supplier))
    expect(['eu-west-1', 'eu-central-1', 'us-east-1'].map((region) => composed(region, ACCOUNT) !== undefined)).toEqual([
      false,
      true,
      false,
    ])
  })

  it('are read once: changing the list later changes nothing', () => {
    const regions = ['eu-west-1']
    const [limited, excluding] = [limitRegions(regions, supplier), excludeRegions(regions, supplier)]
    regions[0] = 'us-east-1'
    expect(limited('us-east-1', ACCOUNT)).toBeUndefined()
    expect(excluding('eu-west-1', ACCOUNT)).toBeUndefined()
  })

  it.each([[[]], ['eu-west-1'], [['']], [['EU-WEST-1']], [['eu-west']], [['eu-west-1', 7]], [undefined]])(
    'refuse the Regions %j',
    (regions) => {
      expect(() => limitRegions(regions as never, supplier)).toThrow(refusal(/^limitRegions takes at least one AWS Region/))
      expect(() => excludeRegions(regions as never, supplier)).toThrow(refusal(/^excludeRegions takes at least one AWS Region/))
    },
  )

  it('refuse what is no supplier', () => {
    expect(() => limitRegions(['eu-west-1'], supplier('eu-west-1') as never)).toThrow(refusal(/a function that answers clients/))
    expect(() => excludeRegions(['eu-west-1'], undefined as never)).toThrow(refusal(/a function that answers clients/))
    expect(() => cacheClients({} as never)).toThrow(refusal(/a function that answers clients/))
  })
})

describe('cacheClients', () => {
  it('asks once for each Region and account, but again where there was no client', () => {
    const asked: string[] = []
    const clients = cacheClients((region, account) => {
      asked.push(`${region} ${account}`)
      return region === 'us-east-1' ? undefined : supplier(region)
    })
    expect(clients('eu-west-1', ACCOUNT)).toBe(clients('eu-west-1', ACCOUNT))
    expect(clients('eu-west-1', '444455556666')).not.toBe(clients('eu-west-1', ACCOUNT))
    expect([clients('us-east-1', ACCOUNT), clients('us-east-1', ACCOUNT)]).toEqual([undefined, undefined])
    expect(asked).toEqual([`eu-west-1 ${ACCOUNT}`, 'eu-west-1 444455556666', `us-east-1 ${ACCOUNT}`, `us-east-1 ${ACCOUNT}`])
  })
})
