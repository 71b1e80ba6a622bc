import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { createEncryptionClient } from '@strongroom/core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { describeOnHsm, missingFor } from '../../../test/support/hsm.ts'
import { core, makeAesKey, openTestToken } from '../test/hsm-keys.ts'
import { createHsmKey } from './admin/keys.ts'
import { hsmRandom } from './admin/random.ts'
import { secretTemplate } from './admin/templates.ts'
import { CKA, CKM } from './constants.ts'
import { hsmKeyring } from './keyrings/hsm-keyring.ts'
import { Mechanism } from './native/mechanism.ts'
import { nativeTemplate } from './native/template.ts'
import { type HsmToken, openHsmToken } from './token/hsm-token.ts'

const text = new TextEncoder().encode('a text')
const folder = mkdtempSync(join(tmpdir(), 'strongroom-wrong-'))
afterAll(() => rmSync(folder, { recursive: true }))

function encrypting(token: HsmToken, alias: string, more: object = {}) {
  return createEncryptionClient({ keyring: hsmKeyring({ token, namespace: 'ns', alias, ...more }) })
}

describe.skipIf(missingFor('softhsm2-faulty') !== undefined)('a library', () => {
  const open = (library: string) => openHsmToken({ library, slot: { label: 't' }, pin: '1234' })

  it('that is missing is told at once, with the place where CloudHSM has it', () => {
    expect(() => open(join(folder, 'absent.so'))).toThrow(
      expect.objectContaining({
        code: 'KEY_OPERATIONAL',
        reason: 'LIBRARY_MISSING',
        message: expect.stringContaining('/opt/cloudhsm/lib/libcloudhsm_pkcs11.so'),
      }),
    )
    expect(() => open('libsofthsm2.so')).toThrow(/absolute path/)
  })

  it.each([
    ['of another architecture', 'other.so', () => foreign(), /built for (?:arm64|x64), and this process runs on/],
    ['that is no library', 'text.so', () => Buffer.from('not a library'), /not a shared library/],
    ['that is no PKCS#11 module', 'binding.so', () => readFileSync(bindingFile()), /no PKCS#11 module|missing/],
  ])('%s is told with the reason', async (_what, name, content, message) => {
    const path = join(folder, name)
    writeFileSync(path, content())
    await using token = open(path)
    await expect(token.info()).rejects.toMatchObject({
      code: 'KEY_OPERATIONAL',
      reason: 'LIBRARY_UNUSABLE',
      message: expect.stringMatching(message),
    })
  })

  it('cannot be loaded without the binding, and the error says how to get it', () => {
    const program = `
      import Module from 'node:module'
      const resolve = Module._resolveFilename
      Module._resolveFilename = function (name, ...rest) {
        if (name === 'pkcs11js') throw Object.assign(new Error('Cannot find module'), { code: 'MODULE_NOT_FOUND' })
        return resolve.call(this, name, ...rest)
      }
      const { openHsmToken } = await import('@strongroom/pkcs11')
      const token = openHsmToken({ library: process.execPath, slot: { label: 't' }, pin: '1234' })
      const { code, reason, message } = await token.info().catch((error) => error)
      console.log(JSON.stringify({ code, reason, message }))`
    const { stdout, stderr } = spawnSync(process.execPath, ['--conditions=@strongroom/source', '--input-type=module', '-e', program], {
      cwd: join(import.meta.dirname, '../../..'),
      encoding: 'utf8',
    })
    expect(stderr).toBe('')
    expect(JSON.parse(stdout)).toEqual({
      code: 'KEY_OPERATIONAL',
      reason: 'BINDING_MISSING',
      message: expect.stringContaining('npm install pkcs11js'),
    })
  })
})

/** A library of this system, but for the architecture that its header names. */
function foreign(): Buffer {
  const bytes = readFileSync(bindingFile())
  bytes.writeUInt16LE(process.arch === 'arm64' ? 62 : 183, 18)
  return bytes
}

function bindingFile(): string {
  return join(createRequire(import.meta.url).resolve('pkcs11js/package.json'), '../build/Release/pkcs11.node')
}

describeOnHsm(
  ['softhsm2-faulty', 'cloudhsm'],
  'a token',
  (hsm) => {
    const wrong = 'crypto_user:wrong-horse'
    afterEach(() => hsm.faults.clear())

    it('refuses a wrong PIN once, and is not asked again by anybody', async () => {
      const before = hsm.faults.calls('C_Login')
      await using token = openTestToken(hsm, { pin: wrong })
      await using other = openTestToken(hsm, { pin: () => Buffer.from(wrong) })
      const failures = await Promise.all(
        [token, token, other].map((each) =>
          hsmRandom(each, { length: 8 }).then(
            () => undefined,
            (error: unknown) => error,
          ),
        ),
      )
      failures.push(await hsmRandom(token, { length: 8 }).catch((error: unknown) => error))
      for (const failure of failures) {
        expect(failure).toMatchObject({ code: 'KEY_OPERATIONAL', reason: 'PIN_REJECTED', message: expect.stringContaining('retryPin') })
        expect(inspect(failure, { depth: 9 })).not.toContain('wrong-horse')
      }
      expect(failures.join()).toContain('user:password')
      expect(hsm.faults.calls('C_Login') - before).toBe(1)
    })

    it('lets the user in who has the right one', async () => {
      await using token = openTestToken(hsm)
      expect((await token.info()).slot.label).toBe(hsm.token.label)
    })

    it('of another label is not found, and those that are there are named', async () => {
      await using token = openTestToken(hsm, { slot: { label: 'elsewhere' } })
      await expect(token.info()).rejects.toMatchObject({
        code: 'KEY_OPERATIONAL',
        reason: 'TOKEN_NOT_FOUND',
        message: expect.stringMatching(new RegExp(`"elsewhere".*"${hsm.token.label}" \\(serial [0-9a-f]+\\)`)),
      })
    })

    it('that shares its label is told from the other by its serial', async () => {
      await using token = openTestToken(hsm, { slot: { label: 'twin' } })
      const failure = await token.info().catch((error: unknown) => error)
      expect(failure).toMatchObject({ code: 'KEY_OPERATIONAL', reason: 'TOKEN_AMBIGUOUS', message: expect.stringContaining('serial') })
      const [, serial = ''] = /"twin" \(serial ([0-9a-f]+)\)/.exec(String(failure)) ?? []
      await using one = openTestToken(hsm, { slot: { label: 'twin', serial } })
      expect((await one.info()).slot.serial).toBe(serial)
    })
  },
  { labels: ['strongroom', 'twin', 'twin'] },
)

describeOnHsm(['softhsm2', 'nss', 'cloudhsm'], 'a key', (hsm) => {
  const token = openTestToken(hsm)
  const makeTwin = (label: string, id: Uint8Array) => {
    const spec = { kind: 'aes', label, id, bits: 256, exportable: false } as const
    const template = nativeTemplate(secretTemplate(spec, true))
    return core(token).call('making a key', (session) => [
      { method: 'C_GenerateKey', args: [session, Mechanism.plain(CKM.AES_KEY_GEN).toNative(), template] },
    ])
  }
  beforeAll(async () => {
    for (const id of ['one', 'other']) await makeTwin('twice/v0001', new TextEncoder().encode(id))
    await makeAesKey(token, 'leaving/v0001', { [CKA.EXTRACTABLE]: true })
    await makeAesKey(token, 'mute/v0001', { [CKA.ENCRYPT]: false })
    await makeAesKey(token, 'deaf/v0001', { [CKA.DECRYPT]: false })
  })
  afterAll(() => token.close())

  it('that is not there is named, with what to do', async () => {
    await expect(encrypting(token, 'absent').encrypt(text)).rejects.toMatchObject({
      code: 'KEY_OPERATIONAL',
      reason: 'KEY_NOT_FOUND',
      message: expect.stringContaining('Create one'),
    })
  })

  it('that shares its name with another is used by nobody', async () => {
    await expect(encrypting(token, 'twice').encrypt(text)).rejects.toMatchObject({
      code: 'KEY_OPERATIONAL',
      reason: 'KEY_AMBIGUOUS',
      keyName: 'twice/v0001',
    })
  })

  it('that may leave the HSM is used only where that was said', async () => {
    await expect(encrypting(token, 'leaving').encrypt(text)).rejects.toMatchObject({
      reason: 'KEY_UNFIT',
      message: expect.stringContaining('CKA_EXTRACTABLE'),
    })
    const said = encrypting(token, 'leaving', { allowExtractable: true })
    const { ciphertext } = await said.encrypt(text)
    expect((await said.decrypt(ciphertext)).plaintext).toEqual(text)
  })

  it('without the right to encrypt is told from one that is broken', async () => {
    await expect(encrypting(token, 'mute').encrypt(text)).rejects.toMatchObject({ code: 'KEY_OPERATIONAL' })
  })

  it('without the right to decrypt writes nothing that could not be read', async () => {
    await expect(encrypting(token, 'deaf').encrypt(text)).rejects.toMatchObject({ code: 'KEY_OPERATIONAL' })
  })
})

describeOnHsm(['softhsm2', 'cloudhsm'], 'a session for reading alone', (hsm) => {
  it('makes no key, and where the module has none the error says so', async () => {
    await using token = openTestToken(hsm, { quirks: { readWriteSessions: false }, deadlineMs: 500, backoffMs: 1 })
    const message = expect.stringContaining(hsm.module === 'cloudhsm' ? 'read-only sessions' : 'write protected')
    await expect(createHsmKey(token, { alias: 'read-only' })).rejects.toMatchObject({
      ckr: hsm.module === 'cloudhsm' ? 'CKR_FUNCTION_FAILED' : 'CKR_SESSION_READ_ONLY',
      message,
    })
  })
})
