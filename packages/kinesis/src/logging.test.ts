import { GetRecordsCommand, type KinesisClient, PutRecordCommand, PutRecordsCommand } from '@aws-sdk/client-kinesis'
import type { ObserverEvent } from '@strongroom/core'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { bytes, horizon, type Lab, rejection, startLab, texts } from '../test/lab.ts'
import { leaks } from '../test/leaks.ts'

let lab: Lab
beforeEach(async () => {
  await lab?.kinesis.close()
  lab = await startLab()
})
afterAll(() => lab.kinesis.close())

const MARKER = bytes('MARKER-4000-0012-3456-7899')
const single = new PutRecordCommand({ StreamName: 'orders', PartitionKey: 'p', Data: MARKER })
const batch = new PutRecordsCommand({
  StreamName: 'orders',
  Records: [
    { PartitionKey: 'a', Data: Buffer.from(MARKER) },
    { PartitionKey: 'b', Data: MARKER },
  ],
})

function recorder(): { readonly lines: unknown[]; readonly logger: NonNullable<KinesisClient['config']['logger']> } {
  const lines: unknown[] = []
  const log = (...content: unknown[]): void => {
    lines.push(...content)
  }
  return { lines, logger: { trace: log, debug: log, info: log, warn: log, error: log } as never }
}

/** Everything that may go wrong and right between a producer and a consumer. */
async function useEverything(client: KinesisClient): Promise<readonly unknown[]> {
  const errors: unknown[] = []
  await client.send(single)
  await client.send(batch)
  lab.kinesis.faults.fail({ name: 'ValidationException', message: 'no' }, { operations: ['PutRecord'], times: 1 })
  errors.push(await rejection(client.send(single)))
  lab.kinesis.faults.throttle({ operations: ['PutRecords'], times: 1 })
  await client.send(batch)
  lab.kinesis.faults.failRecords({ times: 1 })
  await client.send(batch)
  const ShardIterator = await horizon(client)
  const good = await client.send(new GetRecordsCommand({ ShardIterator }))
  expect(texts(good.Records)).toContain(new TextDecoder().decode(MARKER))
  await lab.inject(bytes('plain'))
  errors.push(await rejection(client.send(new GetRecordsCommand({ ShardIterator }))))
  errors.push(await rejection(client.send(new PutRecordCommand({ StreamName: 'payments', PartitionKey: 'p', Data: MARKER }))))
  errors.push(
    await rejection(
      client.send(
        new PutRecordCommand({ StreamName: 'orders', PartitionKey: 'p', Data: Buffer.concat([MARKER, new Uint8Array(1_048_576)]) }),
      ),
    ),
  )
  lab.key.failure = 'KEY_TRANSIENT'
  const other = lab.encrypted({}, client === undefined ? undefined : lab.client())
  errors.push(await rejection(other.send(single)))
  return errors
}

describe('plaintext', () => {
  it("stands neither in the SDK's log, nor in a request, nor in an error, nor in an event", async () => {
    const { lines, logger } = recorder()
    const events: ObserverEvent[] = []
    const errors = await useEverything(lab.encrypted({ observer: (event) => events.push(event) }, lab.client({ logger })))
    expect(JSON.stringify(lines)).toContain('PutRecordsCommand')
    expect(JSON.stringify(lines)).toContain('GetRecordsCommand')
    expect(errors.length).toBe(5)
    expect(events.length).toBeGreaterThan(5)
    for (const line of [...lines, ...errors, ...events]) expect(leaks(line, MARKER)).toEqual([])
    for (const { body } of lab.kinesis.requests) expect(leaks(body, MARKER)).toEqual([])
  })

  it('does not pass the log filters of a logger that stands outside of the encryption', async () => {
    const lines: unknown[] = []
    const plain = lab.client()
    plain.middlewareStack.add(
      (next, context) => async (args) => {
        const result = await next(args)
        lines.push(context.inputFilterSensitiveLog?.(args.input), context.outputFilterSensitiveLog?.(result.output))
        return result
      },
      { step: 'initialize', priority: 'high', name: 'outerLogger' },
    )
    const client = lab.encrypted({}, plain)
    await client.send(single)
    await client.send(batch)
    await client.send(new GetRecordsCommand({ ShardIterator: await horizon(client) }))
    expect(lines.length).toBe(8)
    expect(lines[0]).toEqual({ StreamName: 'orders', PartitionKey: 'p', Data: '***SensitiveInformation***' })
    for (const line of lines) expect(leaks(line, MARKER)).toEqual([])
  })
})
