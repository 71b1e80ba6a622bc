/**
 * The floor of the benchmarks: the primitives that a message needs, in a bare loop over node:crypto. No format, no checks, no promises where
 * the primitive has none. Nothing that makes these messages can be faster with the same primitives.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
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

const WRAP_LABEL = Buffer.from('aws-kms-hierarchy', 'latin1')
const MAC_INFO = Buffer.from('AWS_MPL_INTERMEDIATE_KEYWRAP_MAC\x01', 'latin1')
const KEY_INFO = Buffer.from('AWS_MPL_INTERMEDIATE_KEYWRAP_ENC\x01', 'latin1')
const ITEM_INFOS = [Buffer.alloc(18 + 32 + 1, 4), Buffer.alloc(18 + 32 + 1, 5)] as const
const NO_SALT = Buffer.alloc(64)

/**
 * Loops for one item of the Database Encryption SDK under a branch key: what its format demands of node:crypto, and no more.
 *
 * @param values - the serialised values of the encrypted attributes.
 * @param lengths - bytes of the header, of the encryption context, and of all that is hashed.
 */
export function itemFloor(
  values: readonly Uint8Array[],
  lengths: { readonly header: number; readonly context: number; readonly record: number },
): {
  readonly encrypt: () => void
  readonly decrypt: () => void
  readonly encryptSigned: () => Promise<void>
  readonly decryptSigned: () => Promise<void>
} {
  const branchKey = createSecretKey(randomBytes(32))
  const header = Buffer.alloc(lengths.header, 1)
  const context = Buffer.alloc(lengths.context, 2)
  const record = Buffer.alloc(lengths.record, 3)
  const path = Buffer.alloc(40, 4)
  const wrapAad = Buffer.concat([WRAP_LABEL, Buffer.alloc(36 + 16), context])

  /** HKDF-SHA512 without salt, 32 bytes twice. */
  const twoKeys = (secret: Uint8Array, [first, second]: readonly [Uint8Array, Uint8Array]): readonly [KeyObject, KeyObject] => {
    const prk = createSecretKey(createHmac('sha512', NO_SALT).update(secret).digest())
    const keyOf = (info: Uint8Array) => createSecretKey(createHmac('sha512', prk).update(info).digest().subarray(0, 32))
    return [keyOf(first), keyOf(second)]
  }
  const branchWrapKey = (salt: Uint8Array): KeyObject =>
    createSecretKey(createHmac('sha256', branchKey).update(WRAP_LABEL).update(salt).digest())
  const fieldKeys = (root: KeyObject): Buffer =>
    createCipheriv('aes-256-ctr', root, header.subarray(0, 16)).update(Buffer.alloc(48 * values.length))
  const fieldKey = (stream: Buffer, index: number): KeyObject => createSecretKey(stream.subarray(48 * index, 48 * index + 32))
  const digest = (): Buffer => createHash('sha384').update(record).digest()

  const salt = randomBytes(16)
  const intermediate = randomBytes(32)
  const dataKey = randomBytes(32)
  const wrapped = seal(branchWrapKey(salt), wrapAad, intermediate)
  const sealedKey = seal(twoKeys(intermediate, [MAC_INFO, KEY_INFO])[1], context, dataKey)
  const stream = fieldKeys(twoKeys(dataKey, ITEM_INFOS)[1])
  const sealed = values.map((value, index) => seal(fieldKey(stream, index), path, value))
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-384' })
  const spki = pair.publicKey.export({ format: 'der', type: 'spki' })
  const signature = sign('sha384', digest(), pair.privateKey)

  const encrypt = (): Buffer => {
    const [fresh, key] = [randomBytes(32), randomBytes(32)]
    seal(branchWrapKey(randomBytes(28).subarray(12)), wrapAad, key)
    const [mac, kek] = twoKeys(key, [MAC_INFO, KEY_INFO])
    seal(kek, context, fresh)
    randomBytes(32)
    const [commit, root] = twoKeys(fresh, ITEM_INFOS)
    createHmac('sha512', commit).update(header).digest()
    const keys = fieldKeys(root)
    for (const [index, value] of values.entries()) seal(fieldKey(keys, index), path, value)
    const hash = digest()
    createHmac('sha384', mac).update(hash).digest()
    return hash
  }
  const decrypt = (): Buffer => {
    const key = open(branchWrapKey(salt), wrapAad, wrapped)
    const [mac, kek] = twoKeys(key, [MAC_INFO, KEY_INFO])
    const [commit, root] = twoKeys(open(kek, context, sealedKey), ITEM_INFOS)
    createHmac('sha512', commit).update(header).digest()
    const hash = digest()
    createHmac('sha384', mac).update(hash).digest()
    const keys = fieldKeys(root)
    for (const [index, value] of sealed.entries()) open(fieldKey(keys, index), path, value)
    return hash
  }
  return {
    encrypt,
    decrypt,
    async encryptSigned() {
      const { privateKey } = await generate('ec', { namedCurve: 'P-384' })
      await signAsync('sha384', encrypt(), privateKey)
    },
    async decryptSigned() {
      // The key comes with the item, and is another for every one.
      await verifyAsync('sha384', decrypt(), createPublicKey({ key: spki, format: 'der', type: 'spki' }), signature)
    },
  }
}
