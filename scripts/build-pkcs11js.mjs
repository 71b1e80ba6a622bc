// After an install: compiles pkcs11js, the optional native module of @strongroom/pkcs11, against the headers beside the running Node. Its own
// install script would fetch headers. Where it cannot be built, everything but the HSM works, and this says so in one line.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

const folder = resolve(import.meta.dirname, '../node_modules/pkcs11js')
const nodeGyp = process.env.npm_config_node_gyp
const prefix = dirname(dirname(process.execPath))

const skip = (why) => console.log(`pkcs11js is not built: ${why}. Keys in an HSM are not available here; everything else is.`)

if (existsSync(folder) && !existsSync(resolve(folder, 'build/Release/pkcs11.node'))) {
  if (nodeGyp === undefined) skip('npm did not say where its node-gyp is')
  else {
    const headers = existsSync(resolve(prefix, 'include/node/node_api.h')) ? [`--nodedir=${prefix}`] : []
    const { status, stderr } = spawnSync(process.execPath, [nodeGyp, 'rebuild', ...headers], { cwd: folder, encoding: 'utf8' })
    if (status !== 0) skip(lastError(stderr ?? ''))
  }
}

/** The line of node-gyp's that says most, which is the last that it marks as an error of its stack. */
function lastError(stderr) {
  const line = stderr.split('\n').findLast((text) => /\bstack Error: /.test(text))
  return line === undefined ? 'node-gyp failed' : line.slice(line.indexOf('Error: ') + 7).trim()
}
