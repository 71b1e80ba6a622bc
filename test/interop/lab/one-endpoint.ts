import { once } from 'node:events'
import { createServer, type IncomingMessage, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pipeline } from 'node:stream/promises'

/** One address for several services. */
export interface OneEndpoint extends AsyncDisposable {
  readonly endpoint: string
}

/**
 * Serves several embedded services of AWS at one address, as the protocol has it of key stores: what comes before the dot in X-Amz-Target tells
 * which one is meant.
 */
export async function startOneEndpoint(services: Readonly<Record<string, string>>): Promise<OneEndpoint> {
  const server = createServer((asked, answer) => {
    const service = services[String(asked.headers['x-amz-target'] ?? '').split('.')[0] ?? '']
    if (service === undefined) {
      answer.writeHead(404).end()
      return
    }
    const forwarded = request(service, { method: asked.method, path: asked.url, headers: asked.headers })
    forwarded.on('response', (response: IncomingMessage) => {
      answer.writeHead(response.statusCode ?? 502, response.headers)
      pipeline(response, answer).catch(() => answer.destroy())
    })
    pipeline(asked, forwarded).catch(() => answer.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
