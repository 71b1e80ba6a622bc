import { type createSign, generateKeyPairSync, sign, verify } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { toFixedLength } from '../signature.ts'
import { suiteById } from '../suite.ts'
import { runningSigner, runningVerifier } from './running-signature.ts'

const chunks = [Buffer.from('one '), Buffer.from('message '), Buffer.alloc(0), Buffer.from('in pieces')]
const whole = Buffer.concat(chunks)

const ORDER_256 = 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551'
const ORDER_384 = 'ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973'

describe.each(['0214', '0346', '0578'] as const)('a running signature of suite %s', (id) => {
  const { signature } = suiteById(id)
  if (signature === undefined) throw new Error('a signing suite')
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: signature.curve })
  const { coordinate, digest } = signature.curve === 'P-256' ? { coordinate: 32, digest: 'sha256' } : { coordinate: 48, digest: 'sha384' }
  /** r || s whose r is as short as one in 256 is; such a signature has no form of the suite's length. */
  const short = Buffer.concat([Buffer.alloc(2), Buffer.alloc(coordinate - 2, 0x11), Buffer.alloc(coordinate, 0x22)])
  /** r || s that is longer than the suite's length, and shorter with n - s. */
  const order = Buffer.from(signature.curve === 'P-256' ? ORDER_256 : ORDER_384, 'hex')
  const long = Buffer.concat([Buffer.alloc(coordinate, 0x99), order.subarray(0, coordinate - 1), Buffer.of((order.at(-1) as number) - 3)])

  /** Signers of which those at the given places answer a signature that has no form of the suite's length. */
  function starting(shortAt: readonly number[], oddity: Buffer): { readonly start: typeof createSign; readonly started: () => number } {
    let started = 0
    const start = () => {
      const isShort = shortAt.includes(started)
      started += 1
      return isShort ? { update: () => undefined, sign: () => oddity } : fittingSigner()
    }
    return { start: start as unknown as typeof createSign, started: () => started }
  }

  /** A true signer, but never the one in 285 whose signature does not fit. */
  function fittingSigner() {
    const parts: Uint8Array[] = []
    return {
      update: (bytes: Uint8Array) => parts.push(bytes),
      sign(): Uint8Array {
        const rs = sign(digest, Buffer.concat(parts), { key: privateKey, dsaEncoding: 'ieee-p1363' })
        return toFixedLength(signature as NonNullable<typeof signature>, rs) === undefined ? this.sign() : rs
      },
    }
  }

  function signWith(
    isLengthPromised: boolean,
    shortAt: readonly number[] = [],
    oddity: Buffer = short,
  ): { der: Uint8Array; started: number } {
    const { start, started } = starting(shortAt, oddity)
    const signer = runningSigner(signature as NonNullable<typeof signature>, privateKey, isLengthPromised, start)
    for (const chunk of chunks) signer.update(chunk)
    return { der: signer.sign(), started: started() }
  }

  it('verifies, as a whole and as it runs', () => {
    const { der, started } = signWith(false)
    expect([verify(digest, whole, publicKey, der), started]).toEqual([true, 1])
    const verifier = runningVerifier(signature, publicKey)
    for (const chunk of chunks) verifier.update(chunk)
    expect(verifier.verify(der)).toBe(true)
    const other = runningVerifier(signature, publicKey)
    other.update(whole.subarray(1))
    expect(other.verify(der)).toBe(false)
  })

  it.each([Buffer.alloc(0), Buffer.of(0x30), Buffer.alloc(72, 0xff)])('refuses %o as a signature without a throw', (der) => {
    const verifier = runningVerifier(signature, publicKey)
    verifier.update(whole)
    expect(verifier.verify(der)).toBe(false)
  })

  it('has the promised length while one of the prepared signatures can have it', () => {
    for (const shortAt of [[], [0], [0, 1], [1, 2]]) {
      const { der } = signWith(true, shortAt)
      expect([der.length, verify(digest, whole, publicKey, der)]).toEqual([signature.signatureLength, true])
    }
  })

  it('fails rather than break its promise', () => {
    expect(() => signWith(true, [0, 1, 2])).toThrow(expect.objectContaining({ code: 'RUNTIME_UNSUPPORTED' }))
  })

  it('is as short as it is where nothing was promised', () => {
    const { der } = signWith(false, [0])
    expect(der.length).toBeLessThan(signature.signatureLength)
    // SEQUENCE of two INTEGERs, the bytes of r without its leading zeros.
    const r = Buffer.from(short.subarray(2, coordinate))
    expect(Buffer.from(der).subarray(0, 4 + r.length)).toEqual(Buffer.concat([Buffer.of(0x30, der.length - 2, 2, r.length), r]))
  })

  it('is never longer than where it was promised', () => {
    const { der } = signWith(false, [0], long)
    // n - s is 3, which takes one byte.
    expect(der.length).toBe(2 + 2 + (coordinate + 1) + 3)
    expect(Buffer.from(der).subarray(-3)).toEqual(Buffer.of(2, 1, 3))
  })

  it('is refused with a key of another curve', () => {
    const { privateKey: other } = generateKeyPairSync('ec', { namedCurve: signature.curve === 'P-256' ? 'P-384' : 'P-256' })
    expect(() => runningSigner(signature, other, false)).toThrow(expect.objectContaining({ code: 'MATERIALS_INVALID' }))
  })
})
