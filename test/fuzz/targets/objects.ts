import { createCipheriv } from 'node:crypto'
import { type AeadKey, isStrongroomError, type Keyring, type KmsKey, rawAesKey, SecretBytes, StrongroomError } from '@strongroom/core'
import { decryptObject, type ObjectEncryptionSettings } from '@strongroom/s3'
import { ContentEncryptor } from '../../../packages/s3/src/content/content-encryptor.ts'
import { type ContentKey, committingKey } from '../../../packages/s3/src/content/content-key.ts'
import { deriveCommitment, deriveContentKey } from '../../../packages/s3/src/content/key-derivation.ts'
import { cbcSuite, committingSuite, gcmSuite } from '../../../packages/s3/src/content-suite.ts'
import { readStringMap } from '../../../packages/s3/src/envelope/string-map.ts'
import { seededBytes } from '../../wycheproof/curves.ts'
import { mutateBytes } from '../engine/mutate-bytes.ts'
import type { SeededRandom } from '../engine/random.ts'
import type { Target } from '../engine/target.ts'
import { wrongRefusal } from './judge.ts'

interface ObjectInput {
  readonly [name: string]: number | Uint8Array | undefined | readonly (readonly [string, string])[]
  /** What may be read: all there is, or what is read by default. */
  readonly isOpen: number
  readonly metadata: readonly (readonly [string, string])[]
  readonly body: Uint8Array
  readonly file: Uint8Array | undefined
}

const dataKey = SecretBytes.copyOf(seededBytes('s3 data key', 32))
const text = Buffer.from('sesame')
const blob = seededBytes('s3 blob', 40)
const kek = seededBytes('s3 kek', 32)
const messageId = seededBytes('s3 id', 28)
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')
const gcm: ContentKey = { suite: gcmSuite, key: dataKey.keyObject(), iv: seededBytes('s3 iv', 12) }

function bodyOf(key: ContentKey): Buffer {
  const encryptor = new ContentEncryptor(key)
  return Buffer.concat([encryptor.update(text), encryptor.final()])
}

function wrapped(algorithm: string): string {
  const iv = seededBytes(`s3 wrap ${algorithm}`, 12)
  const cipher = createCipheriv('aes-256-gcm', kek, iv)
  cipher.setAAD(Buffer.from(algorithm))
  const sealed = dataKey.use((bytes) => Buffer.concat([iv, cipher.update(bytes), cipher.final()]))
  return base64(Buffer.concat([sealed, cipher.getAuthTag()]))
}

function legacyWrapped(): string {
  const cipher = createCipheriv('aes-256-ecb', kek, null)
  return base64(dataKey.use((bytes) => Buffer.concat([cipher.update(bytes), cipher.final()])))
}

const v3Body = bodyOf(committingKey(committingSuite, deriveContentKey(dataKey, messageId)))
const v2Body = bodyOf(gcm)
const cbcIv = seededBytes('s3 cbc iv', 16)
const cbc = createCipheriv('aes-256-cbc', dataKey.keyObject(), cbcIv)
const cbcBody = Buffer.concat([cbc.update(text), cbc.final()])
const binding = { 'x-amz-c': '115', 'x-amz-d': base64(deriveCommitment(dataKey, messageId)), 'x-amz-i': base64(messageId) }
const v3Wrap = { 'x-amz-3': wrapped('115'), 'x-amz-w': '02', 'x-amz-m': '{"k":"v"}' }
const v2Wrap = {
  'x-amz-key-v2': wrapped('AES/GCM/NoPadding'),
  'x-amz-iv': base64(gcm.iv),
  'x-amz-wrap-alg': 'AES/GCM',
  'x-amz-cek-alg': 'AES/GCM/NoPadding',
  'x-amz-tag-len': '128',
  'x-amz-matdesc': '{}',
}
const v1Wrap = { 'x-amz-key': legacyWrapped(), 'x-amz-iv': base64(cbcIv), 'x-amz-matdesc': '{}' }
const kms = (name: string, wrap: object, context: object) => ({ ...wrap, [name]: JSON.stringify(context) })

function seed(metadata: object, body: Uint8Array, file?: object): ObjectInput {
  return {
    isOpen: 1,
    metadata: Object.entries(metadata) as [string, string][],
    body,
    file: file === undefined ? undefined : Buffer.from(JSON.stringify(file)),
  }
}

const seeds: readonly ObjectInput[] = [
  seed({ ...binding, ...v3Wrap, 'x-amz-unencrypted-content-length': '6' }, v3Body),
  seed(
    { ...binding, ...kms('x-amz-t', { 'x-amz-3': base64(blob), 'x-amz-w': '12' }, { kms_cmk_id: 'é', 'aws:x-amz-cek-alg': '115' }) },
    v3Body,
  ),
  seed(binding, v3Body, v3Wrap),
  seed(v2Wrap, v2Body),
  seed({}, v2Body, v2Wrap),
  seed({ ...v2Wrap, ...kms('x-amz-matdesc', { 'x-amz-wrap-alg': 'kms', 'x-amz-key-v2': base64(blob) }, { kms_cmk_id: 'k' }) }, v2Body),
  seed(v1Wrap, cbcBody),
  seed({ 'x-amz-unencrypted-content-length': '6' }, cbcBody, v1Wrap),
  seed({ 'strongroom-format': 'esdk' }, v3Body),
]

/** Operations that the input under way had a key do. */
let operations: string[] = []
const inner = rawAesKey({ name: 'kek', key: kek })
const aes: AeadKey = {
  ...inner,
  open(iv, sealed, aad, options) {
    operations.push(`open ${Buffer.from(aad).toString()}`)
    return inner.open(iv, sealed, aad, options)
  },
  async openLegacy(wrap, sealed, options) {
    operations.push(wrap)
    return (await inner.openLegacy?.(wrap, sealed, options)) as SecretBytes
  },
}
const kmsKey: KmsKey = {
  kind: 'kms',
  generate: async () => Promise.reject(new Error('nothing is written')),
  encrypt: async () => Promise.reject(new Error('nothing is written')),
  async decrypt(sealed, context) {
    operations.push(`decrypt ${context['aws:x-amz-cek-alg']}`)
    if (Buffer.compare(sealed, blob) !== 0) throw new StrongroomError('MESSAGE_INVALID', 'not one of this key')
    return { secret: dataKey.share(), keyArn: 'arn' }
  },
}
const keyringOf = (key: AeadKey | KmsKey): Keyring => ({
  wrappingKeys: { current: async () => key, named: async () => key },
  recipients: async () => [],
  unwrap: async () => ({ attempts: [] }),
})
const keyrings = [keyringOf(aes), keyringOf(kmsKey)]
const everything: ObjectEncryptionSettings = {
  commitmentPolicy: 'REQUIRE_ENCRYPT_ALLOW_DECRYPT',
  legacyWrappingAlgorithms: true,
  legacyContent: true,
}
const refusals = [
  'MESSAGE_INVALID',
  'LIMIT_EXCEEDED',
  'OBJECT_NOT_ENCRYPTED',
  'INSTRUCTION_FILE_MISSING',
  'FORMAT_FORBIDDEN',
  'SUITE_FORBIDDEN',
  'CONTEXT_MISMATCH',
  'KEYRING_UNSUITABLE',
]

const names = [
  ...new Set(
    seeds.flatMap(({ metadata, file }) => [
      ...metadata.map(([name]) => name),
      ...Object.keys(JSON.parse(Buffer.from(file ?? '{}').toString())),
    ]),
  ),
  'X-Amz-3',
  'x-amz-unencrypted-content-md5',
  'x-amz-crypto-instr-file',
  '__proto__',
]
const values = [
  ...seeds.flatMap(({ metadata }) => metadata.map(([, value]) => value)),
  '',
  '12',
  '22',
  'AESWrap',
  'AES',
  'RSA',
  'kms+context',
  'AES/CBC/PKCS5Padding',
  base64(cbcIv),
  '=?UTF-8?B?eyJhIjoiYiJ9?=',
  '=?UTF-8?Q?{"a":"=C3=A9"}?=',
  '{"__proto__":"x","a":"b","a":"c"}',
  base64(Buffer.alloc(28)),
]

/** Metadata and instruction files: what is not an envelope is refused, no gate is passed by, and no body opens to what nobody wrote. */
export const objectsTarget: Target<ObjectInput> = {
  name: 'objects',
  seeds: () => seeds,
  mutate(input, other, random) {
    let { metadata, file } = input
    let { body } = input
    do {
      switch (random.below(5)) {
        case 0:
          file = random.once(3) ? other.file : file && mutateBytes(file, other.file ?? Buffer.from('{}'), random)
          break
        case 1:
          body = random.once(2) ? other.body : mutateBytes(body, other.body, random)
          break
        default:
          metadata = mutateMetadata(metadata, other.metadata, random)
      }
    } while (random.once(2))
    return { isOpen: random.once(4) ? 0 : 1, metadata: metadata.slice(0, 40), body, file }
  },
  async run({ isOpen, metadata, body, file }) {
    const differs = differentReading(metadata, file)
    if (differs !== undefined) return differs
    const object = {
      body,
      metadata: Object.fromEntries(metadata),
      ...(file === undefined ? {} : { instructionFile: { body: file } }),
    }
    for (const keyring of keyrings) {
      operations = []
      const found = await judge(object, { keyring, ...(isOpen === 1 ? everything : {}) })
      if (found !== undefined) return found
      if (isOpen === 0 && operations.some((operation) => operation !== 'open 115' && operation !== 'decrypt 115'))
        return `had a key do ${operations.join()} though only V3 is read`
    }
    return undefined
  },
}

async function judge(
  object: Parameters<typeof decryptObject>[0],
  options: Parameters<typeof decryptObject>[1],
): Promise<string | undefined> {
  try {
    const { plaintext, suite, format } = await decryptObject(object, options)
    // Nothing authenticates AES-CBC.
    if (suite === cbcSuite.id) return undefined
    if (format === 'esdk') return 'opened a message that nobody wrote'
    return text.equals(plaintext) ? undefined : 'opened to another plaintext'
  } catch (error) {
    const wrong = wrongRefusal(error, refusals)
    if (wrong !== undefined) return wrong
    // No entry's value may show; names may.
    const shown = Object.values(object.metadata).find(
      (value) => value !== undefined && value.length > 24 && (error as Error).message.includes(value),
    )
    return shown === undefined ? undefined : `shows a value: ${(error as Error).message}`
  }
}

/** Whatever our reader of JSON takes, the runtime's takes for the same. */
function differentReading(metadata: ObjectInput['metadata'], file: Uint8Array | undefined): string | undefined {
  for (const json of [...metadata.map(([, value]) => value), ...(file === undefined ? [] : [Buffer.from(file).toString()])]) {
    let map: Readonly<Record<string, string>>
    try {
      map = readStringMap('it', json)
    } catch (error) {
      if (isStrongroomError(error, 'MESSAGE_INVALID')) continue
      return `threw ${String(error)}`
    }
    const expected = JSON.stringify(Object.entries(JSON.parse(json) as object).sort())
    if (JSON.stringify(Object.entries(map).sort()) !== expected) return 'a JSON object is read in another way'
  }
  return undefined
}

function mutateMetadata(metadata: ObjectInput['metadata'], other: ObjectInput['metadata'], random: SeededRandom): ObjectInput['metadata'] {
  const at = random.below(metadata.length)
  const replace = (entry: readonly [string, string]) => metadata.map((known, index) => (index === at ? entry : known))
  const [name, value] = metadata[at] ?? ['x-amz-c', '115']
  switch (random.below(7)) {
    case 0:
      return metadata.filter((_, index) => index !== at)
    case 1:
      return [...metadata, [random.pick(names), random.pick(values)]]
    case 2:
      return [...metadata, ...other.filter(() => random.once(2))]
    case 3:
      return replace([random.pick(names), value])
    case 4:
      return replace([name, random.pick(values)])
    case 5:
      return replace([
        mutateBytes(Buffer.from(name), Buffer.from(random.pick(names)), random)
          .toString('latin1')
          .slice(0, 64),
        value,
      ])
    default:
      return replace([
        name,
        mutateBytes(Buffer.from(value), Buffer.from(random.pick(values)), random)
          .toString('latin1')
          .slice(0, 4096),
      ])
  }
}
