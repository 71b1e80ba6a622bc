import type { JsonWebKey } from 'node:crypto'
import {
  isStrongroomError,
  type Keyring,
  keyFingerprint,
  rawAesKeyring,
  rawEcdhKeyring,
  rawRsaKeyring,
  SecretBytes,
  suiteById,
} from '@strongroom/core'
import { mutateBytes } from '../engine/mutate-bytes.ts'
import type { SeededRandom } from '../engine/random.ts'
import type { Target } from '../engine/target.ts'
import { wrongRefusal } from './judge.ts'
import { ecKeys, rsa } from './specimens.ts'

interface KeyFileInput {
  readonly [name: string]: string | Uint8Array
  readonly form: string
  readonly loader: string
  readonly bytes: Uint8Array
}

type KeyInput = string | Uint8Array | JsonWebKey

const WINDOW = 12
const curves = ['P-256', 'P-384', 'P-521'] as const
const loaders: Readonly<Record<string, (key: KeyInput) => Keyring | string>> = {
  'RSA private': (privateKey) => rawRsaKeyring({ namespace: 'n', name: 'k', padding: 'OAEP_SHA256', privateKey }),
  'RSA public': (publicKey) => rawRsaKeyring({ namespace: 'n', name: 'k', padding: 'OAEP_SHA1', publicKey }),
  AES: (key) => rawAesKeyring({ namespace: 'n', name: 'k', key: key as Uint8Array }),
  fingerprint: keyFingerprint,
  ...Object.fromEntries(
    curves.flatMap((curve) => [
      [`${curve} private`, (privateKey: KeyInput) => rawEcdhKeyring({ schema: 'discovery', curve, privateKey })],
      [`${curve} public`, (recipientPublicKey: KeyInput) => rawEcdhKeyring({ schema: 'ephemeral', curve, recipientPublicKey })],
      [`${curve} both`, (key: KeyInput) => rawEcdhKeyring({ schema: 'static', curve, privateKey: key, recipientPublicKey: key })],
    ]),
  ),
}
const seeds = makeSeeds()
/** Parts of the seeds' private keys as text, none of which may show in an error. */
const secrets = new Set(
  seeds.flatMap(({ bytes, loader, form }) => {
    if (form === 'der' || !loader.includes('private')) return []
    const body = Buffer.from(bytes)
      .toString('latin1')
      .replace(/-----[^-]+-----|\n|"(kty|crv|n|e|x|y)":"[^"]*"/g, '')
    return Array.from({ length: Math.max(0, body.length - WINDOW) }, (_, at) => body.slice(at, at + WINDOW))
  }),
)

/** Keys in PEM, DER and JWK: what loads works, and what does not fails in our words, which show nothing of a key. */
export const keyFilesTarget: Target<KeyFileInput> = {
  name: 'key files',
  seeds: () => seeds,
  mutate(input, other, random) {
    const loader = random.once(12) ? random.pick(Object.keys(loaders)) : random.once(12) ? 'fingerprint' : input.loader
    const form = random.once(30) ? random.pick(['pem', 'der', 'jwk']) : input.form
    const bytes =
      input.form === 'jwk' && !random.once(8) ? mutateJwk(input.bytes, other.bytes, random) : mutateBytes(input.bytes, other.bytes, random)
    return { form, loader, bytes: input.form === 'pem' && random.once(2) ? mutatePem(input.bytes, random) : bytes }
  },
  async run({ form, loader, bytes }) {
    const key = keyOf(form, bytes)
    if (key === undefined) return undefined
    let loaded: Keyring | string
    try {
      loaded = (loaders[loader] as (input: KeyInput) => Keyring | string)(key)
    } catch (error) {
      return wrongRefusal(error, ['KEY_INVALID', 'OPTION_INVALID']) ?? shown(error)
    }
    return typeof loaded === 'string' ? undefined : await works(loaded, loader)
  },
}

function keyOf(form: string, bytes: Uint8Array): KeyInput | undefined {
  const buffer = Buffer.from(bytes)
  if (form === 'der') return buffer
  if (form === 'pem') return buffer.toString('latin1')
  try {
    return JSON.parse(buffer.toString('utf8')) as JsonWebKey
  } catch {
    return undefined
  }
}

/** Whether what a keyring wraps is what it opens, where it does both. */
async function works(keyring: Keyring, loader: string): Promise<string | undefined> {
  const request = { suite: suiteById('0478'), context: {}, aad: new Uint8Array(0) }
  if (loader.endsWith('private') && loader !== 'RSA private') return undefined
  using secret = SecretBytes.copyOf(Buffer.alloc(32, 7))
  try {
    const [recipient] = await keyring.recipients(request)
    const edks = (await recipient?.wrap(secret, request)) ?? []
    if (edks.length !== 1) return 'wrapped nothing'
    if (loader.endsWith('public')) return undefined
    const opened = await keyring.unwrap(edks, request)
    if ('attempts' in opened) return 'a key loaded that cannot open what it wrapped'
    using same = opened.secret
    return same.equals(secret) ? undefined : 'a key loaded that opens another secret than it wrapped'
  } catch (error) {
    return wrongRefusal(error, ['KEY_INVALID'])
  }
}

function shown(error: unknown): string | undefined {
  const texts: string[] = []
  for (let current: unknown = error; current instanceof Error; current = current.cause) texts.push(current.message, current.stack ?? '')
  for (const text of texts) {
    for (let at = 0; at + WINDOW <= text.length; at += 1)
      if (secrets.has(text.slice(at, at + WINDOW))) return `shows a part of the key: ${text}`
  }
  return isStrongroomError(error) ? undefined : 'is no error of ours'
}

/** The same key with another armour. */
function mutatePem(bytes: Uint8Array, random: SeededRandom): Buffer {
  const text = Buffer.from(bytes).toString('latin1')
  const labels = ['PRIVATE KEY', 'RSA PRIVATE KEY', 'EC PRIVATE KEY', 'PUBLIC KEY', 'RSA PUBLIC KEY', 'CERTIFICATE', 'EC PARAMETERS', 'X']
  const changes: readonly (() => string)[] = [
    () => text.replaceAll(/(BEGIN|END) [A-Z ]+/g, `$1 ${random.pick(labels)}`),
    () => text.replaceAll('\n', random.pick(['\r\n', '', ' ', '\n\n', '\0\n'])),
    () => text.replace(/-----\n/, `-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: ${random.pick(['AES-256-CBC', 'DES-EDE3-CBC', 'X'])},00\n\n`),
    () => text + text,
    () => `${random.pick(['\ufeff', ' ', '\n', '-', '# '])}${text}`,
    () => text.slice(random.below(text.length)),
    () => text.slice(0, random.below(text.length)),
  ]
  return Buffer.from(random.pick(changes)(), 'latin1')
}

/** A JWK with members changed, left out, or taken from another. */
function mutateJwk(bytes: Uint8Array, other: Uint8Array, random: SeededRandom): Buffer {
  const jwk = parsed(bytes)
  const from = parsed(other)
  const names = [...Object.keys(jwk), 'kty', 'crv', 'd', 'oth', 'k', '__proto__']
  const name = random.pick(names)
  const value = jwk[name]
  const values: readonly (() => unknown)[] = [
    () => undefined,
    () => from[name],
    () =>
      random.pick([null, 0, true, [], {}, '', 'AA', '====', 'RSA', 'EC', 'oct', 'OKP', 'P-256', 'P-384', 'P-521', 'secp256k1', 'Ed25519']),
    () => (typeof value === 'string' ? mutateBytes(Buffer.from(value, 'base64url'), Buffer.alloc(4), random).toString('base64url') : value),
    () => (typeof value === 'string' ? mutateBytes(Buffer.from(value), Buffer.alloc(4), random).toString('latin1') : value),
  ]
  return Buffer.from(JSON.stringify({ ...jwk, [name]: random.pick(values)() }))
}

function parsed(bytes: Uint8Array): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'))
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

function makeSeeds(): readonly KeyFileInput[] {
  const text = (value: string | Buffer): Uint8Array => Buffer.from(value)
  const inputs: KeyFileInput[] = []
  const add = (loader: string, form: string, bytes: Uint8Array): void => void inputs.push({ loader, form, bytes })
  for (const [half, key] of [
    ['private', rsa.privateKey],
    ['public', rsa.publicKey],
  ] as const) {
    for (const type of half === 'private' ? (['pkcs8', 'pkcs1'] as const) : (['spki', 'pkcs1'] as const)) {
      add(`RSA ${half}`, 'pem', text(key.export({ type: type as 'pkcs1', format: 'pem' })))
      add(`RSA ${half}`, 'der', key.export({ type: type as 'pkcs1', format: 'der' }))
    }
    add(`RSA ${half}`, 'jwk', text(JSON.stringify(key.export({ format: 'jwk' }))))
  }
  for (const { curve, own, partner } of ecKeys) {
    add(`${curve.name} both`, 'jwk', text(JSON.stringify(partner.privateKey.export({ format: 'jwk' }))))
    for (const type of ['pkcs8', 'sec1'] as const) {
      add(`${curve.name} private`, 'pem', text(own.privateKey.export({ type, format: 'pem' })))
      add(`${curve.name} both`, 'der', own.privateKey.export({ type, format: 'der' }))
    }
    add(`${curve.name} public`, 'pem', text(own.publicKey.export({ type: 'spki', format: 'pem' })))
    add(`${curve.name} public`, 'der', own.publicKey.export({ type: 'spki', format: 'der' }))
    add(`${curve.name} public`, 'jwk', text(JSON.stringify(own.publicKey.export({ format: 'jwk' }))))
    add(`${curve.name} both`, 'jwk', text(JSON.stringify(own.privateKey.export({ format: 'jwk' }))))
  }
  for (const size of [16, 24, 32]) {
    add('AES', 'der', Buffer.alloc(size, size))
    add('AES', 'jwk', text(JSON.stringify({ kty: 'oct', k: Buffer.alloc(size, size).toString('base64url') })))
  }
  return inputs
}
