/**
 * A second writer of ESDK messages, for tests alone, that shares no code with the first. It writes what it is told, well formed or not, and
 * authenticates it as the holder of the data key would, so that a refusal shows the check behind the tags.
 */
import { createCipheriv, createECDH, generateKeyPairSync, hkdfSync, type KeyObject, sign } from 'node:crypto'

export type Bytes = Uint8Array

/** An encrypted data key, its fields as bytes. */
export interface ForgedDataKey {
  readonly providerId: Bytes
  readonly providerInfo: Bytes
  readonly ciphertext: Bytes
}

/** What a forged header says; each part can be made to lie. */
export interface ForgedHeader {
  /** Decides derivation and lengths. */
  readonly suite: string
  /** The two bytes written for it, if others. */
  readonly writtenSuite?: string
  /** The layout, if not the suite's. */
  readonly version?: 1 | 2
  readonly versionByte?: number
  readonly typeByte?: number
  readonly messageId: Bytes
  readonly context?: readonly (readonly [string | Bytes, string | Bytes])[]
  readonly contextCount?: number
  readonly contextLength?: number
  /** The serialised context with its outer length, whatever it is. */
  readonly contextBlock?: Bytes
  readonly edks?: readonly ForgedDataKey[]
  readonly edkCount?: number
  readonly contentType?: number
  readonly reserved?: number
  readonly ivLength?: number
  readonly frameLength?: number
  readonly commitKey?: Bytes
  readonly headerIv?: Bytes
}

const anyDataKey: ForgedDataKey = { providerId: Buffer.from('p'), providerInfo: Buffer.from('i'), ciphertext: Buffer.from('c') }

/** Bytes of the suite's data key. */
export function dataKeyLength(suite: string): number {
  return suite.endsWith('14') ? 16 : suite.endsWith('46') ? 24 : 32
}

/** Whether the suite is one of version 2. */
export function commits(suite: string): boolean {
  return suite === '0478' || suite === '0578'
}

/** The curve that the suite signs on. */
export function curveOf(suite: string): 'P-256' | 'P-384' | undefined {
  return suite === '0214' ? 'P-256' : ['0346', '0378', '0578'].includes(suite) ? 'P-384' : undefined
}

/** The keys of one message. */
function derive(suite: string, dataKey: Bytes, messageId: Bytes): { readonly contentKey: Buffer; readonly commitKey: Buffer } {
  const id = Buffer.from(suite, 'hex')
  const none = Buffer.alloc(0)
  if (suite.startsWith('00')) return { contentKey: Buffer.from(dataKey), commitKey: none }
  if (commits(suite)) {
    const expand = (info: Buffer) => Buffer.from(hkdfSync('sha512', dataKey, messageId, info, 32))
    return { contentKey: expand(Buffer.concat([id, Buffer.from('DERIVEKEY')])), commitKey: expand(Buffer.from('COMMITKEY')) }
  }
  const hash = suite.startsWith('03') ? 'sha384' : 'sha256'
  return { contentKey: Buffer.from(hkdfSync(hash, dataKey, none, Buffer.concat([id, messageId]), dataKey.length)), commitKey: none }
}

/** A header with its authentication. */
export function forgeHeader(dataKey: Bytes, header: ForgedHeader): Buffer {
  const { suite, messageId, edks = [anyDataKey], contentType = 2, frameLength = contentType === 1 ? 0 : 16 } = header
  const version = header.version ?? (commits(suite) ? 2 : 1)
  const keys = derive(suite, dataKey, messageId)
  const body = Buffer.concat([
    Buffer.of(header.versionByte ?? version),
    version === 1 ? Buffer.of(header.typeByte ?? 0x80) : Buffer.alloc(0),
    Buffer.from(header.writtenSuite ?? suite, 'hex'),
    messageId,
    header.contextBlock ?? contextBlock(header),
    u16(header.edkCount ?? edks.length),
    ...edks.flatMap(({ providerId, providerInfo, ciphertext }) => [providerId, providerInfo, ciphertext].flatMap(counted)),
    Buffer.of(contentType),
    version === 1 ? Buffer.concat([u32(header.reserved ?? 0), Buffer.of(header.ivLength ?? 12)]) : Buffer.alloc(0),
    u32(frameLength),
    header.commitKey ?? (version === 2 ? Buffer.concat([keys.commitKey, Buffer.alloc(32)]).subarray(0, 32) : Buffer.alloc(0)),
  ])
  const iv = header.headerIv ?? Buffer.alloc(12)
  const { tag } = seal(keys.contentKey, iv, body, Buffer.alloc(0))
  return version === 1 ? Buffer.concat([body, iv, tag]) : Buffer.concat([body, tag])
}

function contextBlock({ context = [], contextCount, contextLength }: ForgedHeader): Buffer {
  if (context.length === 0 && contextCount === undefined) return u16(contextLength ?? 0)
  const block = Buffer.concat([
    u16(contextCount ?? context.length),
    ...context.flatMap((pair) => pair.flatMap((part) => counted(Buffer.from(part as string)))),
  ])
  return Buffer.concat([u16(contextLength ?? block.length), block])
}

/** One frame. What is authenticated follows from the arguments; `written` makes the frame say otherwise. */
export interface ForgedFrame {
  readonly sequence: number
  readonly content: Bytes
  readonly final?: boolean
  readonly iv?: Bytes
  readonly written?: { readonly sequence?: number; readonly length?: number; readonly marker?: number }
}

/** Forges the frames of a body. */
function forgeFrames(contentKey: Bytes, messageId: Bytes, frames: readonly ForgedFrame[]): Buffer {
  return Buffer.concat(frames.map((frame) => forgeFrame(contentKey, messageId, frame)))
}

function forgeFrame(contentKey: Bytes, messageId: Bytes, { sequence, content, final = false, iv, written = {} }: ForgedFrame): Buffer {
  const nonce = iv ?? Buffer.concat([Buffer.alloc(8), u32(sequence)])
  const aad = Buffer.concat([
    messageId,
    Buffer.from(`AWSKMSEncryptionClient ${final ? 'Final ' : ''}Frame`),
    u32(sequence),
    u64(content.length),
  ])
  const { ciphertext, tag } = seal(contentKey, nonce, aad, content)
  const marker = written.marker ?? 0xffffffff
  const start = final ? [u32(marker), u32(written.sequence ?? sequence)] : [u32(written.sequence ?? sequence)]
  return Buffer.concat([...start, nonce, ...(final ? [u32(written.length ?? content.length)] : []), ciphertext, tag])
}

/** Forges an unframed body. */
function forgeUnframed(contentKey: Bytes, messageId: Bytes, content: Bytes, writtenLength?: bigint): Buffer {
  const iv = Buffer.concat([Buffer.alloc(8), u32(1)])
  const aad = Buffer.concat([messageId, Buffer.from('AWSKMSEncryptionClient Single Block'), u32(1), u64(content.length)])
  const { ciphertext, tag } = seal(contentKey, iv, aad, content)
  const length = Buffer.alloc(8)
  length.writeBigUInt64BE(writtenLength ?? BigInt(content.length))
  return Buffer.concat([iv, length, ciphertext, tag])
}

/** A signing key, and its public key as a context stores it. */
export function forgeSigner(curve: 'P-256' | 'P-384'): {
  readonly key: KeyObject
  readonly publicKey: string
  readonly uncompressed: string
} {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: curve })
  const ecdh = createECDH(curve === 'P-256' ? 'prime256v1' : 'secp384r1')
  ecdh.setPrivateKey(Buffer.from(privateKey.export({ format: 'jwk' }).d as string, 'base64url'))
  return { key: privateKey, publicKey: ecdh.getPublicKey('base64', 'compressed'), uncompressed: ecdh.getPublicKey('base64') }
}

/** The message with a footer. */
export function signed(message: Bytes, key: KeyObject, curve: 'P-256' | 'P-384'): Buffer {
  return withFooter(message, sign(curve === 'P-256' ? 'sha256' : 'sha384', message, key))
}

/** The message with these bytes as its signature. */
export function withFooter(message: Bytes, signature: Bytes, writtenLength: number = signature.length): Buffer {
  return Buffer.concat([message, u16(writtenLength), signature])
}

/** A whole message that is as it should be, unless told otherwise. */
export function forgeMessage(
  dataKey: Bytes,
  header: ForgedHeader,
  body: { readonly frames: readonly ForgedFrame[] } | { readonly unframed: Bytes; readonly writtenLength?: bigint },
  signer?: { readonly key: KeyObject; readonly curve: 'P-256' | 'P-384' },
): Buffer {
  const framed = 'frames' in body
  const { contentKey } = derive(header.suite, dataKey, header.messageId)
  const message = Buffer.concat([
    forgeHeader(dataKey, framed ? header : { contentType: 1, ...header }),
    framed
      ? forgeFrames(contentKey, header.messageId, body.frames)
      : forgeUnframed(contentKey, header.messageId, body.unframed, body.writtenLength),
  ])
  return signer === undefined ? message : signed(message, signer.key, signer.curve)
}

export function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16BE(value)
  return bytes
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt(value))
  return bytes
}

function counted(bytes: Bytes): Bytes[] {
  return [u16(bytes.length), bytes]
}

function seal(key: Bytes, iv: Bytes, aad: Bytes, content: Bytes): { readonly ciphertext: Buffer; readonly tag: Buffer } {
  const cipher = createCipheriv(`aes-${key.length * 8}-gcm` as 'aes-256-gcm', key, iv)
  cipher.setAAD(aad)
  const ciphertext = Buffer.concat([cipher.update(content), cipher.final()])
  return { ciphertext, tag: cipher.getAuthTag() }
}
