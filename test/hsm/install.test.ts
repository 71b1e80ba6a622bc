import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '../..')
const binding = join(root, 'node_modules/pkcs11js')
// npm tells its scripts where its node-gyp is; a test run outside of npm has to look beside the npm in PATH.
const nodeGyp = process.env.npm_config_node_gyp ?? beside('npm', '../lib/node_modules/npm/node_modules/node-gyp/bin/node-gyp.js')

function find(command: string): string | undefined {
  return process.env.PATH?.split(delimiter)
    .map((folder) => join(folder, command))
    .find((path) => existsSync(path))
}

function beside(command: string, path: string): string | undefined {
  const found = find(command)
  const there = found === undefined ? undefined : join(dirname(found), path)
  return there !== undefined && existsSync(there) ? there : undefined
}

describe.skipIf(nodeGyp === undefined || !existsSync(binding))(
  'an install of the repository (skipped without pkcs11js or node-gyp)',
  () => {
    let folder: string
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'strongroom-install-'))
      mkdirSync(join(folder, 'bin'))
      mkdirSync(join(folder, 'home'))
      cpSync(join(root, 'scripts/build-pkcs11js.mjs'), join(folder, 'scripts/build-pkcs11js.mjs'))
    })
    afterEach(() => rmSync(folder, { recursive: true }))

    function install(...commands: readonly string[]) {
      for (const command of commands) symlinkSync(find(command) ?? '', join(folder, 'bin', command))
      const { stdout, stderr, status } = spawnSync(process.execPath, [join(folder, 'scripts/build-pkcs11js.mjs')], {
        cwd: folder,
        encoding: 'utf8',
        env: { PATH: join(folder, 'bin'), HOME: join(folder, 'home'), npm_config_node_gyp: nodeGyp },
      })
      return { lines: stdout.trim().split('\n'), stderr, status }
    }

    function unbuilt(): void {
      const keep = (path: string) => !path.startsWith(join(binding, 'build'))
      cpSync(binding, join(folder, 'node_modules/pkcs11js'), { recursive: true, filter: keep })
    }

    it('without Python, or without a compiler, succeeds and says in one line what is not there', () => {
      unbuilt()
      for (const commands of [[], find('python3') === undefined ? [] : ['python3']]) {
        expect(install(...commands)).toEqual({
          lines: [expect.stringMatching(/^pkcs11js is not built: .+\. Keys in an HSM are not available here; everything else is\.$/)],
          stderr: '',
          status: 0,
        })
      }
    })

    it('without pkcs11js, or with one that is built, does nothing', () => {
      expect(install()).toEqual({ lines: [''], stderr: '', status: 0 })
      unbuilt()
      mkdirSync(join(folder, 'node_modules/pkcs11js/build/Release'), { recursive: true })
      cpSync(join(root, 'package.json'), join(folder, 'node_modules/pkcs11js/build/Release/pkcs11.node'))
      expect(install()).toEqual({ lines: [''], stderr: '', status: 0 })
    })
  },
)
