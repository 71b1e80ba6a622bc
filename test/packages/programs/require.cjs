const assert = require('node:assert/strict')
const core = require('@strongroom/core')
const { withEncryption } = require('@strongroom/kinesis')
const { kmsKeyring } = require('@strongroom/kms')
const { startEmbeddedKms } = require('@strongroom/testing')
const { checkCore } = require('./core-checks.mjs')

for (const value of [withEncryption, kmsKeyring, startEmbeddedKms]) assert.equal(typeof value, 'function')
checkCore(core).then(() => console.log('require: ok'))
