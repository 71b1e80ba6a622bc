import {
  createEncryptionClient,
  type Keyring,
  multiKeyring,
  rawAesKeyring,
  rawEcdhKeyring,
  rawRsaKeyring,
  SecretBytes,
  suiteById,
} from '@strongroom/core'
import { dataKeyKeyring } from '../../support/data-key-keyring.ts'
import { commits, curveOf, dataKeyLength, type ForgedDataKey, forgeMessage, withFooter } from '../../support/message-forge.ts'
import { compressed, ecKey, p256, p384, p521, seededBytes } from '../../wycheproof/curves.ts'
import { derOf, signFixed } from '../../wycheproof/ecdsa-forge.ts'
import { aesEdk } from '../../wycheproof/edk-forge.ts'
import { oaepBlock, pkcs1Block, rawEncrypt, rsaKey } from '../../wycheproof/rsa-forge.ts'
import { suiteIds } from '../suite-ids.ts'

/** A message that is the same in every run, and what opens it. */
export interface FixedSpecimen {
  readonly name: string
  readonly keyring: Keyring
  readonly dataKey: Uint8Array
  readonly message: Buffer
}

/** Plaintext of the specimens: two frames and a part of one. */
export const plaintext: Buffer = Buffer.from('open sesame!')
const FRAME = 5

/** Keys and keyrings that are the same in every run. */
export const rsa = rsaKey(2048, 'fuzz')
export const ecKeys = [p256, p384, p521].map((curve) => ({ curve, own: ecKey(curve, 'fuzz own'), partner: ecKey(curve, 'fuzz partner') }))
const aesKey = (name: string): Buffer => seededBytes(`aes ${name}`, 32)
const aes = (name: string): Keyring => rawAesKeyring({ namespace: 'n', name, key: aesKey(name) })
const oaep = (hash: 'SHA1' | 'SHA256' | 'SHA384' | 'SHA512'): Keyring =>
  rawRsaKeyring({ namespace: 'n', name: 'r', padding: `OAEP_${hash}`, privateKey: rsa.privateKey })

/** A keyring, and an encrypted data key of its making. */
export interface KeyringCase {
  readonly name: string
  readonly keyring: Keyring
  /** Wraps a data key for an encryption context. */
  wrap(dataKey: Uint8Array, context: Uint8Array): Promise<ForgedDataKey>
}

const rsaEdk = (block: Uint8Array): ForgedDataKey => ({
  providerId: Buffer.from('n'),
  providerInfo: Buffer.from('r'),
  ciphertext: rawEncrypt(rsa, block),
})

/** One whose ciphertext starts with a zero byte, which belongs to it. */
function oaepEdkOfSmallNumber(secret: Uint8Array): ForgedDataKey {
  for (let index = 0; ; index += 1) {
    const edk = rsaEdk(oaepBlock(rsa.width, secret, { hash: 'sha256', seed: seededBytes(`seed ${index}`, 32) }))
    if (edk.ciphertext[0] === 0) return edk
  }
}

/** Every keyring of core. */
export const keyringCases: readonly KeyringCase[] = [
  {
    name: 'raw AES',
    keyring: aes('k'),
    wrap: async (secret, aad) => aesEdk({ key: aesKey('k'), iv: seededBytes('iv', 12), aad, secret }),
  },
  {
    name: 'multi',
    keyring: multiKeyring({ generator: aes('other'), children: [oaep('SHA512'), aes('k')] }),
    wrap: async (secret, aad) => aesEdk({ key: aesKey('k'), iv: seededBytes('iv', 12), aad, secret }),
  },
  ...(['SHA1', 'SHA256', 'SHA384', 'SHA512'] as const).map((hash) => ({
    name: `RSA OAEP ${hash}`,
    keyring: oaep(hash),
    wrap: async (secret: Uint8Array) =>
      hash === 'SHA256' ? oaepEdkOfSmallNumber(secret) : rsaEdk(oaepBlock(rsa.width, secret, { hash: hash.toLowerCase() })),
  })),
  {
    name: 'RSA PKCS1',
    keyring: rawRsaKeyring({ namespace: 'n', name: 'r', padding: 'PKCS1', privateKey: rsa.privateKey }),
    wrap: async (secret) => rsaEdk(pkcs1Block(rsa.width, secret)),
  },
  ...ecKeys.flatMap(({ curve, own, partner }) => {
    const shared = { curve: curve.name, random: (length: number) => seededBytes('salt', length) } as const
    const writer = rawEcdhKeyring({ ...shared, schema: 'static', privateKey: partner.privateKey, recipientPublicKey: own.publicKey })
    const wrap = async (secret: Uint8Array, aad: Uint8Array) => await wrapWith(writer, secret, aad)
    return [
      {
        name: `ECDH static ${curve.name}`,
        keyring: rawEcdhKeyring({ ...shared, schema: 'static', privateKey: own.privateKey, recipientPublicKey: partner.publicKey }),
        wrap,
      },
      {
        name: `ECDH discovery ${curve.name}`,
        keyring: rawEcdhKeyring({ ...shared, schema: 'discovery', privateKey: own.privateKey }),
        wrap,
      },
    ]
  }),
]

async function wrapWith(keyring: Keyring, dataKey: Uint8Array, aad: Uint8Array): Promise<ForgedDataKey> {
  const request = { suite: suiteById('0478'), context: {}, aad }
  using secret = SecretBytes.copyOf(dataKey)
  const [recipient] = await keyring.recipients(request)
  const [edk] = (await recipient?.wrap(secret, request)) ?? []
  if (edk === undefined) throw new Error('the keyring wrapped nothing')
  return { ...edk, providerId: Buffer.from(edk.providerId) }
}

/** The context of specimens that are wrapped for a keyring. */
export const pairs: readonly (readonly [string, string])[] = [
  ['C', ''],
  ['a', 'b'],
]
/** The same as it is authenticated. */
export const serialisedPairs: Buffer = Buffer.from('\0\x02\0\x01C\0\0\0\x01a\0\x01b', 'latin1')

/** A message of a suite. */
function specimenOf(suite: string, kind: 'framed' | 'unframed', edks?: readonly ForgedDataKey[], keyring?: Keyring): FixedSpecimen {
  const dataKey = seededBytes(suite, dataKeyLength(suite))
  const curve = curveOf(suite) === 'P-256' ? p256 : p384
  const signer = curveOf(suite) && ecKey(curve, 'signer')
  const context = [...(signer ? [['aws-crypto-public-key', compressed(curve, signer.point).toString('base64')] as const] : []), ...pairs]
  const header = {
    suite,
    messageId: seededBytes(`id ${suite}`, commits(suite) ? 32 : 16),
    // In their canonical order: upper case before lower.
    context: context.sort(([a], [b]) => (a < b ? -1 : 1)),
    frameLength: kind === 'framed' ? FRAME : 0,
    ...(edks ? { edks } : {}),
  }
  const frames = [0, 1, 2].map((index) => ({
    sequence: index + 1,
    content: plaintext.subarray(index * FRAME, (index + 1) * FRAME),
    final: index === 2,
  }))
  const unsigned = forgeMessage(dataKey, header, kind === 'framed' ? { frames } : { unframed: plaintext })
  return {
    name: `${kind} ${suite}`,
    keyring: keyring ?? dataKeyKeyring(dataKey),
    dataKey,
    message: signer ? withFooter(unsigned, derOf(signFixed(signer, unsigned))) : unsigned,
  }
}

/** One of everything. */
export async function allSpecimens(): Promise<readonly FixedSpecimen[]> {
  const plain = suiteIds.flatMap((suite) => [specimenOf(suite, 'framed'), specimenOf(suite, 'unframed')])
  const wrapped: FixedSpecimen[] = []
  for (const { name, keyring, wrap } of keyringCases) {
    const edk = await wrap(seededBytes('0478', 32), serialisedPairs)
    wrapped.push({ ...specimenOf('0478', 'framed', [edk], keyring), name })
    // Beside one that is another's.
    if (name === 'multi') {
      const foreign = { providerId: Buffer.from('aws-kms'), providerInfo: Buffer.from('arn'), ciphertext: Buffer.alloc(16) }
      wrapped.push({ ...specimenOf('0478', 'framed', [foreign, edk, edk], keyring), name: `${name}, three` })
    }
  }
  return [...plain, ...wrapped]
}

/** The client that reads them, with everything on that makes it read more. */
export function readerOf(keyring: Keyring, netV400Retry = true) {
  return createEncryptionClient({ keyring, commitmentPolicy: 'REQUIRE_ENCRYPT_ALLOW_DECRYPT', netV400Retry })
}
