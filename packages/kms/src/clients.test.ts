import { KMSClient } from '@aws-sdk/client-kms'
import { describe, expect, it } from 'vitest'
import { createClients, type Place } from './clients.ts'

const config = { credentials: { accessKeyId: 'test', secretAccessKey: 'test' } }
const at = (region: string, account = '111122223333'): Place => ({ region, account })

describe('createClients', () => {
  it('makes one client a Region, when it is first asked for, and keeps it', async () => {
    const clients = createClients({})
    const [first, again, other] = await Promise.all([
      clients.get(at('eu-west-1')),
      clients.find(at('eu-west-1')),
      clients.get(at('us-gov-west-1')),
    ])
    expect(first).toBe(again)
    expect(await clients.get(at('eu-west-1', '444455556666'))).toBe(first)
    expect(other).not.toBe(first)
    expect([await first.config.region(), await other.config.region()]).toEqual(['eu-west-1', 'us-gov-west-1'])
  })

  it('asks clientFor once for each Region and account', async () => {
    const asked: string[] = []
    const clients = createClients({
      clientFor: (region, account) => {
        asked.push(`${region} ${account}`)
        return new KMSClient({ ...config, region })
      },
    })
    await Promise.all(
      [at('eu-west-1'), at('us-east-1'), at('eu-west-1'), at('eu-west-1', '444455556666')].map((place) => clients.get(place)),
    )
    expect(asked).toEqual(['eu-west-1 111122223333', 'us-east-1 111122223333', 'eu-west-1 444455556666'])
  })

  it('keeps no more clients than the ones used last, whoever names the Regions and accounts', async () => {
    let asked = 0
    const clients = createClients({
      clientFor: (region) => {
        asked += 1
        return new KMSClient({ ...config, region })
      },
    })
    const accounts = Array.from({ length: 300 }, (_none, index) => String(index).padStart(12, '0'))
    for (const account of accounts) await clients.get(at('eu-west-1', account))
    expect(asked).toBe(300)
    await clients.get(at('eu-west-1', accounts.at(-1)))
    expect(asked).toBe(300)
    await clients.get(at('eu-west-1', accounts[0]))
    expect(asked).toBe(301)
  })

  it('refuses a client of another Region, and names both', async () => {
    const client = new KMSClient({ ...config, region: 'us-east-1' })
    await expect(createClients({ client }).get(at('eu-west-1'))).rejects.toMatchObject({
      code: 'OPTION_INVALID',
      option: 'client',
      message: expect.stringMatching(/us-east-1.*eu-west-1/),
    })
    for (const way of ['get', 'find'] as const) {
      await expect(createClients({ clientFor: () => client })[way](at('eu-west-1'))).rejects.toMatchObject({
        code: 'OPTION_INVALID',
        option: 'clientFor',
        message: expect.stringMatching(/us-east-1.*eu-west-1/),
      })
    }
    expect(await createClients({ client }).get(at('us-east-1'))).toBe(client)
  })

  it('finds no client where there is none, and says so where one is needed', async () => {
    const client = new KMSClient({ ...config, region: 'us-east-1' })
    expect(await createClients({ client }).find(at('eu-west-1'))).toBeUndefined()
    const none = createClients({ clientFor: () => undefined })
    expect(await none.find(at('eu-west-1'))).toBeUndefined()
    await expect(none.get(at('eu-west-1'))).rejects.toMatchObject({
      code: 'OPTION_INVALID',
      option: 'clientFor',
      message: expect.stringMatching(/no KMS client for account 111122223333 in eu-west-1/),
    })
  })

  it.each([{}, null, 'client', Promise.resolve(new KMSClient({ ...config, region: 'eu-west-1' }))])(
    'refuses %j as a client',
    async (answer) => {
      const clients = createClients({ clientFor: () => answer as never })
      await expect(clients.find(at('eu-west-1'))).rejects.toMatchObject({
        code: 'OPTION_INVALID',
        message: expect.stringContaining('KMSClient'),
      })
    },
  )

  it('asks again after a failure', async () => {
    const regions = ['nowhere', 'eu-west-1']
    const clients = createClients({ clientFor: () => new KMSClient({ ...config, region: regions.shift() as string }) })
    await expect(clients.get(at('eu-west-1'))).rejects.toMatchObject({ code: 'OPTION_INVALID' })
    expect(await (await clients.get(at('eu-west-1'))).config.region()).toBe('eu-west-1')
  })
})
