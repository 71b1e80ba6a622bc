import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createHttp2Server, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2'
import { type AddressInfo, createServer, type Socket } from 'node:net'

/** One request and the ways to answer it. Answering a connection that is gone does nothing. */
export interface Exchange {
  readonly method: string
  readonly httpVersion: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  reply(status: number, headers: Readonly<Record<string, string>>, body: string): void
  /** Cuts the connection without an answer. */
  reset(): void
}

/** A listening server. */
export interface Transport {
  readonly port: number
  close(): Promise<void>
}

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n')
// 10 MiB of records in base64 with their keys stay below 16 MiB.
const MAX_BODY_BYTES = 32 * 2 ** 20

/**
 * Serves HTTP/1.1 and HTTP/2 with prior knowledge on one loopback port: the Kinesis client speaks HTTP/2 unless it is told otherwise,
 * so the first bytes of each connection choose the server.
 */
export async function listen(handle: (exchange: Exchange) => void): Promise<Transport> {
  const http1 = createHttpServer((request, response) => serve(request, response, handle))
  // A client that reuses a kept-alive connection just as the server drops it sees a reset nobody injected.
  http1.keepAliveTimeout = 0
  http1.requestTimeout = 0
  http1.headersTimeout = 0
  const http2 = createHttp2Server((request, response) => serve(request, response, handle))
  http2.on('sessionError', () => {})

  const sockets = new Set<Socket>()
  const front = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
    socket.setNoDelay(true)
    chooseProtocol(socket, (protocol) => (protocol === 'h2' ? http2 : http1).emit('connection', socket))
  })
  await new Promise<void>((resolve, reject) => {
    front.once('error', reject)
    front.listen(0, '127.0.0.1', resolve)
  })
  const { port } = front.address() as AddressInfo

  return {
    port,
    close: () =>
      new Promise((resolve) => {
        front.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

function chooseProtocol(socket: Socket, chosen: (protocol: 'h1' | 'h2') => void): void {
  let head: Buffer = Buffer.alloc(0)
  const onData = (chunk: Buffer): void => {
    head = head.length === 0 ? chunk : Buffer.concat([head, chunk])
    const length = Math.min(head.length, PREFACE.length)
    const matches = head.subarray(0, length).equals(PREFACE.subarray(0, length))
    if (matches && length < PREFACE.length) return
    socket.off('data', onData)
    socket.pause()
    socket.unshift(head)
    chosen(matches ? 'h2' : 'h1')
    process.nextTick(() => socket.resume())
  }
  socket.on('data', onData)
}

function serve(
  request: IncomingMessage | Http2ServerRequest,
  response: ServerResponse | Http2ServerResponse,
  handle: (exchange: Exchange) => void,
): void {
  const chunks: Uint8Array[] = []
  let received = 0
  request.on('error', () => {})
  response.on('error', () => {})
  request.on('data', (chunk: Uint8Array) => {
    received += chunk.length
    if (received > MAX_BODY_BYTES) reset(request)
    else chunks.push(chunk)
  })
  request.on('end', () => {
    if (received > MAX_BODY_BYTES) return
    handle({
      method: request.method ?? '',
      httpVersion: request.httpVersion,
      headers: flatHeaders(request),
      body: Uint8Array.from(Buffer.concat(chunks)),
      reply: (status, headers, body) => {
        if (response.destroyed || response.writableEnded || request.socket.destroyed) return
        // The two responses have the same methods with overloads TypeScript cannot call on their union.
        const answer = response as ServerResponse
        answer.writeHead(status, { ...headers, 'content-length': String(Buffer.byteLength(body)) })
        answer.end(body)
      },
      reset: () => reset(request),
    })
  })
}

function reset(request: IncomingMessage | Http2ServerRequest): void {
  if ('stream' in request) request.stream.session?.destroy()
  else request.socket.resetAndDestroy()
}

function flatHeaders(request: IncomingMessage | Http2ServerRequest): Record<string, string> {
  const headers: Record<string, string> = Object.create(null)
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value
  }
  return headers
}
