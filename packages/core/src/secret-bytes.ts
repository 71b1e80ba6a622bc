import { createSecretKey, type KeyObject, randomFillSync, timingSafeEqual } from 'node:crypto'
import { StrongroomError } from './errors.ts'

const BRAND = Symbol.for('@strongroom/secret-bytes')
const INSPECT = Symbol.for('nodejs.util.inspect.custom')

/** The one allocation behind all handles that share a secret; wiped when the last handle is disposed. */
interface Vault {
  readonly bytes: Uint8Array
  handles: number
  keyObject: KeyObject | undefined
}

/**
 * Secret bytes that do not print, do not serialise and can be wiped.
 *
 * A handle owns its own `ArrayBuffer`, never a slice of Node's shared pool. `dispose` (or `using`) releases the handle; the bytes are
 * overwritten when the last handle that {@link SecretBytes.share} made of them is released. Reading a released handle throws
 * `SECRET_DISPOSED`; it never yields zeros. A `KeyObject` made from the secret keeps a copy in OpenSSL that nothing can wipe.
 *
 * @example
 * ```ts
 * using secret = SecretBytes.random(32)
 * const mac = secret.use((bytes) => createHmac('sha256', bytes).update(data).digest())
 * ```
 */
export class SecretBytes implements Disposable {
  /** Number of bytes. Stays readable after disposal. */
  readonly length: number
  #vault: Vault | undefined

  static {
    Object.defineProperty(SecretBytes.prototype, BRAND, { value: true })
    Object.defineProperty(SecretBytes.prototype, INSPECT, {
      value(this: SecretBytes): string {
        return this.toString()
      },
    })
  }

  private constructor(vault: Vault) {
    this.#vault = vault
    this.length = vault.bytes.length
    vault.handles += 1
  }

  /** Copies `bytes` into a new secret. The caller's array is untouched and remains the caller's to wipe. */
  static copyOf(bytes: Uint8Array): SecretBytes {
    return new SecretBytes({ bytes: Uint8Array.from(bytes), handles: 0, keyObject: undefined })
  }

  /** Moves `bytes` into a new secret: copies them out of whatever buffer they are a view of, then overwrites the view with zeros. */
  static take(bytes: Uint8Array): SecretBytes {
    const secret = SecretBytes.copyOf(bytes)
    bytes.fill(0)
    return secret
  }

  /** Fresh bytes from the operating system's CSPRNG. */
  static random(length: number): SecretBytes {
    return new SecretBytes({ bytes: randomFillSync(new Uint8Array(length)), handles: 0, keyObject: undefined })
  }

  /** Tells whether a value is a `SecretBytes` of any installed copy of the package. */
  static is(value: unknown): value is SecretBytes {
    return typeof value === 'object' && value !== null && (value as { [BRAND]?: unknown })[BRAND] === true
  }

  /** Lends the bytes to `reader`, synchronously. They must not be kept: they are overwritten on disposal. */
  use<T>(reader: (bytes: Uint8Array) => T): T {
    return reader(this.#open().bytes)
  }

  /** The secret as a `KeyObject` for node:crypto, made once per secret. */
  keyObject(): KeyObject {
    const vault = this.#open()
    vault.keyObject ??= createSecretKey(vault.bytes)
    return vault.keyObject
  }

  /** A second handle on the same bytes, with a lifetime of its own. */
  share(): SecretBytes {
    return new SecretBytes(this.#open())
  }

  /** Constant-time comparison. */
  equals(other: SecretBytes): boolean {
    return this.use((mine) => other.use((theirs) => mine.length === theirs.length && timingSafeEqual(mine, theirs)))
  }

  /** Whether this handle was released. */
  get disposed(): boolean {
    return this.#vault === undefined
  }

  /** Releases this handle; releasing twice is harmless. */
  dispose(): void {
    const vault = this.#vault
    if (vault === undefined) return
    this.#vault = undefined
    vault.handles -= 1
    if (vault.handles > 0) return
    vault.bytes.fill(0)
    vault.keyObject = undefined
  }

  /** Does what `dispose` does, for `using`. */
  [Symbol.dispose](): void {
    this.dispose()
  }

  /** Tells the length, never a byte. */
  toString(): string {
    return `[SecretBytes ${this.length}]`
  }

  /** Tells the length, never a byte. */
  toJSON(): string {
    return this.toString()
  }

  #open(): Vault {
    if (this.#vault === undefined) {
      throw new StrongroomError('SECRET_DISPOSED', 'A secret was used after it had been disposed. Keep a handle of your own with share().')
    }
    return this.#vault
  }
}
