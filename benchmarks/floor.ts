/**
 * The floor of the benchmarks: the primitives that a message needs, in a bare loop over node:crypto. No format, no checks, no promises where
 * the primitive has none. Nothing that makes these messages can be faster with the same primitives.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createPublicKey,
  createSecretKey,
  ECDH,
  generateKeyPair,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  verify,
} from 'node:crypto'
import { promisify } from 'node:util'

const HEADER = Buffer.alloc(350, 1)
const FRAME_AAD = Buffer.alloc(78, 2)
const CONTEXT = Buffer.alloc(40, 3)
const COMMIT_INFO = Buffer.from('COMMITKEY\x01', 'latin1')
const DERIVE_INFO = Buffer.from('\x04\x78DERIVEKEY\x01', 'latin1')
const IV = Buffer.alloc(12)
const FRAME_LENGTH = 65_536
const generate = promisify(generateKeyPair)
const signAsync = promisify(sign)
const verifyAsync = promisify(verify)

interface Sealed {
  readonly ciphertext: Buffer
  readonly tag: Buffer
}

function derive(dataKey: Uint8Array, messageId: Uint8Array): KeyObject {
  const prk = createSecretKey(createHmac('sha512', createSecretKey(messageId)).update(dataKey).digest())
  createHmac('sha512', prk).update(COMMIT_INFO).digest()
  return createSecretKey(createHmac('sha512', prk).update(DERIVE_INFO).digest().subarray(0, 32))
}

function seal(key: KeyObject, aad: Uint8Array, plaintext: Uint8Array): Sealed {
  const cipher = createCipheriv('aes-256-gcm', key, IV)
  cipher.setAAD(aad)
  const ciphertext = cipher.update(plaintext)
  cipher.final()
  return { ciphertext, tag: cipher.getAuthTag() }
}

function open(key: KeyObject, aad: Uint8Array, sealed: Sealed): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, IV)
  decipher.setAAD(aad)
  decipher.setAuthTag(sealed.tag)
  const plaintext = decipher.update(sealed.ciphertext)
  decipher.final()
  return plaintext
}

/** The frames of a plaintext, each a GCM message of its own. */
function frames(plaintext: Uint8Array): Uint8Array[] {
  const parts: Uint8Array[] = []
  for (let at = 0; at < plaintext.length; at += FRAME_LENGTH) parts.push(plaintext.subarray(at, at + FRAME_LENGTH))
  return parts
}

/** Loops for one plaintext: `wrap` adds what an uncached raw AES message adds, its data key and the wrapping of it. */
export function floor(plaintext: Uint8Array): {
  readonly encrypt: (wrap: boolean) => void
  readonly decrypt: (wrap: boolean) => void
  readonly encryptSigned: () => Promise<void>
  readonly decryptSigned: () => Promise<void>
  readonly importAndVerify: () => Promise<void>
  readonly signOnly: () => Promise<void>
  readonly signSync: () => void
  readonly verifySync: () => void
} {
  const wrappingKey = createSecretKey(randomBytes(32))
  const cachedKey = randomBytes(32)
  const parts = frames(plaintext)
  const messageId = randomBytes(32)
  const contentKey = derive(cachedKey, messageId)
  const sealedKey = seal(wrappingKey, CONTEXT, cachedKey)
  const sealedHeader = seal(contentKey, HEADER, Buffer.alloc(0))
  const sealedParts = parts.map((part) => seal(contentKey, FRAME_AAD, part))
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-384' })
  const point = ECDH.convertKey(
    pair.publicKey.export({ format: 'der', type: 'spki' }).subarray(-97),
    'secp384r1',
    undefined,
    undefined,
    'compressed',
  ) as Buffer
  const compressedKey = Buffer.concat([Buffer.from('3046301006072a8648ce3d020106052b81040022033200', 'hex'), point])
  const signed = Buffer.concat([HEADER, plaintext])
  const signature = sign('sha384', signed, pair.privateKey)

  return {
    encrypt(wrap) {
      const dataKey = wrap ? randomBytes(32) : cachedKey
      if (wrap) {
        randomBytes(12)
        seal(wrappingKey, CONTEXT, dataKey)
      }
      const key = derive(dataKey, randomBytes(32))
      seal(key, HEADER, IV.subarray(0, 0))
      for (const part of parts) seal(key, FRAME_AAD, part)
    },
    decrypt(wrap) {
      const dataKey = wrap ? open(wrappingKey, CONTEXT, sealedKey) : cachedKey
      const key = derive(dataKey, messageId)
      open(key, HEADER, sealedHeader)
      for (const part of sealedParts) open(key, FRAME_AAD, part)
    },
    async encryptSigned() {
      const { privateKey } = await generate('ec', { namedCurve: 'P-384' })
      await signAsync('sha384', signed, privateKey)
    },
    async decryptSigned() {
      await verifyAsync('sha384', signed, pair.publicKey, signature)
    },
    async importAndVerify() {
      // The key of a message comes as a compressed point, and is another for every message.
      await verifyAsync('sha384', signed, createPublicKey({ key: compressedKey, format: 'der', type: 'spki' }), signature)
    },
    async signOnly() {
      await signAsync('sha384', signed, pair.privateKey)
    },
    signSync() {
      const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' })
      sign('sha384', signed, privateKey)
    },
    verifySync() {
      verify('sha384', signed, pair.publicKey, signature)
    },
  }
}
