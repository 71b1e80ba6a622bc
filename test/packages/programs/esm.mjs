import assert from 'node:assert/strict'
import * as core from '@strongroom/core'
import * as awsCrypto from '@strongroom/core/aws-crypto'
import { validateOptions } from '@strongroom/core/options'
import { checkCore } from './core-checks.mjs'

await checkCore(core)
assert.throws(
  () => validateOptions('it', { unknown: 1 }, {}),
  (error) => core.isStrongroomError(error, 'OPTION_INVALID'),
)
const keyring = core.rawAesKeyring({ namespace: 'example', name: 'kek', key: core.generateAesKey() })
assert.equal(typeof awsCrypto.toAwsKeyring(keyring).onEncrypt, 'function')
console.log('import: ok')
