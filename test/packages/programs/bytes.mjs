// Core alone, in one file with nothing else: what a small Lambda function bundles.
import * as core from '@strongroom/core'
import { checkCore } from './core-checks.mjs'

await checkCore(core)
console.log('bytes: ok')
