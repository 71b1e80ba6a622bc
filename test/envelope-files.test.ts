import { execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

interface Run {
  readonly code: number | null
  readonly err: string
}

const program = new URL('../examples/envelope-files/main.ts', import.meta.url).pathname
const plaintext = randomBytes(3_000_000)
let folder: string
const at = (name: string): string => join(folder, name)
const files = (): string[] => readdirSync(folder).sort()

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'strongroom-envelope-files-'))
  writeFileSync(at('kek.bin'), randomBytes(32))
  writeFileSync(at('plain'), plaintext)
})
afterEach(() => rmSync(folder, { recursive: true }))

function argumentsOf(...args: readonly string[]): string[] {
  return ['--conditions=@strongroom/source', program, '--keyring', 'raw-aes://files/kek?file=kek.bin', ...args]
}

function run(...args: readonly string[]): Promise<Run> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, argumentsOf(...args), { cwd: folder }, (_error, _out, err) =>
      resolve({ code: child.exitCode, err }),
    )
  })
}

describe('the example envelope-files', () => {
  it('encrypts a file and decrypts it again, with progress', async () => {
    const up = await run('encrypt', '--context', 'purpose=test', 'plain', 'sealed')
    expect(up.err.trim().split('\n')).toEqual([
      'encrypting plain: 0 %',
      'encrypting plain: 25 %',
      'encrypting plain: 50 %',
      'encrypting plain: 75 %',
      'encrypting plain: 100 %',
      `sealed: ${statSync(at('sealed')).size} bytes`,
    ])
    expect(up.code).toBe(0)
    expect(readFileSync(at('sealed')).includes(plaintext.subarray(0, 32))).toBe(false)
    const down = await run('decrypt', '--context', 'purpose=test', 'sealed', 'back')
    expect([down.code, readFileSync(at('back')).equals(plaintext)]).toEqual([0, true])
    expect(down.err).toContain('decrypting sealed: 100 %')
    expect(statSync(at('back')).mode & 0o777).toBe(0o600)
    expect(files()).toEqual(['back', 'kek.bin', 'plain', 'sealed'])
  })

  it('encrypts an empty file', async () => {
    writeFileSync(at('empty'), '')
    expect((await run('encrypt', 'empty', 'sealed')).code).toBe(0)
    expect((await run('decrypt', 'sealed', 'back')).code).toBe(0)
    expect(readFileSync(at('back')).length).toBe(0)
  })

  it('leaves nothing behind of a message that is cut, and spares what had the name before', async () => {
    await run('encrypt', 'plain', 'sealed')
    truncateSync(at('sealed'), statSync(at('sealed')).size - 1)
    writeFileSync(at('back'), 'older')
    const { code, err } = await run('decrypt', 'sealed', 'back')
    expect([code, err.trim().split('\n').at(-1)]).toEqual([1, expect.stringMatching(/^MESSAGE_INVALID: /)])
    expect(readFileSync(at('back'), 'utf8')).toBe('older')
    expect(files()).toEqual(['back', 'kek.bin', 'plain', 'sealed'])
  })

  it.each([
    ['another context', ['decrypt', '--context', 'purpose=other', 'sealed', 'back'], /^CONTEXT_MISMATCH: /m],
    ['a file that is none of its own', ['decrypt', 'plain', 'back'], /^MESSAGE_INVALID: /m],
    ['a file that is not there', ['encrypt', 'nowhere', 'back'], /ENOENT/],
    ['a folder that is not there', ['encrypt', 'plain', 'nowhere/back'], /ENOENT/],
    ['a wrong use', ['encrypt', 'plain'], /^usage: /m],
    ['a wrong context', ['encrypt', '--context', 'purpose', 'plain', 'back'], /KEY=VALUE/],
  ])('fails with the reason and leaves nothing behind: %s', async (_what, args, message) => {
    await run('encrypt', '--context', 'purpose=test', 'plain', 'sealed')
    const { code, err } = await run(...args)
    expect([code, err]).toEqual([1, expect.stringMatching(message)])
    expect(existsSync(at('back'))).toBe(false)
    expect(files()).toEqual(['kek.bin', 'plain', 'sealed'])
  })

  it('leaves nothing behind when it is interrupted', async () => {
    // A file of holes that takes longer than any interruption.
    writeFileSync(at('huge'), '')
    truncateSync(at('huge'), 2 ** 40)
    const child = spawn(process.execPath, argumentsOf('encrypt', 'huge', 'sealed'), { cwd: folder, stdio: 'ignore' })
    const exited = new Promise<number | null>((resolve) => child.once('exit', resolve))
    while (!files().some((name) => name.endsWith('.part'))) await new Promise((resolve) => setTimeout(resolve, 5))
    child.kill('SIGINT')
    expect(await exited).toBe(130)
    expect(files()).toEqual(['huge', 'kek.bin', 'plain'])
  })
})
