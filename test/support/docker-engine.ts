import { existsSync } from 'node:fs'
import { request } from 'node:http'
import { homedir } from 'node:os'
import { join } from 'node:path'

/**
 * Whether a Docker engine answers. Asked before testcontainers is imported, which is slow to load and waits for ever on a socket that accepts and
 * never answers.
 */
export async function dockerAnswers(environment: NodeJS.ProcessEnv = process.env, timeoutMs = 1000): Promise<boolean> {
  for (const target of targets(environment)) {
    if (await pings(target, timeoutMs)) return true
  }
  return false
}

type Target = { readonly socketPath: string } | { readonly host: string; readonly port: number }

function targets({ DOCKER_HOST, XDG_RUNTIME_DIR }: NodeJS.ProcessEnv): readonly Target[] {
  if (DOCKER_HOST !== undefined && DOCKER_HOST !== '') {
    const url = new URL(DOCKER_HOST)
    if (url.protocol === 'unix:') return [{ socketPath: url.pathname }]
    return [{ host: url.hostname, port: Number(url.port || 2375) }]
  }
  const sockets = ['/var/run/docker.sock', join(homedir(), '.docker/run/docker.sock')]
  if (XDG_RUNTIME_DIR !== undefined) sockets.push(join(XDG_RUNTIME_DIR, 'docker.sock'))
  return sockets.filter((path) => existsSync(path)).map((socketPath) => ({ socketPath }))
}

function pings(target: Target, timeout: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = request({ ...target, path: '/_ping', timeout }, (response) => {
      response.resume()
      resolve(response.statusCode === 200)
    })
    probe.on('timeout', () => probe.destroy())
    probe.on('error', () => resolve(false))
    probe.on('close', () => resolve(false))
    probe.end()
  })
}
