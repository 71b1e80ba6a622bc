import { describe, expect, it } from 'vitest'
import { startEmbeddedKinesis } from '../kinesis/embedded-kinesis.ts'
import { startEmbeddedKms } from '../kms/embedded-kms.ts'
import { environmentOf, uuid } from './endpoint.ts'

describe('endpoint options', () => {
  it('an unknown option is refused by name', async () => {
    const options = { regoin: 'eu-west-1' } as object
    await expect(startEmbeddedKms(options)).rejects.toMatchObject({ code: 'OPTION_INVALID', option: 'regoin' })
    await expect(startEmbeddedKinesis(options)).rejects.toMatchObject({ code: 'OPTION_INVALID', option: 'regoin' })
  })

  it.each([{ region: 'nowhere' }, { accountId: '12' }])('%j is refused', (options) => {
    expect(() => environmentOf('here', options)).toThrow(/^here: the option \w+ must/)
  })

  it('region and account appear in ARNs', async () => {
    await using kms = await startEmbeddedKms({ region: 'us-gov-west-1', accountId: '999999999999' })
    expect(kms.createKey()).toMatch(/^arn:aws:kms:us-gov-west-1:999999999999:key\/[0-9a-f-]{36}$/)
    expect(kms.clientConfig.region).toBe('us-gov-west-1')
    expect(kms.region).toBe('us-gov-west-1')
    expect(kms.accountId).toBe('999999999999')
  })

  it('everything random comes from the given source', async () => {
    let counter = 0
    const randomBytes = (length: number): Uint8Array => new Uint8Array(length).fill(counter++ % 251)
    const arns: string[] = []
    for (let turn = 0; turn < 2; turn += 1) {
      counter = 0
      await using kms = await startEmbeddedKms({ randomBytes })
      arns.push(kms.createKey())
    }
    expect(arns[0]).toBe(arns[1])
    expect(uuid(() => new Uint8Array(16))).toBe('00000000-0000-4000-8000-000000000000')
  })

  it('a name that makes no alias and no stream is refused', async () => {
    await using kms = await startEmbeddedKms()
    await using kinesis = await startEmbeddedKinesis()
    expect(() => kms.createKey('orders')).toThrow(/must begin with alias\//)
    expect(() => kinesis.createStream('a b')).toThrow(/the option name must/)
    expect(() => kinesis.createStream('orders', { shards: 0 })).toThrow(/the option shards must/)
    expect(() => kinesis.createStream('orders', { maxRecordSizeInKiB: 100 })).toThrow(/the option maxRecordSizeInKiB must/)
  })
})
