import { Console } from 'node:console'
import { Writable } from 'node:stream'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { SecretBytes } from './secret-bytes.ts'

const MARKER = 'hunter2-marker-bytes'

function secretOf(text: string): SecretBytes {
  return SecretBytes.copyOf(new TextEncoder().encode(text))
}

/** The live array behind a secret, kept beyond the loan on purpose: tests look at what is left of it. */
function arrayBehind(secret: SecretBytes): Uint8Array {
  return secret.use((bytes) => bytes)
}

describe('a secret does not print', () => {
  const hex = Buffer.from(MARKER).toString('hex')
  const spaced = hex.replace(/../g, '$& ').trim()
  const decimal = [...Buffer.from(MARKER)].join(',')

  it.each<[string, (secret: SecretBytes) => string]>([
    ['String()', (secret) => String(secret)],
    ['a template', (secret) => `${secret}`],
    ['JSON', (secret) => JSON.stringify({ secret })],
    ['inspect', (secret) => inspect(secret)],
    [
      'inspect with everything shown',
      (secret) => inspect({ secret }, { showHidden: true, customInspect: false, depth: 10, getters: true }),
    ],
    ['Object.entries', (secret) => JSON.stringify(Object.entries(secret))],
    ['a structured clone', (secret) => inspect(structuredClone({ ...secret }), { showHidden: true })],
    [
      'console',
      (secret) => {
        let text = ''
        const stream = new Writable({
          write(chunk, _encoding, done) {
            text += String(chunk)
            done()
          },
        })
        const console = new Console(stream)
        console.log(secret, '%o %O %j %s', secret, secret, secret, secret)
        console.dir(secret, { showHidden: true })
        console.table([secret])
        return text
      },
    ],
  ])('by %s', (_way, print) => {
    const text = print(secretOf(MARKER))
    for (const form of [MARKER, hex, spaced, decimal]) expect(text).not.toContain(form)
    expect(text).not.toMatch(/104,\s*117|68 75 6e/)
  })

  it('but says what it is and how long', () => {
    expect(inspect(secretOf('12345'))).toBe('[SecretBytes 5]')
    expect(JSON.stringify([secretOf('12345')])).toBe('["[SecretBytes 5]"]')
  })
})

describe('a secret owns its memory', () => {
  it('is copied out of the shared Buffer pool', () => {
    const pooled = Buffer.from(MARKER)
    expect(pooled.buffer.byteLength).toBeGreaterThan(pooled.length)
    const bytes = arrayBehind(SecretBytes.copyOf(pooled))
    expect(bytes.buffer).not.toBe(pooled.buffer)
    expect([bytes.byteOffset, bytes.buffer.byteLength]).toEqual([0, pooled.length])
    expect(Buffer.isBuffer(bytes)).toBe(false)
  })

  it('leaves a copied array as it is, and does not follow it', () => {
    const source = new TextEncoder().encode(MARKER)
    const secret = SecretBytes.copyOf(source)
    source[0] = 0
    expect(secret.use((bytes) => Buffer.from(bytes).toString())).toBe(MARKER)
    expect(source[1]).toBe(MARKER.charCodeAt(1))
  })

  it('wipes the view it was taken from, and nothing around it', () => {
    const around = Buffer.from(`<${MARKER}>`)
    const secret = SecretBytes.take(around.subarray(1, -1))
    expect(around.toString('latin1')).toBe(`<${'\0'.repeat(MARKER.length)}>`)
    expect(secret.use((bytes) => Buffer.from(bytes).toString())).toBe(MARKER)
  })

  it('is different each time it is random, and as long as asked', () => {
    const [one, other] = [SecretBytes.random(32), SecretBytes.random(32)]
    expect(one.length).toBe(32)
    expect(one.equals(other)).toBe(false)
    expect(one.equals(one.share())).toBe(true)
    expect(one.equals(SecretBytes.random(31))).toBe(false)
  })
})

describe('a disposed secret', () => {
  const disposed = (): SecretBytes => {
    const secret = secretOf(MARKER)
    secret.dispose()
    return secret
  }

  it.each<[string, (secret: SecretBytes) => unknown]>([
    ['use', (secret) => secret.use(() => 'reached')],
    ['keyObject', (secret) => secret.keyObject()],
    ['share', (secret) => secret.share()],
    ['equals', (secret) => secret.equals(secretOf(MARKER))],
    ['equals from the other side', (secret) => secretOf(MARKER).equals(secret)],
  ])('throws on %s instead of yielding zeros', (_name, read) => {
    expect(() => read(disposed())).toThrowError(expect.objectContaining({ code: 'SECRET_DISPOSED' }))
  })

  it('is overwritten', () => {
    const secret = secretOf(MARKER)
    const bytes = arrayBehind(secret)
    secret.dispose()
    expect([...bytes].every((byte) => byte === 0)).toBe(true)
    expect(secret.disposed).toBe(true)
  })

  it('may be disposed again without taking a handle from its sharers', () => {
    const first = secretOf(MARKER)
    const second = first.share()
    const third = first.share()
    first.dispose()
    first.dispose()
    first.dispose()
    second.dispose()
    expect(third.use((bytes) => Buffer.from(bytes).toString())).toBe(MARKER)
  })

  it('is wiped only with its last handle, in whatever order they go', () => {
    const first = secretOf(MARKER)
    const second = first.share()
    const bytes = arrayBehind(first)
    first.dispose()
    expect(Buffer.from(bytes).toString()).toBe(MARKER)
    expect(second.disposed).toBe(false)
    second.dispose()
    expect([...bytes].every((byte) => byte === 0)).toBe(true)
  })

  it('is disposed at the end of a using block, even one left by an error', () => {
    let seen: SecretBytes | undefined
    expect(() => {
      using secret = secretOf(MARKER)
      seen = secret
      throw new Error('left')
    }).toThrow('left')
    expect(seen?.disposed).toBe(true)
  })
})

it('makes one KeyObject for all its uses', () => {
  const secret = secretOf('0123456789abcdef')
  expect(secret.keyObject()).toBe(secret.keyObject())
  expect(secret.share().keyObject().export().toString()).toBe('0123456789abcdef')
})

it('is recognised by its brand, not by its class', () => {
  expect(SecretBytes.is(secretOf('x'))).toBe(true)
  for (const other of [undefined, null, 'secret', new Uint8Array(3), {}]) expect(SecretBytes.is(other)).toBe(false)
})
