/**
 * What a thread runs. It is text, since a file of its own would be lost where somebody bundles their program; so it decides nothing: it makes the
 * calls that it is sent, one after the other, and tells what came of them. The layout of jobs is that of job.ts.
 *
 * Messages: `{ id, jobs }` with an array of ArrayBuffers, given back in the answer with the time that most of them took; or `{ id, calls }` with `{ method, args, always, tolerant }`,
 * whose results come back. A job that may have spoilt its session stops all others on it, those of later messages too, until calls come, which close it
 * or open another. A failed call stops the rest, but for calls that are `always` made; one that is `tolerant` stops nothing.
 *
 * The PIN of C_Login is bytes here; the binding takes text alone, so that one copy of it cannot be wiped.
 */
export const THREAD_PROGRAM = `
'use strict'
const { parentPort, workerData } = require('node:worker_threads')
const HEADER = 64, NOT_RUN = 0xffffffff
const keeps = new Set(workerData.keeps)
let binding, module, broken
try { binding = require(workerData.binding) } catch (error) { broken = { failed: 'binding', text: String(error && error.message) } }
if (binding) try { module = new binding.PKCS11(); module.load(workerData.library) } catch (error) { broken = { failed: 'library', text: String(error && error.message) } }

const named = [undefined, ['C_EncryptInit', 'C_Encrypt'], ['C_DecryptInit', 'C_Decrypt'], ['C_SignInit', 'C_Sign']]

function failure(error) {
  const texts = [error && error.stack, error && error.message]
  for (const text of texts) {
    const found = /(CKR_[^:\\n]+|\\w+):(\\d+)/.exec(String(text))
    if (found && found[1].startsWith('CKR_')) return { code: Number(found[2]) }
  }
  if (error && Number.isInteger(error.code) && error.code > 0) return { code: error.code }
  return { text: String(error && error.message) }
}

function run(memory) {
  const words = new Uint32Array(memory, 0, HEADER / 4)
  const [operation, shape] = words
  const inputLength = words[9], outputLength = words[10]
  const isGcm = shape === 1
  const ivLength = isGcm ? words[7] : 0, aadLength = isGcm ? words[8] : 0
  const session = Buffer.from(memory, 8, 8), key = Buffer.from(memory, 16, 8)
  const inputAt = HEADER + ivLength + aadLength
  const input = Buffer.from(memory, inputAt, inputLength)
  const output = Buffer.from(memory, inputAt + inputLength, outputLength)
  const mechanism = { mechanism: words[6] }
  if (isGcm) {
    const iv = ivLength === 0 ? Buffer.alloc(0) : Buffer.from(memory, HEADER, ivLength)
    mechanism.parameter = { type: 7, iv, ivBits: ivLength * 8, tagBits: 128 }
    if (aadLength > 0) mechanism.parameter.aad = Buffer.from(memory, HEADER + ivLength, aadLength)
  } else if (shape === 2) {
    mechanism.parameter = { type: 4, hashAlg: words[7], mgf: words[8], source: 1 }
  }
  const [init, call] = named[operation]
  words[12] = 0
  words[13] = 1
  try {
    module[init](session, mechanism, key)
    words[13] = 2
    words[11] = module[call](session, input, output).length
  } catch (error) {
    words[11] = 0
    words[12] = failure(error).code || 5
    output.fill(0)
  }
  if (operation !== 2) input.fill(0)
  return words[12]
}

let spoilt
function runAll(jobs) {
  const times = []
  for (const memory of jobs) {
    const session = new BigUint64Array(memory, 8, 1)[0]
    if (session === spoilt) new Uint32Array(memory, 0, HEADER / 4)[12] = NOT_RUN
    else {
      const started = performance.now()
      const code = run(memory)
      times.push(performance.now() - started)
      if (code !== 0 && !keeps.has(code)) spoilt = session
    }
  }
  return times.sort((a, b) => a - b)[times.length >> 1]
}

function plain(value) {
  if (ArrayBuffer.isView(value)) return Uint8Array.from(value)
  if (Array.isArray(value)) return value.map(plain)
  return value
}

function make({ method, args }) {
  if (method === 'C_Login') {
    const pin = Buffer.from(args[2])
    try { return module.C_Login(args[0], args[1], pin.toString('utf8')) } finally { pin.fill(0); args[2].fill(0) }
  }
  if (method === 'C_FindObjects') return module.C_FindObjects(args[0], args[1])
  return module[method](...args)
}

function makeAll(calls) {
  const results = []
  let failed
  for (const [at, call] of calls.entries()) {
    if (failed && !call.always) { results.push(undefined); continue }
    try { results.push(plain(make(call))) } catch (error) {
      const told = failure(error)
      results.push(call.tolerant ? told : undefined)
      if (!call.tolerant && !failed) failed = { ...told, at }
    }
  }
  return { results, failed }
}

parentPort.on('message', ({ id, jobs, calls, secrets }) => {
  if (broken) return parentPort.postMessage({ id, broken, jobs }, jobs || [])
  if (jobs) {
    const jobMs = runAll(jobs)
    return parentPort.postMessage({ id, jobs, jobMs }, jobs)
  }
  spoilt = undefined
  const answer = makeAll(calls)
  for (const memory of secrets) new Uint8Array(memory).fill(0)
  const given = []
  for (const result of answer.results) if (ArrayBuffer.isView(result)) given.push(result.buffer)
  parentPort.postMessage({ id, ...answer }, given)
})
`
