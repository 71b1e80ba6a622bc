import { once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
import { connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type EmbeddedKinesis, startEmbeddedKinesis } from '../kinesis/embedded-kinesis.ts'

describe('the transport of an embedded endpoint', () => {
  let kinesis: EmbeddedKinesis

  beforeEach(async () => {
    kinesis = await startEmbeddedKinesis()
  })
  afterEach(() => kinesis.close())

  const post = (body: string | Uint8Array, target = 'Kinesis_20131202.ListStreams'): Promise<Response> =>
    fetch(kinesis.endpoint, { method: 'POST', headers: { 'x-amz-target': target }, body: Buffer.from(body) })

  it('answers AWS JSON 1.1 with a request id', async () => {
    const response = await post('{}')
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('application/x-amz-json-1.1')
    expect(response.headers.get('x-amzn-requestid')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(await response.json()).toEqual({ StreamNames: [], StreamSummaries: [], HasMoreStreams: false })
  })

  it('speaks HTTP/2 with prior knowledge on the same port', async () => {
    const session = connectHttp2(kinesis.endpoint)
    const stream = session.request({ ':method': 'POST', ':path': '/', 'x-amz-target': 'Kinesis_20131202.ListStreams' })
    stream.end('{}')
    const [headers] = await once(stream, 'response')
    expect(headers[':status']).toBe(200)
    expect(kinesis.requests[0]?.headers).toHaveProperty([':method'], 'POST')
    session.destroy()
  })

  it('waits for the rest when a connection begins in small pieces', async () => {
    const body = '{}'
    const request = `POST / HTTP/1.1\r\nhost: x\r\nx-amz-target: Kinesis_20131202.ListStreams\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`
    const { hostname, port } = new URL(kinesis.endpoint)
    const socket = connect({ host: hostname, port: Number(port), noDelay: true })
    let answer = ''
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      answer += chunk
    })
    for (const character of request) await new Promise((resolve) => socket.write(character, resolve))
    await once(socket, 'close')
    expect(answer).toMatch(/^HTTP\/1.1 200/)
  })

  it('answers an operation it does not have, and a foreign service, with UnknownOperationException', async () => {
    for (const target of ['Kinesis_20131202.SubscribeToShard', 'TrentService.Encrypt', 'Kinesis_20131202.constructor', '']) {
      const response = await post('{}', target)
      expect(response.status).toBe(400)
      expect(await response.json()).toMatchObject({ __type: 'UnknownOperationException' })
    }
    expect(kinesis.calls.count()).toBe(0)
  })

  it.each([
    ['', 'SerializationException'],
    ['[]', 'SerializationException'],
    ['{', 'SerializationException'],
    [Uint8Array.of(0x7b, 0xff, 0x7d), 'SerializationException'],
    ['{"Limit":"5"}', 'SerializationException'],
    ['{"Limit":0}', 'ValidationException'],
  ])('refuses the body %j with %s', async (body, error) => {
    const response = await post(body)
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ __type: error })
  })

  it('listens on loopback only and on a port of its own', async () => {
    await using other = await startEmbeddedKinesis()
    expect(new URL(kinesis.endpoint).hostname).toBe('127.0.0.1')
    expect(other.endpoint).not.toBe(kinesis.endpoint)
  })

  it('closes at once though a client keeps its connection open, and may be closed twice', async () => {
    await post('{}')
    await kinesis.close()
    await kinesis.close()
    await expect(post('{}')).rejects.toThrow()
  })
})
