import type { EcCurve } from '../agreement-key.ts'
import { StrongroomError } from '../errors.ts'
import { rawAesKeyring } from '../keyrings/raw-aes-keyring.ts'
import { type RawEcdhKeyringOptions, rawEcdhKeyring } from '../keyrings/raw-ecdh-keyring.ts'
import type { RawRsaPadding } from '../keyrings/raw-rsa-key.ts'
import { rawRsaKeyring } from '../keyrings/raw-rsa-keyring.ts'
import type { AsymmetricKeyInput } from '../keys/asymmetric-key.ts'
import { type AesEncoding, aesEncodings, aesKeyOf, asymmetricKeyOf, type FileReader, passphraseOf } from './key-file.ts'
import type { KeyringScheme } from './keyring-registry.ts'
import type { KeyringUri } from './keyring-uri.ts'

const rawAes: KeyringScheme = {
  scheme: 'raw-aes',
  form: 'raw-aes://NAMESPACE/NAME?file=PATH',
  parameters: ['file', 'encoding'],
  async open(uri, { readFile }) {
    const [namespace, name] = [uri.authority, only(uri, this.form)]
    const path = uri.parameters.get('file')
    const encoding = uri.parameters.get('encoding') as AesEncoding | undefined
    if (path === undefined) throw misshapen(this.form, 'the parameter file is missing')
    if (encoding !== undefined && !aesEncodings.includes(encoding))
      throw misshapen(this.form, `encoding is one of ${aesEncodings.join(', ')}`)
    const key = aesKeyOf(path, await readFile(path), encoding)
    try {
      return rawAesKeyring({ namespace, name, key })
    } finally {
      if (key instanceof Uint8Array) key.fill(0)
    }
  },
}

const rawRsa: KeyringScheme = {
  scheme: 'raw-rsa',
  form: 'raw-rsa://NAMESPACE/NAME?padding=OAEP_SHA256&public-key-file=PATH&private-key-file=PATH&passphrase-file=PATH',
  parameters: ['padding', 'public-key-file', 'private-key-file', 'passphrase-file'],
  async open(uri, { readFile }) {
    const [namespace, name] = [uri.authority, only(uri, this.form)]
    const padding = uri.parameters.get('padding') as RawRsaPadding | undefined
    if (padding === undefined) throw misshapen(this.form, 'the parameter padding is missing')
    const publicKey = await keyAt(uri, 'public-key-file', readFile)
    const half = await privateHalf(uri, readFile)
    try {
      return rawRsaKeyring({ namespace, name, padding, ...half, ...(publicKey === undefined ? {} : { publicKey }) })
    } finally {
      wipe(half)
    }
  },
}

const rawEcdh: KeyringScheme = {
  scheme: 'raw-ecdh',
  form: 'raw-ecdh://CURVE/SCHEMA?private-key-file=PATH&passphrase-file=PATH&recipient-file=PATH',
  parameters: ['private-key-file', 'passphrase-file', 'recipient-file'],
  async open(uri, { readFile }) {
    const [curve, schema] = [uri.authority as EcCurve, only(uri, this.form)]
    const recipientPublicKey = await keyAt(uri, 'recipient-file', readFile)
    const recipient = recipientPublicKey === undefined ? {} : { recipientPublicKey }
    const half = await privateHalf(uri, readFile)
    try {
      return rawEcdhKeyring({ curve, schema, ...half, ...recipient } as RawEcdhKeyringOptions)
    } finally {
      wipe(half)
    }
  },
}

/** The schemes of keys that this process holds. */
export const rawSchemes: readonly KeyringScheme[] = Object.freeze([rawAes, rawRsa, rawEcdh])

function only({ path }: KeyringUri, form: string): string {
  const [segment, ...more] = path
  if (segment === undefined || more.length > 0) throw misshapen(form, 'one path segment follows the authority')
  return segment
}

async function keyAt({ parameters }: KeyringUri, parameter: string, readFile: FileReader): Promise<AsymmetricKeyInput | undefined> {
  const path = parameters.get(parameter)
  return path === undefined ? undefined : asymmetricKeyOf(path, await readFile(path))
}

interface PrivateHalf {
  readonly privateKey?: AsymmetricKeyInput
  readonly passphrase?: string
}

function wipe({ privateKey }: PrivateHalf): void {
  if (privateKey instanceof Uint8Array) privateKey.fill(0)
}

async function privateHalf(uri: KeyringUri, readFile: FileReader): Promise<PrivateHalf> {
  const privateKey = await keyAt(uri, 'private-key-file', readFile)
  const path = uri.parameters.get('passphrase-file')
  return {
    ...(privateKey === undefined ? {} : { privateKey }),
    ...(path === undefined ? {} : { passphrase: passphraseOf(await readFile(path)) }),
  }
}

function misshapen(form: string, what: string): StrongroomError {
  return new StrongroomError('OPTION_INVALID', `The keyring URI is not of the form ${form}: ${what}.`, { option: 'uri' })
}
