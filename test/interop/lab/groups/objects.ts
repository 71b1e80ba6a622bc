import { generateKeyPairSync, randomBytes } from 'node:crypto'
import type { EmbeddedKms } from '@strongroom/testing'
import type { KeyringPair } from '../../cells.ts'
import { content } from '../../matrix.ts'
import type { Fields } from '../../protocol.ts'
import type { Case, Group, Read } from '../case.ts'
import type { Exchange } from '../exchanges/exchange.ts'
import type { Stored } from '../exchanges/objects.ts'
import type { ImplementationName } from '../implementations.ts'

const participants: readonly ImplementationName[] = ['strongroom', 'java-s3', 'java-s3-before', 'python', 'go']

/** The suite of what a format writes, and the policy that reads it. */
const formats = {
  v3: { suite: '0073', policy: {} },
  v2: { suite: '0072', policy: { commitmentPolicy: 'FORBID_ENCRYPT_ALLOW_DECRYPT' } },
} as const

type Format = keyof typeof formats

/** What a case of an object varies. */
interface ObjectCase {
  readonly keyring: KeyringPair
  readonly format: Format
  readonly size: number
  readonly context?: Readonly<Record<string, string>>
  readonly instructionFile?: boolean
  readonly multipart?: boolean
  readonly metadata?: Readonly<Record<string, string>>
}

export function makeObjectKeyrings(kms: EmbeddedKms): readonly KeyringPair[] {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  const aes = { type: 'raw-aes', namespace: 'interop', name: 'aes', key: randomBytes(32) }
  const rsa = { type: 'raw-rsa', namespace: 'interop', name: 'rsa', padding: 'OAEP_SHA1' }
  const key = { type: 'kms', keyId: kms.createKey(), endpoint: kms.endpoint }
  return [
    { name: 'AES', write: aes, read: aes },
    { name: 'RSA', write: { ...rsa, publicKey }, read: { ...rsa, privateKey } },
    { name: 'KMS', write: key, read: key },
  ]
}

/** Objects in both formats, under every kind of key. */
export function objectsGroup(keyrings: readonly KeyringPair[], objects: Exchange): Group {
  const cases = keyrings.flatMap((keyring) =>
    (['v3', 'v2'] as const).flatMap((format): readonly ObjectCase[] => {
      const context = keyring.name === 'KMS' ? { context: { purpose: 'interop', tenant: 'a' } } : {}
      return [
        { keyring, format, size: 100, ...context, metadata: { title: 'a report' } },
        { keyring, format, size: 0, ...context },
        { keyring, format, size: 16, ...context, instructionFile: true },
        { keyring, format, size: 70_000, ...context, multipart: true },
        { keyring, format, size: 5, ...context, instructionFile: true, multipart: true },
        ...(keyring.name === 'KMS' ? [{ keyring, format, size: 33 }] : []),
      ]
    }),
  )
  return {
    name: 'objects',
    title: 'S3 objects',
    about:
      "Objects of the S3 Encryption Client in the formats V3 and V2, under an AES key, an RSA pair (writer and reader with half of it each) and a KMS key with and without a context; empty, small and of 70,000 bytes; the envelope in the metadata and in an instruction file, in one piece and in parts. The user's own metadata has to come back.",
    participants,
    cases: cases.map((subject) => objectCase(subject, objects)),
  }
}

/** Parts of objects. */
export function objectRangesGroup(keyrings: readonly KeyringPair[], objects: Exchange): Group {
  const ranges = ['bytes=0-0', 'bytes=5-20', 'bytes=16-31', 'bytes=90-', 'bytes=0-99', 'bytes=33-65']
  return {
    name: 'object-ranges',
    title: 'Ranges of S3 objects',
    about:
      'Ranges that begin and end on and beside the blocks of the cipher, open and closed. Both official clients that read ranges, and Strongroom, do so without authentication and only when told to.',
    participants,
    cases: keyrings.flatMap((keyring) =>
      (['v3', 'v2'] as const).map((format): Case => {
        const whole = objectCase({ keyring, format, size: 100 }, objects)
        const request = whole.reads[0]?.request as Fields
        return { ...whole, reads: ranges.map((range) => ({ name: range, request: { ...request, range, legacy: true }, outcome: 'opens' })) }
      }),
    ),
  }
}

/** Objects that were changed on the way, or are opened under the wrong key or context: every client must refuse. */
export function objectsTamperedGroup(keyrings: readonly KeyringPair[], others: readonly KeyringPair[], objects: Exchange): Group {
  return {
    name: 'objects-tampered',
    title: 'Tampered S3 objects',
    about:
      'The first and last byte of the body flipped, cut, a byte longer, empty; the wrapped key, message id, commitment and initialisation vector flipped or of another length; the algorithms renamed; another key, another context. A cell counts refusals, and the untouched object opened.',
    participants,
    cases: keyrings.flatMap((keyring, index) =>
      (['v3', 'v2'] as const).map((format) => tamperedCase(keyring, others[index] as KeyringPair, format, objects)),
    ),
  }
}

function objectCase({ keyring, format, size, context = {}, instructionFile, multipart, metadata }: ObjectCase, objects: Exchange): Case {
  const { suite, policy } = formats[format]
  const how = [...(instructionFile ? ['an instruction file'] : []), ...(multipart ? ['parts'] : [])]
  return {
    name: `${keyring.name}, ${format}, ${size} bytes${how.map((what) => `, ${what}`).join('')}, context ${JSON.stringify(Object.keys(context))}`,
    exchange: objects,
    plaintext: content(size),
    context,
    write: {
      keyring: keyring.write,
      suite,
      format,
      ...(instructionFile ? { instructionFile } : {}),
      ...(multipart ? { multipart } : {}),
      ...(metadata === undefined ? {} : { metadata }),
    },
    reads: [{ name: 'read', request: openObject(keyring, context, policy), outcome: 'opens' }],
  }
}

function openObject(keyring: KeyringPair, context: Readonly<Record<string, string>>, policy: Fields): Fields {
  return { keyring: keyring.read, ...policy, ...(Object.keys(context).length > 0 ? { encryptionContext: context } : {}) }
}

function tamperedCase(keyring: KeyringPair, other: KeyringPair, format: Format, objects: Exchange): Case {
  const context = keyring.name === 'KMS' ? { purpose: 'interop' } : {}
  const plain = objectCase({ keyring, format, size: 100, context }, objects)
  const request = plain.reads[0]?.request as Fields
  const { policy } = formats[format]
  const refused = (name: string, change: (stored: Stored) => Stored): Read => ({
    name,
    request,
    tamper: (message) => Buffer.from(JSON.stringify(change(JSON.parse(message.toString()) as Stored))),
    outcome: 'refused',
  })
  const body = (name: string, change: (bytes: Buffer) => Buffer) =>
    refused(name, (stored) => ({ ...stored, body: change(Buffer.from(stored.body, 'base64')).toString('base64') }))
  const entry = (key: string, name: string, change: (bytes: Buffer) => Buffer) =>
    refused(`${key} ${name}`, ({ metadata, ...stored }) => ({
      ...stored,
      metadata: { ...metadata, [key]: change(Buffer.from(metadata[key] ?? '', 'base64')).toString('base64') },
    }))
  const named = (key: string, value: string) =>
    refused(`${key} renamed ${value}`, ({ metadata, ...stored }) => ({ ...stored, metadata: { ...metadata, [key]: value } }))
  const [edk, bound] = format === 'v3' ? ['x-amz-3', ['x-amz-i', 'x-amz-d']] : ['x-amz-key-v2', ['x-amz-iv']]
  return {
    ...plain,
    reads: [
      ...plain.reads,
      body('the first byte flipped', (bytes) => flip(bytes, 0)),
      body('the last byte flipped', (bytes) => flip(bytes, bytes.length - 1)),
      body('cut by a byte', (bytes) => bytes.subarray(0, -1)),
      body('a byte longer', (bytes) => Buffer.concat([bytes, Buffer.alloc(1)])),
      body('empty', () => Buffer.alloc(0)),
      ...[edk, ...bound].flatMap((key) => [
        entry(key, 'flipped', (bytes) => flip(bytes, bytes.length >> 1)),
        entry(key, 'cut', (bytes) => bytes.subarray(0, -1)),
        entry(key, 'empty', () => Buffer.alloc(0)),
      ]),
      ...(format === 'v3'
        ? [named('x-amz-w', '22'), named('x-amz-w', '02'), named('x-amz-c', '114')].filter(
            ({ name }) => !(name.endsWith('22') && keyring.name === 'RSA') && !(name.endsWith('02') && keyring.name === 'AES'),
          )
        : [named('x-amz-cek-alg', 'AES/CBC/PKCS5Padding'), named('x-amz-wrap-alg', 'kms'), named('x-amz-wrap-alg', 'AESWrap')]),
      {
        name: 'another key',
        request: { ...openObject({ ...keyring, read: other.read }, context, policy) },
        outcome: 'refused',
      },
      ...(keyring.name === 'KMS'
        ? [{ name: 'another context', request: openObject(keyring, { purpose: 'another' }, policy), outcome: 'refused' as const }]
        : []),
    ],
  }
}

function flip(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes)
  copy[at] = (copy[at] as number) ^ 0x10
  return copy
}
