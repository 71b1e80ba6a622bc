import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type PinSource, pinReader } from './pin.ts'

const SECRET = 'user:marker-of-the-pin'
const NAME = 'STRONGROOM_TEST_PIN'
let folder: string
const text = async (source: PinSource) => new TextDecoder().decode(await pinReader('test', source)())

describe('the source of a PIN', () => {
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'strongroom-pin-'))
  })
  afterAll(() => rmSync(folder, { recursive: true }))
  afterEach(() => {
    delete process.env[NAME]
  })

  it('is text, bytes, a file without its line feed, a variable, or a function', async () => {
    for (const [index, content] of [SECRET, `${SECRET}\n`, `${SECRET}\r\n`].entries()) {
      const file = join(folder, String(index))
      writeFileSync(file, content)
      expect(await text({ file })).toBe(SECRET)
    }
    process.env[NAME] = SECRET
    const bytes = new TextEncoder().encode(SECRET)
    for (const source of [SECRET, bytes, { env: NAME }, () => SECRET, async () => Uint8Array.from(bytes)])
      expect(await text(source)).toBe(SECRET)
  })

  it('answers bytes that may be overwritten, and is not changed by the caller afterwards', async () => {
    const bytes = new TextEncoder().encode(SECRET)
    const read = pinReader('test', bytes)
    bytes.fill(0)
    const first = await read()
    first.fill(0)
    expect(new TextDecoder().decode(await read())).toBe(SECRET)
  })

  it('is asked at every login', async () => {
    let asked = 0
    const read = pinReader('test', () => {
      asked += 1
      return `pin ${asked}`
    })
    await read()
    expect(new TextDecoder().decode(await read())).toBe('pin 2')
  })

  it('that gives none is an error with what is missing, and never with a PIN', async () => {
    const missing: readonly PinSource[] = [
      { file: join(folder, 'absent') },
      { env: NAME },
      () => {
        throw new Error(SECRET)
      },
      () => Promise.reject(new Error(SECRET)),
      () => '',
      () => `${SECRET}\0`,
      () => SECRET.repeat(100),
    ]
    for (const source of missing) {
      const error = await pinReader('test', source)().catch((reason: unknown) => reason)
      expect(error).toMatchObject({ reason: 'PIN_MISSING' })
      expect(inspect(error, { depth: 9 })).not.toContain(SECRET)
    }
  })

  it.each([undefined, null, 7, {}, { file: 'relative' }, { env: '' }, { file: '/a', env: 'B' }, { file: '/a', more: 1 }, []])(
    '%o is none',
    (source) => {
      expect(() => pinReader('test', source as never)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID', option: 'pin' }))
    },
  )
})
