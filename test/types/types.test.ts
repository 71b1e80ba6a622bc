import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const EXPECTED = /^\s*\/\/ @ts-expect-error ([^:]+): /
const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.types.ts'))
// Below the root, so that the copies import what the originals do, and outside of what everybody else compiles.
mkdirSync(join(root, 'temp'), { recursive: true })
const folder = mkdtempSync(join(root, 'temp/types-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What the compiler says of each line, where nothing tells it that an error is expected there. */
let complaints: Map<string, string>

beforeAll(async () => {
  for (const file of files) {
    const text = readFileSync(join(import.meta.dirname, file), 'utf8')
    writeFileSync(join(folder, file), text.replaceAll('@ts-expect-error', 'expected:'))
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ extends: resolve(root, 'tsconfig.json'), include: ['*.ts'] }))
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const output = await promisify(execFile)(process.execPath, [tsc, '-p', '.', '--pretty', 'false'], { cwd: folder }).then(
    ({ stdout }) => stdout,
    (error: { stdout: string }) => error.stdout,
  )
  complaints = new Map(
    output
      .split(/\n(?=\S)/)
      .map((complaint) => /^([^(]+\(\d+),\d+\): (.*)/s.exec(complaint))
      .flatMap((match) => (match === null ? [] : [[match[1] as string, match[2] as string]])),
  )
}, 60_000)

describe.each(files)('%s', (file) => {
  const lines = readFileSync(join(import.meta.dirname, file), 'utf8').split('\n')
  const expected = lines.flatMap((line, index) => {
    const about = EXPECTED.exec(line)?.[1]
    return about === undefined ? [] : [{ at: `${file}(${index + 2}`, about, source: (lines[index + 1] as string).trim() }]
  })

  it.each(expected)('$source: the compiler objects to $about', ({ at, about }) => {
    expect(complaints.get(at)).toContain(about)
  })

  it('compiles but for those lines', () => {
    const unexpected = [...complaints.keys()].filter((at) => at.startsWith(file) && !expected.some((line) => line.at === at))
    expect(unexpected).toEqual([])
    expect(expected.length).toBeGreaterThan(5)
  })
})
