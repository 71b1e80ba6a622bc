import { type KinesisClient, PutRecordCommand, PutRecordsCommand } from '@aws-sdk/client-kinesis'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { bytes, type Lab, rejection, startLab } from '../test/lab.ts'

let lab: Lab
beforeEach(async () => {
  await lab?.kinesis.close()
  lab = await startLab()
})
afterAll(() => lab.kinesis.close())

const plaintext = bytes('plaintext')
const command = new PutRecordCommand({ StreamName: 'orders', PartitionKey: 'p', Data: plaintext })
const batch = new PutRecordsCommand({
  StreamName: 'orders',
  Records: [
    { PartitionKey: 'a', Data: plaintext },
    { PartitionKey: 'b', Data: plaintext },
  ],
})

type Args = { input: Record<string, unknown>; request: { body: unknown } }
type Step = 'initialize' | 'serialize' | 'build' | 'finalizeRequest' | 'deserialize'

/** Adds a middleware of somebody else's, with types that do not depend on the step. */
function addMiddleware(client: KinesisClient, step: Step, priority: 'high' | 'normal' | 'low', change: (args: Args) => Args): void {
  const middleware = (next: (args: Args) => unknown) => async (args: Args) => next(change(args))
  client.middlewareStack.add(middleware as never, { step, priority } as never)
}

/** The body as text; versions of the SDK differ in its type. */
function textOf(body: unknown): string {
  return typeof body === 'string' ? body : new TextDecoder().decode(body as Uint8Array)
}

function withBody(args: Args, change: (body: Record<string, unknown>) => unknown): Args {
  args.request.body = JSON.stringify(change(JSON.parse(textOf(args.request.body))))
  return args
}

async function expectRefused(client: KinesisClient, sent: PutRecordCommand | PutRecordsCommand = command): Promise<void> {
  const error = await rejection(client.send(sent as PutRecordCommand))
  expect(error).toMatchObject({ code: 'PLAINTEXT_REFUSED' })
  expect((error as Error).message).not.toContain('plaintext!')
  expect(lab.kinesis.requests).toEqual([])
}

describe('the guard on the serialised request', () => {
  it.each<[Step, 'high' | 'normal' | 'low']>([
    ['initialize', 'normal'],
    ['initialize', 'low'],
    ['serialize', 'high'],
  ])('refuses plaintext that a middleware puts into the input at %s, %s', async (step, priority) => {
    const client = lab.encrypted()
    addMiddleware(client, step, priority, (args) => ({ ...args, input: { ...args.input, Data: plaintext } }))
    await expectRefused(client)
  })

  it.each<[Step, 'high' | 'normal' | 'low']>([
    ['build', 'high'],
    ['build', 'low'],
    ['finalizeRequest', 'high'],
    ['finalizeRequest', 'low'],
    ['deserialize', 'high'],
  ])('refuses plaintext that a middleware puts into the body at %s, %s', async (step, priority) => {
    const client = lab.encrypted()
    addMiddleware(client, step, priority, (args) =>
      withBody(args, (body) => ({ ...body, Data: Buffer.from(plaintext).toString('base64') })),
    )
    await expectRefused(client)
  })

  it('refuses a single plaintext among encrypted records', async () => {
    const client = lab.encrypted()
    addMiddleware(client, 'initialize', 'low', (args) => {
      const [first] = args.input.Records as object[]
      return { ...args, input: { ...args.input, Records: [first, { PartitionKey: 'b', Data: plaintext }] } }
    })
    await expectRefused(client, batch)
  })

  it('refuses plaintext that is written over the encrypted bytes in place', async () => {
    const client = lab.encrypted()
    addMiddleware(client, 'initialize', 'low', (args) => {
      ;(args.input.Data as Uint8Array).fill(0x41)
      return args
    })
    await expectRefused(client)
  })

  it('refuses plaintext that is written over an approved body in place', async () => {
    const client = lab.encrypted()
    addMiddleware(client, 'build', 'high', (args) => {
      args.request.body = Buffer.from(textOf(args.request.body))
      return args
    })
    addMiddleware(client, 'finalizeRequest', 'low', (args) => {
      const body = args.request.body as Buffer
      body.write(Buffer.from(plaintext).toString('base64'), body.indexOf('"Data":"') + 8)
      return args
    })
    await expectRefused(client)
  })

  it('refuses what was encrypted for another call, or for another stream', async () => {
    const client = lab.encrypted({ streams: { orders: {}, payments: {} } })
    await client.send(command)
    const [earlier] = lab.bodies('PutRecord')
    lab.kinesis.requests.length = 0
    addMiddleware(client, 'build', 'normal', (args) => withBody(args, () => JSON.parse(earlier as string)))
    await expectRefused(client)
    const redirected = lab.encrypted({ streams: { orders: {}, payments: {} } })
    addMiddleware(redirected, 'serialize', 'high', (args) => ({ ...args, input: { ...args.input, StreamName: 'payments' } }))
    await expectRefused(redirected)
  })

  it('refuses what passed as another stream and then goes to a configured one', async () => {
    const client = lab.encrypted({ otherStreams: 'pass' })
    addMiddleware(client, 'serialize', 'high', (args) => ({ ...args, input: { ...args.input, StreamName: 'orders' } }))
    await expectRefused(client, new PutRecordCommand({ StreamName: 'payments', PartitionKey: 'p', Data: plaintext }))
  })

  it.each([
    ['bytes that are no text', Uint8Array.of(0xa1, 0xff, 0x00)],
    ['text that is no JSON', 'Data=plaintext'],
    ['JSON that is no object', '5'],
    ['nothing', undefined],
  ])('refuses a body that it cannot read: %s', async (_what, body) => {
    const client = lab.encrypted()
    addMiddleware(client, 'build', 'high', (args) => {
      args.request.body = body
      return args
    })
    await expectRefused(client)
  })

  it('refuses data in a command that nobody knew, whatever the client is told about it', async () => {
    const plain = lab.client()
    plain.middlewareStack.add(
      (next, context) => {
        context.commandName = 'PutBlobsCommand'
        return next
      },
      { step: 'initialize', priority: 'high' },
    )
    for (const otherStreams of ['refuse', 'pass'] as const) {
      await expectRefused(lab.encrypted({ otherStreams }, plain))
      await expectRefused(lab.encrypted({ otherStreams }, plain), batch)
    }
  })

  it('refuses where a middleware dropped what the call knew of itself', async () => {
    const client = lab.encrypted()
    addMiddleware(client, 'initialize', 'low', ({ input }) => ({ input }) as Args)
    await expectRefused(client)
  })

  it('refuses where the encrypting middleware was removed', async () => {
    const client = lab.encrypted()
    client.middlewareStack.remove('strongroomKinesisEncryption')
    await expectRefused(client)
  })

  it('refuses before the request is signed', async () => {
    let reached = 0
    const client = lab.encrypted()
    addMiddleware(client, 'finalizeRequest', 'high', (args) => {
      reached += 1
      return args
    })
    await client.send(command)
    expect(reached).toBe(1)
    lab.kinesis.requests.length = 0
    addMiddleware(client, 'initialize', 'low', (args) => ({ ...args, input: { ...args.input, Data: plaintext } }))
    await expectRefused(client)
    expect(reached).toBe(1)
  })

  it.each([
    ['text', textOf],
    ['bytes', (body: unknown) => Buffer.from(textOf(body))],
  ])('lets a body of %s pass, and middleware that changes nothing of the data', async (_what, convert) => {
    const client = lab.encrypted()
    addMiddleware(client, 'build', 'high', (args) => {
      args.request.body = convert(args.request.body)
      return args
    })
    addMiddleware(client, 'initialize', 'low', (args) => ({ ...args, input: { ...args.input, PartitionKey: 'changed' } }))
    await client.send(command)
    expect((await lab.peek()).map(({ PartitionKey }) => PartitionKey)).toEqual(['changed'])
  })
})
