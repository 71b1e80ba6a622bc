import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { build } from 'esbuild'

const root = resolve(import.meta.dirname, '..')
const core = join(root, 'packages/core/dist/index.js')

/** What importing and bundling the built core costs. Needs `npm run build`. */
export async function footprint(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'strongroom-footprint-'))
  try {
    const empty = join(folder, 'empty.mjs')
    writeFileSync(empty, 'export {}\n')
    const differences: number[] = []
    for (let round = 0; round < 11; round += 1) differences.push(importTime(core) - importTime(empty))
    const milliseconds = differences.sort((a, b) => a - b)[5] ?? Number.NaN
    console.log(
      `import of @strongroom/core: ${milliseconds.toFixed(1)} ms more than an empty module (target 30) ${milliseconds <= 30 ? 'met' : 'MISSED'}`,
    )

    const entry = join(folder, 'entry.mjs')
    writeFileSync(
      entry,
      `import { createEncryptionClient, rawAesKeyring } from ${JSON.stringify(core)}\nexport const make = (key) => createEncryptionClient({ keyring: rawAesKeyring({ namespace: 'a', name: 'b', key }) })\n`,
    )
    const { outputFiles } = await build({ entryPoints: [entry], bundle: true, minify: true, platform: 'node', format: 'esm', write: false })
    const kilobytes = (outputFiles[0]?.contents.length ?? Number.NaN) / 1000
    console.log(
      `client with one raw keyring, bundled and minified: ${kilobytes.toFixed(1)} kB (target 60) ${kilobytes <= 60 ? 'met' : 'MISSED'}`,
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function importTime(path: string): number {
  const program = `const t = performance.now(); await import(${JSON.stringify(path)}); console.log(performance.now() - t)`
  return Number(execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' }))
}
