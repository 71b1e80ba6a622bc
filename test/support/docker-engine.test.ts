import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dockerAnswers } from './docker-engine.ts'
import { startLocalStack } from './localstack-server.ts'

describe('the probe for a Docker engine', () => {
  let folder: string
  const servers: Server[] = []

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'engine-'))
  })
  afterAll(async () => {
    for (const server of servers) server.close()
    await rm(folder, { recursive: true })
  })

  async function listening(server: Server, at: string | number): Promise<void> {
    servers.push(server)
    server.listen(typeof at === 'number' ? { port: at, host: '127.0.0.1' } : { path: at })
    await once(server, 'listening')
  }
  const answering = (status: number): Server =>
    createHttpServer((request, response) => {
      response.writeHead(request.url === '/_ping' ? status : 404).end()
    })

  it('finds one on a socket and on a port', async () => {
    await listening(answering(200), join(folder, 'good'))
    expect(await dockerAnswers({ DOCKER_HOST: `unix://${folder}/good` })).toBe(true)
    const server = answering(200)
    await listening(server, 0)
    expect(await dockerAnswers({ DOCKER_HOST: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}` })).toBe(true)
  })

  it('finds none behind a socket that is not there, fails, or accepts and never answers', async () => {
    expect(await dockerAnswers({ DOCKER_HOST: `unix://${folder}/nobody` })).toBe(false)
    await listening(answering(500), join(folder, 'bad'))
    expect(await dockerAnswers({ DOCKER_HOST: `unix://${folder}/bad` })).toBe(false)
    await listening(
      createServer((socket) => socket.on('error', () => {}).resume()),
      join(folder, 'silent'),
    )
    expect(await dockerAnswers({ DOCKER_HOST: `unix://${folder}/silent` }, 50)).toBe(false)
  })

  it('is not asked when an endpoint is given, and its absence is told', async () => {
    expect(await startLocalStack({ STRONGROOM_ENDPOINT: 'http://127.0.0.1:4566' })).toMatchObject({ endpoint: 'http://127.0.0.1:4566' })
    expect(await startLocalStack({ DOCKER_HOST: `unix://${folder}/nobody` })).toEqual({
      missing: 'no Docker engine answers and STRONGROOM_ENDPOINT is not set',
    })
  })
})
