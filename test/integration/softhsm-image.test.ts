import { join } from 'node:path'
import type { StartedTestContainer } from 'testcontainers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dockerAnswers } from '../support/docker-engine.ts'

// Any image with apt serves as the base. This one is there wherever the integration tests run.
const BASE = process.env.HSM_BASE ?? 'localstack/localstack:4.14.0'
const context = join(import.meta.dirname, '../../docker/softhsm')
const engine = await dockerAnswers()

describe.skipIf(!engine && process.env.CI !== 'true')('the image docker/softhsm (skipped where no Docker engine answers)', () => {
  let container: StartedTestContainer
  beforeAll(async () => {
    const { GenericContainer } = await import('testcontainers')
    const image = await GenericContainer.fromDockerfile(context).withBuildArgs({ BASE }).build()
    container = await image.withEnvironment({ HSM_PIN: '246810', HSM_TOKEN: 'a.token' }).withCommand(['sleep', 'infinity']).start()
  }, 300_000)
  afterAll(() => container?.stop())

  const run = async (...command: string[]) => {
    const { exitCode, output } = await container.exec(command)
    return { exitCode, output }
  }
  const tool = (...options: string[]) => run('token', 'pkcs11-tool', '--module', '/usr/local/lib/libsofthsm2.so', ...options)

  it('has one token, however often it starts', async () => {
    for (let time = 0; time < 2; time++) {
      const { exitCode, output } = await tool('--list-token-slots')
      expect(output.match(/token label +: (.*)/g)).toEqual(['token label        : a.token'])
      expect(exitCode).toBe(0)
    }
  })

  it('makes another token for another name, and not for one that merely matches', async () => {
    const { output } = await run('sh', '-c', 'HSM_TOKEN=a-token token pkcs11-tool --module $HSM_LIBRARY --list-token-slots')
    expect(output.match(/token label +: (.*)/g)?.toSorted()).toEqual(['token label        : a-token', 'token label        : a.token'])
  })

  it('makes keys for who has the PIN', async () => {
    const session = ['--token-label', 'a.token', '--login']
    const made = await tool(...session, '--pin', '246810', '--keygen', '--key-type', 'aes:32', '--label', 'orders/v0001')
    expect(made.output).toContain('never extractable, local')
    const wrong = await tool(...session, '--pin', '000000', '--list-objects')
    expect(wrong.output).toContain('CKR_PIN_INCORRECT')
    expect(wrong.exitCode).not.toBe(0)
  })

  it('has what npm needs to compile pkcs11js', async () => {
    expect((await run('sh', '-c', 'command -v python3 make g++')).exitCode).toBe(0)
  })

  it('says what is missing where no PIN is given, and reads one from a file', async () => {
    const missing = await run('sh', '-c', 'unset HSM_PIN; token true')
    expect(missing).toEqual({ exitCode: 64, output: 'token: set HSM_PIN, or HSM_PIN_FILE to a file that holds the PIN\n' })
    const script = 'unset HSM_PIN; echo 13579 > /tmp/pin; HSM_PIN_FILE=/tmp/pin HSM_TOKEN=file token pkcs11-tool --module $HSM_LIBRARY'
    expect(await run('sh', '-c', `${script} --token-label file --login --pin 13579 --list-objects`)).toMatchObject({ exitCode: 0 })
  })
})
