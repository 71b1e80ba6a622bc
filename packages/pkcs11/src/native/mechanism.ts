/**
 * Mechanisms with parameters that were checked. The native binding writes past its memory where a parameter has another shape than it expects, and
 * the process aborts some calls later: nothing but a `Mechanism` reaches it.
 */
import { StrongroomError } from '@strongroom/core'
import { CKG, CKM } from '../constants.ts'

/** Hashes of OAEP, each with its own MGF1. */
export type OaepHash = 'SHA1' | 'SHA256' | 'SHA384' | 'SHA512'

const hashes: ReadonlyMap<OaepHash, { readonly hash: number; readonly mgf: number }> = new Map([
  ['SHA1', { hash: CKM.SHA_1, mgf: CKG.MGF1_SHA1 }],
  ['SHA256', { hash: CKM.SHA256, mgf: CKG.MGF1_SHA256 }],
  ['SHA384', { hash: CKM.SHA384, mgf: CKG.MGF1_SHA384 }],
  ['SHA512', { hash: CKM.SHA512, mgf: CKG.MGF1_SHA512 }],
])

const MOST_AAD = 2 ** 20
const NOTHING = new Uint8Array(0)

/** The binding's numbers of parameter shapes: CK_GCM_PARAMS with ulIvBits, and CK_RSA_PKCS_OAEP_PARAMS. */
const PARAMS_GCM = 7
const PARAMS_OAEP = 4
const LABEL_SPECIFIED = 1
const TAG_BITS = 128

/** What the binding takes. */
export interface NativeMechanism {
  readonly mechanism: number
  readonly parameter?: Readonly<Record<string, unknown>>
}

/** A mechanism and its parameters. */
export class Mechanism {
  readonly type: number
  readonly shape: 'plain' | 'gcm' | 'oaep'
  /** GCM: 12 bytes, or none where the module makes its own and tells it in the output. */
  readonly iv: Uint8Array
  readonly aad: Uint8Array
  readonly hash: number
  readonly mgf: number

  private constructor(type: number, shape: Mechanism['shape'], iv: Uint8Array, aad: Uint8Array, hash: number, mgf: number) {
    this.type = type
    this.shape = shape
    this.iv = iv
    this.aad = aad
    this.hash = hash
    this.mgf = mgf
  }

  /** One without parameters. */
  static plain(type: number): Mechanism {
    return new Mechanism(typeOf(type), 'plain', NOTHING, NOTHING, 0, 0)
  }

  /** AES-GCM with a tag of 16 bytes. The bytes must hold still until the call has been made. */
  static gcm(type: number, iv: Uint8Array, aad: Uint8Array): Mechanism {
    bytesOf('iv', iv)
    bytesOf('aad', aad)
    if (iv.length !== 0 && iv.length !== 12) throw bad(`an iv of ${iv.length} bytes; it has 12, or 0 where the module makes its own`)
    if (aad.length > MOST_AAD) throw bad(`associated data of ${aad.length} bytes; at most ${MOST_AAD}`)
    return new Mechanism(typeOf(type), 'gcm', iv, aad, 0, 0)
  }

  /** RSA-OAEP without a label. */
  static oaep(hash: OaepHash): Mechanism {
    const found = hashes.get(hash)
    if (found === undefined) throw bad(`an OAEP hash that is none of ${[...hashes.keys()].join(', ')}`)
    return new Mechanism(CKM.RSA_PKCS_OAEP, 'oaep', NOTHING, NOTHING, found.hash, found.mgf)
  }

  /** As the binding takes it, with memory of its own. */
  toNative(): NativeMechanism {
    const { type: mechanism, shape, hash, mgf } = this
    if (shape === 'plain') return { mechanism }
    if (shape === 'oaep') return { mechanism, parameter: { type: PARAMS_OAEP, hashAlg: hash, mgf, source: LABEL_SPECIFIED } }
    const iv = Uint8Array.from(this.iv)
    const aad = this.aad.length === 0 ? {} : { aad: Uint8Array.from(this.aad) }
    return { mechanism, parameter: { type: PARAMS_GCM, iv, ivBits: iv.length * 8, ...aad, tagBits: TAG_BITS } }
  }

  /** Whether a value was made here. */
  static is(value: unknown): value is Mechanism {
    return value instanceof Mechanism
  }
}

function typeOf(type: unknown): number {
  if (Number.isInteger(type) && (type as number) >= 0 && (type as number) < 2 ** 32) return type as number
  throw bad('a mechanism that is not a whole number of 32 bits')
}

function bytesOf(what: string, value: unknown): void {
  if (!(value instanceof Uint8Array)) throw bad(`an ${what} that is not a Uint8Array`)
}

function bad(what: string): StrongroomError {
  return new StrongroomError('OPTION_INVALID', `A PKCS#11 mechanism was given ${what}.`, { option: 'mechanism' })
}
