import { afterAll, describe, expect, it } from 'vitest'
import { type DriverCommand, DriverProcess, javascriptDriver, strongroomDriver } from './driver-process.ts'

const keyring = { type: 'raw-aes', namespace: 'ns', name: 'k', key: Buffer.alloc(32, 1).toString('base64') }

describe.each<DriverCommand>([strongroomDriver, javascriptDriver])('the driver of $name', (command) => {
  const driver = new DriverProcess(command)
  afterAll(() => driver.close())

  it('tells its implementation and versions', async () => {
    const answer = await driver.ask({ op: 'version' })
    expect(answer).toMatchObject({ ok: true, implementation: expect.any(String), versions: { node: process.versions.node } })
  })

  it.each([7, 'seven', null, { seven: [7] }])('gives the id %j back, on success and on failure', async (id) => {
    expect(await driver.ask({ op: 'version', id })).toMatchObject({ ok: true, id })
    expect(await driver.ask({ op: 'nothing', id })).toMatchObject({ ok: false, id, error: expect.stringMatching(/^UNSUPPORTED: /) })
    expect('id' in (await driver.ask({ op: 'version' }))).toBe(false)
  })

  it.each([
    [{ op: 'version', more: 1 }, '"more"'],
    [{ op: 'esdk.encrypt', keyring, plaintext: '', frameLenght: 16 }, '"frameLenght"'],
    [{ op: 'esdk.decrypt', keyring, ciphertext: '', plaintext: '' }, '"plaintext"'],
    [{ op: 'esdk.encrypt', keyring: { ...keyring, padding: 'PKCS1' }, plaintext: '' }, '"padding"'],
    [{ op: 'esdk.encrypt', keyring: { type: 'multi', generator: { ...keyring, more: 1 } }, plaintext: '' }, '"more"'],
  ])('refuses the unknown field of %j', async (request, name) => {
    const { ok, error } = await driver.ask(request)
    expect(ok).toBe(false)
    expect(error).toMatch(/^OPTION_INVALID: /)
    expect(error).toContain(name)
  })

  it.each([
    [{ op: 'esdk.encrypt', keyring }, /plaintext/],
    [{ op: 'esdk.encrypt', keyring, plaintext: 'no base64' }, /base64/],
    [{ op: 'esdk.encrypt', keyring, plaintext: 'AAB=' }, /base64/],
    [{ op: 'esdk.encrypt', keyring, plaintext: '', encryptionContext: { a: 1 } }, /encryptionContext/],
    [{ op: 'esdk.encrypt', keyring, plaintext: '', commitmentPolicy: 'NONE' }, /commitmentPolicy/],
    [{ op: 'esdk.encrypt', keyring: { type: 'raw-xyz' }, plaintext: '' }, /raw-xyz/],
  ])('refuses the wrong value in %j', async (request, named) => {
    const { ok, error } = await driver.ask(request)
    expect(ok).toBe(false)
    expect(error).toMatch(/^INPUT_INVALID: /)
    expect(error).toMatch(named)
  })

  it('says what it lacks', async () => {
    expect(await driver.ask({ op: 'kpl.aggregate' })).toMatchObject({ ok: false, error: expect.stringMatching(/^UNSUPPORTED: /) })
  })

  it.each(['nonsense', '{"op":"version"', 'null', '[]', '7', '{"op":7}', '{}', '{"op":"__proto__"}', '\u0000'])(
    'answers the line %j with an error',
    async (line) => {
      expect(await driver.askLine(line)).toMatchObject({ ok: false, error: expect.stringMatching(/^(INPUT_INVALID|UNSUPPORTED): /) })
    },
  )

  it('answers in order, one line for one request, however many are sent at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, id) =>
        id % 3 === 0 ? driver.askLine(`broken ${id}`) : driver.ask({ op: id % 2 ? 'version' : 'nothing', id }),
      ),
    )
    expect(answers.map(({ id }) => id)).toEqual(answers.map((_, id) => (id % 3 === 0 ? undefined : id)))
  })

  it('lives through forged messages and forbidden suites', async () => {
    const written = await driver.ask({
      op: 'esdk.encrypt',
      keyring,
      plaintext: Buffer.from('hello'),
      encryptionContext: { '\u2028': '\u2029\u0085' },
    })
    expect(written.ok).toBe(true)
    const forged = Buffer.from(written.ciphertext as string, 'base64')
    forged[forged.length - 1] = (forged[forged.length - 1] as number) ^ 1
    expect((await driver.ask({ op: 'esdk.decrypt', keyring, ciphertext: forged })).ok).toBe(false)
    expect((await driver.ask({ op: 'esdk.encrypt', keyring, plaintext: '', suite: '0178' })).ok).toBe(false)
    const read = await driver.ask({ op: 'esdk.decrypt', keyring, ciphertext: written.ciphertext })
    expect(read).toMatchObject({
      ok: true,
      plaintext: Buffer.from('hello').toString('base64'),
      suite: '0578',
      encryptionContext: { '\u2028': '\u2029\u0085' },
    })
  })

  it('ends when its input ends, after the last answer', async () => {
    const short = new DriverProcess(command)
    const answers = [short.ask({ op: 'version', id: 1 }), short.ask({ op: 'version', id: 2 })]
    await short.close()
    expect((await Promise.all(answers)).map(({ id }) => id)).toEqual([1, 2])
  })
})

describe('our driver', () => {
  const driver = new DriverProcess(strongroomDriver)
  afterAll(() => driver.close())

  it('answers our error code first', async () => {
    const { ciphertext } = await driver.ask({ op: 'esdk.encrypt', keyring, plaintext: '', suite: '0478', encryptionContext: { a: 'b' } })
    const cases: [object, string][] = [
      [{ op: 'esdk.decrypt', keyring: { ...keyring, name: 'other' }, ciphertext }, 'MESSAGE_INVALID'],
      [{ op: 'esdk.decrypt', keyring, ciphertext, encryptionContext: { a: 'c' } }, 'CONTEXT_MISMATCH'],
      [{ op: 'esdk.encrypt', keyring, plaintext: '', suite: '0178' }, 'SUITE_FORBIDDEN'],
      [{ op: 'esdk.encrypt', keyring, plaintext: '', suite: '9999' }, 'OPTION_INVALID'],
      [{ op: 'esdk.encrypt', keyring, plaintext: '', frameLength: 0 }, 'OPTION_INVALID'],
      [{ op: 'esdk.encrypt', keyring, plaintext: '', encryptionContext: { 'aws-crypto-a': 'b' } }, 'CONTEXT_INVALID'],
      [{ op: 'esdk.encrypt', keyring: { type: 'multi', children: [keyring] }, plaintext: '' }, 'KEYRING_CANNOT_ENCRYPT'],
      [
        { op: 'esdk.encrypt', keyring: { type: 'multi', generator: keyring, children: [keyring] }, maxEncryptedDataKeys: 1, plaintext: '' },
        'LIMIT_EXCEEDED',
      ],
      [{ op: 'esdk.inspect', ciphertext: 'AgR4' }, 'MESSAGE_INVALID'],
    ]
    for (const [request, code] of cases)
      expect((await driver.ask(request as Record<string, unknown>)).error).toMatch(new RegExp(`^${code}: `))
  })

  it('keeps required pairs out of the message, and opens it where they are reproduced', async () => {
    const requiredKeys = ['a']
    const written = await driver.ask({
      op: 'esdk.encrypt',
      keyring,
      plaintext: '',
      suite: '0478',
      encryptionContext: { a: 'b', c: 'd' },
      requiredKeys,
    })
    const { ciphertext } = written
    expect((await driver.ask({ op: 'esdk.inspect', ciphertext })).encryptionContext).toEqual({ c: 'd' })
    expect(await driver.ask({ op: 'esdk.decrypt', keyring, ciphertext, encryptionContext: { a: 'b' }, requiredKeys })).toMatchObject({
      ok: true,
      encryptionContext: { a: 'b', c: 'd' },
    })
    expect((await driver.ask({ op: 'esdk.decrypt', keyring, ciphertext, requiredKeys })).error).toMatch(/^CONTEXT_INVALID: /)
  })

  it('inspects a message without its keys', async () => {
    const { ciphertext } = await driver.ask({
      op: 'esdk.encrypt',
      keyring,
      plaintext: '',
      suite: '0478',
      encryptionContext: { a: 'b' },
      frameLength: 1024,
    })
    const answer = await driver.ask({ op: 'esdk.inspect', ciphertext })
    expect(answer).toEqual({
      ok: true,
      version: 2,
      suite: '0478',
      messageId: expect.stringMatching(/^[A-Za-z0-9+/]{43}=$/),
      encryptionContext: { a: 'b' },
      encryptedDataKeys: [{ providerId: 'ns', providerInfo: expect.stringMatching(/^awAAAIAAAAAM/) }],
      frameLength: 1024,
    })
  })
})
