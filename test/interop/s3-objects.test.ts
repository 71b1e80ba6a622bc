import { generateKeyPairSync } from 'node:crypto'
import { afterAll, expect, it } from 'vitest'
import { DriverProcess, strongroomDriver } from './driver-process.ts'

const pair = generateKeyPairSync('rsa', { modulusLength: 2048 })
const aes = { type: 'raw-aes', namespace: 'ns', name: 'k', key: Buffer.alloc(32, 1).toString('base64') }
const rsa = {
  type: 'raw-rsa',
  namespace: 'ns',
  name: 'r',
  padding: 'OAEP_SHA1',
  publicKey: pair.publicKey.export({ type: 'spki', format: 'pem' }),
  privateKey: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }),
}
const plaintext = Buffer.from('0123456789').toString('base64')
const driver = new DriverProcess(strongroomDriver)
afterAll(() => driver.close())

async function written(request: Record<string, unknown>): Promise<Record<string, unknown>> {
  const { ok, error, ...object } = await driver.ask({ op: 's3.encryptObject', body: plaintext, ...request })
  expect([ok, error]).toEqual([true, undefined])
  return object
}

it.each(['v3', 'v2', 'esdk'])('an object of %s goes round, whole and in parts', async (format) => {
  const policy = format === 'v2' ? { commitmentPolicy: 'REQUIRE_ENCRYPT_ALLOW_DECRYPT' } : {}
  for (const keyring of [aes, rsa]) {
    const object = await written({ keyring, format, metadata: { color: 'red' } })
    expect(object.metadata).toMatchObject({ color: 'red' })
    const read = { op: 's3.decryptObject', keyring, ...object, ...policy }
    expect(await driver.ask(read)).toMatchObject({ ok: true, body: plaintext, metadata: { color: 'red' } })
    for (const [range, part] of [
      ['bytes=2-4', '234'],
      ['bytes=8-', '89'],
      ['bytes=-3', '789'],
      ['bytes=5-100', '56789'],
    ]) {
      expect(await driver.ask({ ...read, range })).toMatchObject({ ok: true, body: Buffer.from(part as string).toString('base64') })
    }
    expect((await driver.ask({ ...read, range: 'bytes=10-' })).error).toMatch(/^RANGE_NOT_SATISFIABLE: /)
    expect((await driver.ask({ ...read, range: '2-4' })).error).toMatch(/^INPUT_INVALID: /)
  }
})

it('an instruction file comes beside its object', async () => {
  const object = await written({ keyring: aes, format: 'v3', instructionFile: true })
  expect(object.instructionFile).toEqual({ metadata: { 'x-amz-crypto-instr-file': '' }, body: expect.any(String) })
  expect(await driver.ask({ op: 's3.decryptObject', keyring: aes, ...object })).toMatchObject({ ok: true, body: plaintext })
  const { instructionFile: _, ...alone } = object
  expect((await driver.ask({ op: 's3.decryptObject', keyring: aes, ...alone })).error).toMatch(/^INSTRUCTION_FILE_MISSING: /)
})

it('V2 needs a policy that reads it, or legacy', async () => {
  const object = await written({ keyring: aes, format: 'v2' })
  expect((await driver.ask({ op: 's3.decryptObject', keyring: aes, ...object })).error).toMatch(/^SUITE_FORBIDDEN: /)
  expect((await driver.ask({ op: 's3.decryptObject', keyring: aes, ...object, legacy: true })).ok).toBe(true)
})

it('what is asked for wrongly is refused', async () => {
  const object = await written({ keyring: aes })
  const changed = Buffer.from(object.body as string, 'base64')
  changed[0] = (changed[0] as number) ^ 1
  const cases: [object, RegExp][] = [
    [{ op: 's3.encryptObject', keyring: aes, body: plaintext, bucket: 'b' }, /^OPTION_INVALID: .*"bucket"/],
    [{ op: 's3.encryptObject', keyring: aes, body: plaintext, multipart: true }, /^UNSUPPORTED: /],
    [{ op: 's3.encryptObject', keyring: aes, body: plaintext, encryptionContext: { a: 'b' } }, /^CONTEXT_INVALID: /],
    [{ op: 's3.encryptObject', keyring: { type: 'multi', generator: aes, children: [rsa] }, body: plaintext }, /^KEYRING_UNSUITABLE: /],
    [{ op: 's3.decryptObject', keyring: aes, ...object, body: changed.toString('base64') }, /^MESSAGE_INVALID: /],
    [{ op: 's3.decryptObject', keyring: rsa, ...object }, /^MESSAGE_INVALID: /],
    [{ op: 's3.decryptObject', keyring: aes, body: plaintext, metadata: {} }, /^OBJECT_NOT_ENCRYPTED: /],
  ]
  for (const [request, error] of cases) expect((await driver.ask(request as Record<string, unknown>)).error).toMatch(error)
})
