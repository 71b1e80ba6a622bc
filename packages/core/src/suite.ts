import { StrongroomError } from './errors.ts'

/** Identifiers of the algorithm suites of ESDK messages, as four hex digits. */
export type SuiteId = '0014' | '0046' | '0078' | '0114' | '0146' | '0178' | '0214' | '0346' | '0378' | '0478' | '0578'

/** Identifiers of the algorithm suites of DynamoDB items in the format of the AWS Database Encryption SDK, as four hex digits. */
export type ItemSuiteId = '6700' | '6701'

/** What the signature of a signing suite is. `signatureLength` is the fixed DER length that Strongroom writes, in bytes. */
export interface SuiteSignature {
  /** The curve of ECDSA. */
  readonly curve: 'P-256' | 'P-384'
  /** The hash of ECDSA. */
  readonly hash: 'sha256' | 'sha384'
  /** Bytes of the signatures that are written. */
  readonly signatureLength: 71 | 103
}

/**
 * An algorithm suite: everything a message format derives from its suite identifier.
 *
 * Source: AWS Encryption SDK specification, "Algorithm Suites". Lengths are bytes; the IV is 12 and the tag 16 in every suite.
 */
export interface Suite<Id extends string = string> {
  /** The identifier as hex digits: `0578`. */
  readonly id: Id
  /** The identifier as two bytes on the wire. */
  readonly wireId: number
  /** What it is made of: `AES-256-GCM-HKDF-SHA512-COMMIT-ECDSA-P-384`. */
  readonly name: string
  /** Version of the message format: 2 where the suite commits to its key. */
  readonly messageVersion: 1 | 2
  /** The cipher, as node:crypto calls it. */
  readonly cipher: 'aes-128-gcm' | 'aes-192-gcm' | 'aes-256-gcm'
  /** Bytes of the data key. */
  readonly dataKeyLength: 16 | 24 | 32
  /** Hash of HKDF; undefined where the data key encrypts frames itself. */
  readonly kdfHash: 'sha256' | 'sha384' | 'sha512' | undefined
  /** Whether a message can be opened with one key only, whatever an attacker makes of it. */
  readonly commits: boolean
  /** The signature over the whole message; undefined where there is none. */
  readonly signature: SuiteSignature | undefined
  /**
   * Whether each recipient wraps the data key itself, or a key of its own (32 bytes) under which the data key is wrapped and a MAC is made. Keyrings
   * need not know: they are given the key to wrap.
   */
  readonly wrapping: 'direct' | 'intermediate'
}

const p256: SuiteSignature = { curve: 'P-256', hash: 'sha256', signatureLength: 71 }
const p384: SuiteSignature = { curve: 'P-384', hash: 'sha384', signatureLength: 103 }

function suite<Id extends SuiteId | ItemSuiteId>(
  id: Id,
  dataKeyLength: 16 | 24 | 32,
  kdfHash?: Suite['kdfHash'],
  commits = false,
  signature?: SuiteSignature,
  wrapping: Suite['wrapping'] = 'direct',
): Suite<Id> {
  const bits = dataKeyLength * 8
  const parts = [`AES-${bits}-GCM`, ...(kdfHash ? [`HKDF-${kdfHash.toUpperCase()}`] : []), ...(commits ? ['COMMIT'] : [])]
  if (signature) parts.push(`ECDSA-${signature.curve}`)
  return Object.freeze({
    id,
    wireId: Number.parseInt(id, 16),
    name: parts.join('-'),
    messageVersion: commits ? 2 : 1,
    cipher: `aes-${bits}-gcm` as Suite['cipher'],
    dataKeyLength,
    kdfHash,
    commits,
    signature,
    wrapping,
  })
}

const table: readonly Suite<SuiteId>[] = [
  suite('0014', 16),
  suite('0046', 24),
  suite('0078', 32),
  suite('0114', 16, 'sha256'),
  suite('0146', 24, 'sha256'),
  suite('0178', 32, 'sha256'),
  suite('0214', 16, 'sha256', false, p256),
  suite('0346', 24, 'sha384', false, p384),
  suite('0378', 32, 'sha384', false, p384),
  suite('0478', 32, 'sha512', true),
  suite('0578', 32, 'sha512', true, p384),
]
const byId = new Map<string, Suite<SuiteId>>(table.map((entry) => [entry.id, entry]))
const byWireId = new Map<number, Suite<SuiteId>>(table.map((entry) => [entry.wireId, entry]))

/** The eleven suites of ESDK messages, in order of their identifiers. */
export const suites: readonly Suite<SuiteId>[] = Object.freeze(table)

/**
 * The suite with an identifier.
 *
 * @throws `OPTION_INVALID` where no ESDK suite has it.
 */
export function suiteById(id: SuiteId): Suite<SuiteId> {
  const found = byId.get(id)
  if (found) return found
  throw new StrongroomError(
    'OPTION_INVALID',
    `No algorithm suite has the id ${JSON.stringify(id)}. Known: ${[...byId.keys()].join(', ')}.`,
    { option: 'suite' },
  )
}

const itemSuites: Readonly<Record<ItemSuiteId, Suite<ItemSuiteId>>> = {
  '6700': suite('6700', 32, 'sha512', true, undefined, 'intermediate'),
  '6701': suite('6701', 32, 'sha512', true, p384, 'intermediate'),
}

/**
 * The suite of DynamoDB items with an identifier. Source: AWS Database Encryption SDK specification, "Algorithm Suites".
 *
 * @throws `OPTION_INVALID` where it is neither.
 */
export function itemSuiteById(id: ItemSuiteId): Suite<ItemSuiteId> {
  if (id === '6700' || id === '6701') return itemSuites[id]
  throw new StrongroomError('OPTION_INVALID', `No algorithm suite of items has the id ${JSON.stringify(id)}. Known: 6700, 6701.`, {
    option: 'suite',
  })
}

/** The suite that two bytes on the wire name, or undefined. */
export function suiteByWireId(wireId: number): Suite<SuiteId> | undefined {
  return byWireId.get(wireId)
}
