import { closeSync, openSync, readSync, writeSync } from 'node:fs'

/** The functions of a module that faults can be injected into, in the order of `GATED` in shim/faults.h. */
const FUNCTIONS = [
  ...['C_Initialize', 'C_Finalize', 'C_GetSlotList', 'C_GetTokenInfo', 'C_OpenSession', 'C_CloseSession', 'C_Login', 'C_Logout'],
  ...['C_FindObjectsInit', 'C_FindObjects', 'C_FindObjectsFinal', 'C_GetAttributeValue', 'C_GenerateRandom', 'C_EncryptInit'],
  ...['C_Encrypt', 'C_DecryptInit', 'C_Decrypt', 'C_SignInit', 'C_Sign', 'C_GenerateKey', 'C_GenerateKeyPair', 'C_CreateObject'],
  ...['C_DestroyObject', 'C_WrapKey', 'C_UnwrapKey', 'C_GetSessionInfo'],
] as const
const ACTIONS = ['answer', 'answer-after', 'drop-sessions', 'log-out', 'damage', 'keep-iv'] as const
const NUMBER = 8
const RECORD = 8 * NUMBER
const EVERY_TIME = 2n ** 63n

/** What happens to a call. */
export interface Fault {
  /**
   * `answer`: the code, and the call never happens (default). `answer-after`: it happens, then the code. `drop-sessions`: every session is closed
   * first. `log-out`: the user is logged out first. `damage`: one bit of the output of C_Encrypt or C_Decrypt is wrong. `keep-iv`: C_Encrypt does
   * not tell the IV that it made.
   */
  readonly action?: (typeof ACTIONS)[number]
  /** The CKR code, for the two that answer one. */
  readonly code?: number
  /** How many calls pass before. Default 0. */
  readonly after?: number
  /** How many calls are hit. Default 1; Infinity: every one. */
  readonly times?: number
}

/** Injects faults into a running module, of any process that loaded it. One fault a function at a time. */
export class Faults {
  readonly #path: string

  constructor(path: string) {
    this.#path = path
  }

  /** The size of the file that a module maps. */
  static empty(cloudHsm: boolean): Uint8Array {
    const bytes = Buffer.alloc(RECORD * (1 + FUNCTIONS.length))
    bytes.writeBigUInt64LE(cloudHsm ? 1n : 0n, 0)
    return bytes
  }

  /** Arms a fault; it takes the place of the one before. */
  inject(name: string, { action = 'answer', code = 0, after = 0, times = 1 }: Fault): void {
    const at = place(name)
    this.#write(at + 3 * NUMBER, 0n)
    this.#write(at + 2 * NUMBER, BigInt(after))
    this.#write(at + 4 * NUMBER, BigInt(ACTIONS.indexOf(action)))
    this.#write(at + 5 * NUMBER, BigInt(code))
    this.#write(at + 3 * NUMBER, times === Number.POSITIVE_INFINITY ? EVERY_TIME : BigInt(times))
  }

  /** Delays every call of the named functions. */
  delay(ms: number, ...names: readonly string[]): void {
    for (const name of names) this.#write(place(name) + NUMBER, BigInt(Math.round(ms * 1000)))
  }

  /** Lets every call wait, as a module does that lost its network, until `release`. */
  hang(): void {
    this.#write(NUMBER, 1n)
  }

  /** Ends `hang`. */
  release(): void {
    this.#write(NUMBER, 0n)
  }

  /** How often a function was called since the module was set up. */
  calls(name: string): number {
    return Number(this.#read(place(name)))
  }

  /** How many calls of a function are running now. */
  running(name: string): number {
    return Number(this.#read(place(name) + 6 * NUMBER))
  }

  /** How many armed hits of a function are still to come. */
  left(name: string): number {
    return Number(this.#read(place(name) + 3 * NUMBER))
  }

  /** Disarms everything and ends delays; counts stay. */
  clear(): void {
    this.release()
    for (const name of FUNCTIONS) for (const field of [1, 2, 3]) this.#write(place(name) + field * NUMBER, 0n)
  }

  #write(at: number, value: bigint): void {
    const bytes = Buffer.alloc(NUMBER)
    bytes.writeBigUInt64LE(value)
    this.#with((file) => writeSync(file, bytes, 0, NUMBER, at))
  }

  #read(at: number): bigint {
    const bytes = Buffer.alloc(NUMBER)
    this.#with((file) => readSync(file, bytes, 0, NUMBER, at))
    return bytes.readBigUInt64LE()
  }

  #with(use: (file: number) => void): void {
    const file = openSync(this.#path, 'r+')
    try {
      use(file)
    } finally {
      closeSync(file)
    }
  }
}

function place(name: string): number {
  const index = (FUNCTIONS as readonly string[]).indexOf(name)
  if (index < 0) throw new Error(`No fault can be injected into ${name}`)
  return RECORD * (1 + index)
}
