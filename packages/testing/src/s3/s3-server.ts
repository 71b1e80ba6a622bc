import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Transport } from '../endpoint/transport.ts'
import type { Content } from './content.ts'

// Headers of more than 2 KiB of metadata have to come in to be refused.
const MAX_HEADER_BYTES = 65_536

/** Serves HTTP/1.1 on a loopback port; bodies stream both ways. */
export async function listenHttp(handle: (request: IncomingMessage, response: ServerResponse) => void): Promise<Transport> {
  const server = createServer({ maxHeaderSize: MAX_HEADER_BYTES }, handle)
  // A client that reuses a kept-alive connection just as the server drops it sees a reset nobody injected.
  server.keepAliveTimeout = 0
  server.requestTimeout = 0
  server.headersTimeout = 0
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

/** Hands a request's body on as it comes in. Answers whether it came in whole. */
export function receive(request: IncomingMessage, onData: (bytes: Uint8Array) => void): Promise<boolean> {
  return new Promise((resolve) => {
    request.on('data', onData)
    request.on('end', () => resolve(true))
    request.on('error', () => resolve(false))
    request.on('close', () => resolve(false))
  })
}

/** Writes a content at the pace of the client, up to `limit` bytes. Answers whether the connection held. */
export async function sendContent(response: ServerResponse, content: Content, limit: number = Number.POSITIVE_INFINITY): Promise<boolean> {
  const { chunks } = limit < content.size ? content.slice(0, limit) : content
  for (const chunk of chunks) {
    if (response.destroyed) return false
    if (!response.write(chunk)) await drained(response)
  }
  return !response.destroyed
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done)
      response.off('close', done)
      resolve()
    }
    response.on('drain', done)
    response.on('close', done)
  })
}

/** Headers as one text each; where one came several times, joined by commas. */
export function flatHeaders({ headersDistinct }: IncomingMessage): Readonly<Record<string, string>> {
  const flat: Record<string, string> = Object.create(null)
  for (const [name, values] of Object.entries(headersDistinct)) if (values !== undefined) flat[name] = values.join(',')
  return flat
}
