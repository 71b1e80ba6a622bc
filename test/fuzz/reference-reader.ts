/**
 * A second reader of ESDK messages, for tests alone, that shares no code with the first: slow, plain, whole messages only. What the first accepts
 * and refuses must be what this one does.
 */
import { createDecipheriv, createPublicKey, ECDH, hkdfSync, type JsonWebKey, type KeyObject, verify } from 'node:crypto'

/** A header, taken apart. */
export interface ReferenceHeader {
  readonly version: number
  readonly suite: string
  readonly messageId: Buffer
  readonly context: ReadonlyMap<string, string>
  readonly edks: readonly { readonly providerId: string; readonly providerInfo: Buffer; readonly ciphertext: Buffer }[]
  readonly framed: boolean
  readonly frameLength: number
  readonly commitKey: Buffer
  /** What is authenticated. */
  readonly body: Buffer
  readonly iv: Buffer
  readonly tag: Buffer
  /** Where the body starts. */
  readonly end: number
}

/** What of a message is authentic. */
export interface ReferenceReading {
  /** The plaintext, where all of the message is as it must be. */
  readonly plaintext?: Buffer
  /** Plaintext of the regular frames that are authentic and in order, up to the first that is not. */
  readonly frames: Buffer
  readonly header?: ReferenceHeader
}

interface SuiteFacts {
  readonly key: number
  readonly hash?: string
  readonly curve?: 'P-256' | 'P-384'
  readonly version: 1 | 2
}

const suites: ReadonlyMap<string, SuiteFacts> = new Map(
  Object.entries({
    '0014': { key: 16, version: 1 },
    '0046': { key: 24, version: 1 },
    '0078': { key: 32, version: 1 },
    '0114': { key: 16, hash: 'sha256', version: 1 },
    '0146': { key: 24, hash: 'sha256', version: 1 },
    '0178': { key: 32, hash: 'sha256', version: 1 },
    '0214': { key: 16, hash: 'sha256', curve: 'P-256', version: 1 },
    '0346': { key: 24, hash: 'sha384', curve: 'P-384', version: 1 },
    '0378': { key: 32, hash: 'sha384', curve: 'P-384', version: 1 },
    '0478': { key: 32, hash: 'sha512', version: 2 },
    '0578': { key: 32, hash: 'sha512', curve: 'P-384', version: 2 },
  } as const),
)

class Refused extends Error {}

class Cursor {
  readonly bytes: Buffer
  at = 0

  constructor(bytes: Uint8Array) {
    this.bytes = Buffer.from(bytes)
  }

  take(length: number): Buffer {
    if (this.at + length > this.bytes.length) throw new Refused('ends too early')
    this.at += length
    return this.bytes.subarray(this.at - length, this.at)
  }

  number(width: number): number {
    return Number(BigInt(`0x${this.take(width).toString('hex')}`))
  }

  text(): string {
    return utf8(this.take(this.number(2)))
  }
}

function utf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new Refused('not UTF-8')
  }
}

/** Takes a header apart; undefined where it is none. */
export function referenceHeader(bytes: Uint8Array, maxEdks: number): ReferenceHeader | undefined {
  return unlessRefused(() => readHeader(new Cursor(bytes), maxEdks))
}

function readHeader(cursor: Cursor, maxEdks: number): ReferenceHeader {
  const version = cursor.number(1)
  require(version === 1 || version === 2)
  if (version === 1) require(cursor.number(1) === 0x80)
  const suite = cursor.take(2).toString('hex')
  require(suites.get(suite)?.version === version)
  const messageId = cursor.take(version === 1 ? 16 : 32)
  const context = readContext(cursor.take(cursor.number(2)))
  const count = cursor.number(2)
  require(count > 0 && count <= maxEdks)
  const edks = Array.from({ length: count }, () => ({
    providerId: cursor.text(),
    providerInfo: cursor.take(cursor.number(2)),
    ciphertext: cursor.take(cursor.number(2)),
  }))
  const type = cursor.number(1)
  require(type === 1 || type === 2)
  if (version === 1) require(cursor.number(4) === 0 && cursor.number(1) === 12)
  const frameLength = cursor.number(4)
  require((type === 1) === (frameLength === 0))
  const commitKey = version === 1 ? Buffer.alloc(0) : cursor.take(32)
  const body = cursor.bytes.subarray(0, cursor.at)
  const iv = version === 1 ? cursor.take(12) : Buffer.alloc(12)
  const tag = cursor.take(16)
  return { version, suite, messageId, context, edks, framed: type === 2, frameLength, commitKey, body, iv, tag, end: cursor.at }
}

function readContext(bytes: Buffer): ReadonlyMap<string, string> {
  const pairs = new Map<string, string>()
  if (bytes.length === 0) return pairs
  const cursor = new Cursor(bytes)
  const count = cursor.number(2)
  require(count > 0)
  for (let index = 0; index < count; index += 1) {
    const key = cursor.text()
    require(!pairs.has(key))
    pairs.set(key, cursor.text())
  }
  require(cursor.at === bytes.length)
  return pairs
}

/** Reads a message under a data key. */
export function referenceReading(message: Uint8Array, dataKey: Uint8Array, maxEdks = 16): ReferenceReading {
  const header = referenceHeader(message, maxEdks)
  const none = { frames: Buffer.alloc(0) }
  if (header === undefined) return none
  const keys = unlessRefused(() => openHeader(header, dataKey))
  if (keys === undefined) return none
  const cursor = new Cursor(message)
  cursor.at = header.end
  const frames: Buffer[] = []
  const last = unlessRefused(() => {
    const rest = header.framed ? readFrames(cursor, header, keys.contentKey, frames) : readBlock(cursor, header, keys.contentKey)
    const signedEnd = cursor.at
    if (keys.publicKey !== undefined) {
      const signature = cursor.take(cursor.number(2))
      const hash = keys.curve === 'P-256' ? 'sha256' : 'sha384'
      require(verify(hash, cursor.bytes.subarray(0, signedEnd), keys.publicKey, signature))
    }
    require(cursor.at === message.length)
    return rest
  })
  const regular = Buffer.concat(frames)
  return { header, frames: regular, ...(last === undefined ? {} : { plaintext: Buffer.concat([regular, last]) }) }
}

function openHeader(header: ReferenceHeader, dataKey: Uint8Array) {
  const { suite, messageId } = header
  const facts = suites.get(suite) as SuiteFacts
  require(dataKey.length === facts.key)
  const named = header.context.get('aws-crypto-public-key')
  require((named !== undefined) === (facts.curve !== undefined))
  const publicKey = named === undefined || facts.curve === undefined ? undefined : readPublicKey(facts.curve, named)
  let contentKey: Buffer = Buffer.from(dataKey)
  if (facts.version === 2) {
    const derived = (label: Buffer): Buffer => Buffer.from(hkdfSync('sha512', dataKey, messageId, label, 32))
    contentKey = derived(Buffer.concat([Buffer.from(suite, 'hex'), Buffer.from('DERIVEKEY')]))
    require(derived(Buffer.from('COMMITKEY')).equals(header.commitKey))
  } else if (facts.hash !== undefined) {
    const info = Buffer.concat([Buffer.from(suite, 'hex'), messageId])
    contentKey = Buffer.from(hkdfSync(facts.hash, dataKey, Buffer.alloc(0), info, facts.key))
  }
  open(contentKey, header.iv, header.body, Buffer.alloc(0), header.tag)
  return { contentKey, publicKey, curve: facts.curve }
}

function readPublicKey(curve: 'P-256' | 'P-384', text: string): KeyObject {
  const point = Buffer.from(text, 'base64')
  const width = curve === 'P-256' ? 32 : 48
  require(point.toString('base64') === text && point.length === width + 1 && (point[0] === 2 || point[0] === 3))
  try {
    const whole = ECDH.convertKey(point, curve === 'P-256' ? 'prime256v1' : 'secp384r1', undefined, undefined, 'uncompressed') as Buffer
    const key: JsonWebKey = {
      kty: 'EC',
      crv: curve,
      x: whole.subarray(1, 1 + width).toString('base64url'),
      y: whole.subarray(1 + width).toString('base64url'),
    }
    return createPublicKey({ key, format: 'jwk' })
  } catch {
    throw new Refused('not a point')
  }
}

function readFrames(cursor: Cursor, header: ReferenceHeader, key: Buffer, frames: Buffer[]): Buffer {
  for (let sequence = 1; ; sequence += 1) {
    const first = cursor.number(4)
    const isFinal = first === 2 ** 32 - 1
    require((isFinal ? cursor.number(4) : first) === sequence)
    const iv = cursor.take(12)
    const length = isFinal ? cursor.number(4) : header.frameLength
    require(length <= header.frameLength)
    const content = openPart(cursor, header, key, iv, length, isFinal ? 'Final Frame' : 'Frame', sequence)
    if (isFinal) return content
    frames.push(content)
  }
}

function readBlock(cursor: Cursor, header: ReferenceHeader, key: Buffer): Buffer {
  const iv = cursor.take(12)
  return openPart(cursor, header, key, iv, cursor.number(8), 'Single Block', 1)
}

function openPart(
  cursor: Cursor,
  header: ReferenceHeader,
  key: Buffer,
  iv: Buffer,
  length: number,
  kind: string,
  sequence: number,
): Buffer {
  const [ciphertext, tag] = [cursor.take(length), cursor.take(16)]
  const numbers = Buffer.alloc(12)
  numbers.writeUInt32BE(sequence)
  numbers.writeBigUInt64BE(BigInt(length), 4)
  return open(key, iv, Buffer.concat([header.messageId, Buffer.from(`AWSKMSEncryptionClient ${kind}`), numbers]), ciphertext, tag)
}

function open(key: Buffer, iv: Buffer, aad: Buffer, ciphertext: Buffer, tag: Buffer): Buffer {
  const decipher = createDecipheriv(`aes-${key.length * 8}-gcm` as 'aes-256-gcm', key, iv, { authTagLength: 16 })
  decipher.setAAD(aad)
  decipher.setAuthTag(tag)
  try {
    return Buffer.concat([decipher.update(ciphertext), decipher.final()])
  } catch {
    throw new Refused('not authentic')
  }
}

function require(condition: boolean): void {
  if (!condition) throw new Refused('not as it must be')
}

function unlessRefused<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof Refused) return undefined
    throw error
  }
}
