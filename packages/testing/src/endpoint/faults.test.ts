import { GenerateRandomCommand, KMSClient, ListKeysCommand } from '@aws-sdk/client-kms'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type EmbeddedKms, startEmbeddedKms } from '../kms/embedded-kms.ts'

const random = (): GenerateRandomCommand => new GenerateRandomCommand({ NumberOfBytes: 1 })

describe('injected faults', () => {
  const slept: number[] = []
  let kms: EmbeddedKms
  let client: KMSClient
  let retrying: KMSClient

  beforeEach(async () => {
    slept.length = 0
    kms = await startEmbeddedKms({ sleep: async (milliseconds) => void slept.push(milliseconds) })
    client = new KMSClient({ ...kms.clientConfig, maxAttempts: 1 })
    retrying = new KMSClient({ ...kms.clientConfig, maxAttempts: 3 })
  })
  afterEach(async () => {
    client.destroy()
    retrying.destroy()
    await kms.close()
  })

  it('latency delays the calls its filter meets, by a number or by a function of the call', async () => {
    kms.faults.latency(40, { operations: ['GenerateRandom'] })
    const byCall = kms.faults.latency(({ operation }) => operation.length)
    await client.send(random())
    await client.send(new ListKeysCommand({}))
    expect(slept).toEqual([40, 'GenerateRandom'.length, 'ListKeys'.length])
    byCall.release()
    await client.send(new ListKeysCommand({}))
    expect(slept).toHaveLength(3)
  })

  it('throttling is an error that the SDK retries', async () => {
    kms.faults.throttle({ times: 1 })
    await expect(client.send(random())).rejects.toMatchObject({ name: 'ThrottlingException', $metadata: { httpStatusCode: 400 } })
    const fault = kms.faults.throttle({ times: 2 })
    await retrying.send(random())
    expect(fault.hits).toBe(2)
    expect(kms.calls.all.map(({ error }) => error)).toEqual([
      'ThrottlingException',
      'ThrottlingException',
      'ThrottlingException',
      undefined,
    ])
  })

  it('any error can be answered, with its message and status', async () => {
    using _ = kms.faults.fail({ name: 'KMSInternalException', message: 'on purpose', status: 500 })
    await expect(client.send(random())).rejects.toMatchObject({
      name: 'KMSInternalException',
      message: 'on purpose',
      $metadata: { httpStatusCode: 500 },
    })
  })

  it('a reset connection is seen as one, and the operation is not carried out', async () => {
    kms.faults.outage('reset')
    await expect(client.send(random())).rejects.toMatchObject({ code: 'ECONNRESET' })
    expect(kms.calls.all).toEqual([{ operation: 'GenerateRandom', error: 'ConnectionReset' }])
  })

  it('a lost answer resets the connection after the operation was carried out', async () => {
    using _ = kms.faults.outage('lost-answer', { times: 1 })
    await expect(client.send(random())).rejects.toMatchObject({ code: 'ECONNRESET' })
    expect(kms.calls.all).toEqual([{ operation: 'GenerateRandom' }])
  })

  it('an internal error is HTTP 500, which the SDK retries', async () => {
    const fault = kms.faults.outage('internal-error', { times: 2 })
    await retrying.send(random())
    expect(fault.hits).toBe(2)
  })

  it('a silent outage holds the call until it is released', async () => {
    const fault = kms.faults.outage('silent')
    let answered = false
    const call = client.send(random()).then(() => {
      answered = true
    })
    await expect.poll(() => fault.hits, { timeout: 10_000 }).toBe(1)
    expect(answered).toBe(false)
    fault.release()
    await call
    await client.send(random())
  })

  it('a silent outage ends when the client gives up', async () => {
    kms.faults.outage('silent')
    const controller = new AbortController()
    const call = client.send(random(), { abortSignal: controller.signal })
    await expect.poll(() => kms.calls.count(), { timeout: 10_000 }).toBe(1)
    controller.abort()
    await expect(call).rejects.toMatchObject({ name: 'AbortError' })
  })

  it('clear releases everything', async () => {
    kms.faults.throttle()
    kms.faults.outage('reset')
    kms.faults.clear()
    await client.send(random())
  })

  it('a misspelt option is refused', () => {
    expect(() => kms.faults.throttle({ operation: ['Encrypt'] } as object)).toThrow(/does not know the option "operation"/)
    expect(() => kms.faults.outage('down' as 'reset')).toThrow(/must be one of reset/)
  })

  it('calls are counted by operation and by what a predicate accepts, until the log is reset', async () => {
    await client.send(random())
    await client.send(random())
    await client.send(new ListKeysCommand({}))
    expect(kms.calls.count()).toBe(3)
    expect(kms.calls.count('GenerateRandom')).toBe(2)
    expect(kms.calls.count(undefined, ({ operation }) => operation.startsWith('List'))).toBe(1)
    expect(kms.calls.byOperation()).toEqual({ GenerateRandom: 2, ListKeys: 1 })
    kms.calls.reset()
    expect(kms.calls.count()).toBe(0)
  })
})
