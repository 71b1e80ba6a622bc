import { generateKeyPairSync, randomBytes } from 'node:crypto'
import type { Fields } from './protocol.ts'

/** All suites of ESDK messages. */
export const suiteIds: readonly string[] = ['0014', '0046', '0078', '0114', '0146', '0178', '0214', '0346', '0378', '0478', '0578']

/** Keyrings of the protocol, for both ends of a message; the writer's has no more of a key than writing takes. */
export interface KeyringPair {
  readonly name: string
  readonly write: Fields
  readonly read: Fields
}

/** One message to be written by one implementation and read by another. */
export interface Cell {
  readonly keyring: KeyringPair
  readonly suite: string
  readonly size: number
  readonly context: Readonly<Record<string, string>>
  /** Undefined: the writer's default. */
  readonly frameLength?: number
}

/** Contexts by what is hard about them. */
export const contexts: Readonly<Record<'none' | 'ascii' | 'mixedCase' | 'astral', Readonly<Record<string, string>>>> = {
  none: {},
  ascii: { purpose: 'interop', tenant: 'a' },
  // By locale "a-b" and "alpha" stand before "AB" and "Zeta", by bytes after.
  mixedCase: { Zeta: '1', alpha: '2', 'a-b': '3', a_b: '4', AB: '5', Purpose: '6' },
  // By UTF-8 bytes U+FF21 stands before U+10000, by UTF-16 units after.
  astral: { '\u{10000}': 'linear b \u{10001}', '\uff21': 'full width', '\u{1d122}': 'clef', é: 'accent', '\u2028': 'separator' },
}

/** Fresh keys and the keyrings over them. RSA halves are split between writer and reader. */
export function makeKeyrings(): readonly KeyringPair[] {
  const [aes128, aes192, aes256] = [aesKey(128), aesKey(192), aesKey(256)]
  const { publicKey, privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  const rsa = ['PKCS1', 'OAEP_SHA1', 'OAEP_SHA256', 'OAEP_SHA384', 'OAEP_SHA512'].map((padding) => {
    const key = { type: 'raw-rsa', namespace: 'interop', name: `rsa \u{1f511} ${padding}`, padding }
    return { name: `raw RSA ${padding}`, write: { ...key, publicKey }, read: { ...key, privateKey } }
  })
  const oaep = rsa[2] as KeyringPair
  const multi = (generator: Fields, children: readonly Fields[]) => ({ type: 'multi', generator, children })
  const write = multi(aes256, [oaep.write, aes128])
  return [
    ...[aes128, aes192, aes256].map((key) => ({ name: `raw ${key.name}`, write: key, read: key })),
    ...rsa,
    { name: 'multi', write, read: multi(aes256, [oaep.read, aes128]) },
    { name: 'multi, read by its RSA child', write, read: oaep.read },
    { name: 'multi, read by its last child alone in a multi', write, read: { type: 'multi', children: [aes128] } },
  ]
}

function aesKey(bits: number): { readonly type: string; readonly namespace: string; readonly name: string; readonly key: Uint8Array } {
  return { type: 'raw-aes', namespace: 'interop', name: `aes-${bits}`, key: randomBytes(bits / 8) }
}

/** Every suite with every keyring and context, in a few frames each. */
export function keyCells(keyrings: readonly KeyringPair[]): readonly Cell[] {
  return suiteIds.flatMap((suite) =>
    keyrings.flatMap((keyring) => Object.values(contexts).map((context) => ({ keyring, suite, context, size: 100, frameLength: 48 }))),
  )
}

const MIB = 2 ** 20

/** Every suite with sizes around the edges of frames of many lengths, 0 to 1 MiB. */
export function frameCells(keyring: KeyringPair): readonly Cell[] {
  return suiteIds.flatMap((suite) =>
    [1, 7, 16, 512, 4096, 65_536, MIB, undefined].flatMap((frameLength) => {
      const frame = frameLength ?? 4096
      const edges = [0, 1, frame - 1, frame, frame + 1, 2 * frame - 1, 2 * frame, 2 * frame + 1, 3 * frame].filter((size) => size <= MIB)
      const sizes = new Set(frame >= 4096 ? [...edges, MIB] : edges)
      return [...sizes].map((size) => ({
        keyring,
        suite,
        context: contexts.ascii,
        size,
        ...(frameLength === undefined ? {} : { frameLength }),
      }))
    }),
  )
}

/** What a cell is, for the report of a failure. */
export function describeCell({ keyring, suite, size, frameLength, context }: Cell): string {
  return `${keyring.name}, suite ${suite}, ${size} bytes, frame ${frameLength ?? 'default'}, context ${JSON.stringify(Object.keys(context))}`
}
