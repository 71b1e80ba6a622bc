import { createCipheriv, createECDH, createHmac, generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { EcCurve } from '../agreement-key.ts'
import { createEncryptionClient } from '../client.ts'
import { serialiseContext } from '../encryption-context.ts'
import { StrongroomError } from '../errors.ts'
import type { EncryptedDataKey, Keyring, WrapRequest } from '../keyring.ts'
import { compressedPoint } from '../keys/ec-curve.ts'
import { keyFingerprint } from '../keys/key-fingerprint.ts'
import { SecretBytes } from '../secret-bytes.ts'
import { suiteById } from '../suite.ts'
import { ecdhKeyring } from './ecdh-keyring.ts'
import { rawAgreementKey } from './raw-agreement-key.ts'
import { type RawEcdhKeyringOptions, rawEcdhKeyring } from './raw-ecdh-keyring.ts'

const curves = ['P-256', 'P-384', 'P-521'] as const
const lengths = { 'P-256': 75, 'P-384': 107, 'P-521': 143 } as const
const context = { purpose: 'orders' }
const request: WrapRequest = { suite: suiteById('0478'), context, aad: serialiseContext(context) }
const text = new TextEncoder().encode('agreed')

function parties(curve: EcCurve) {
  const anna = generateKeyPairSync('ec', { namedCurve: curve })
  const bert = generateKeyPairSync('ec', { namedCurve: curve })
  const keyring = (options: object) => rawEcdhKeyring({ curve, ...options } as RawEcdhKeyringOptions)
  return {
    anna,
    bert,
    annaToBert: keyring({ schema: 'static', privateKey: anna.privateKey, recipientPublicKey: bert.publicKey }),
    bertToAnna: keyring({ schema: 'static', privateKey: bert.privateKey, recipientPublicKey: anna.publicKey }),
    anyoneToBert: keyring({ schema: 'ephemeral', recipientPublicKey: bert.publicKey }),
    bertFromAnyone: keyring({ schema: 'discovery', privateKey: bert.privateKey }),
    annaFromAnyone: keyring({ schema: 'discovery', privateKey: anna.privateKey }),
  }
}

async function wrapped(keyring: Keyring, secret: SecretBytes, call: WrapRequest = request): Promise<EncryptedDataKey> {
  const [recipient] = await keyring.recipients(call)
  const [edk] = (await recipient?.wrap(secret, call)) ?? []
  return edk as EncryptedDataKey
}

async function outcome(keyring: Keyring, edk: EncryptedDataKey): Promise<string> {
  const answer = await keyring.unwrap([edk], request)
  return 'attempts' in answer ? (answer.attempts[0]?.outcome as string) : 'opened'
}

describe.each(curves)('a raw ECDH keyring on %s', (curve) => {
  const { anna, bert, annaToBert, bertToAnna, anyoneToBert, bertFromAnyone, annaFromAnyone } = parties(curve)

  it('with the schema static writes what both parties read, each with the same one', async () => {
    const { ciphertext } = await createEncryptionClient({ keyring: annaToBert }).encrypt(text, { encryptionContext: context })
    for (const keyring of [annaToBert, bertToAnna, bertFromAnyone]) {
      const opened = await createEncryptionClient({ keyring }).decrypt(ciphertext, { encryptionContext: context })
      expect(opened.plaintext).toEqual(text)
      expect(opened.openedBy).toEqual({ edk: 0, keyId: keyFingerprint(bert.publicKey) })
    }
    await expect(createEncryptionClient({ keyring: annaFromAnyone }).decrypt(ciphertext)).rejects.toMatchObject({ code: 'MESSAGE_INVALID' })
  })

  it('with the schema ephemeral writes what the recipient reads, under a new key each time, and reads nothing', async () => {
    using secret = SecretBytes.random(32)
    const [first, second] = [await wrapped(anyoneToBert, secret), await wrapped(anyoneToBert, secret)]
    const sender = (edk: EncryptedDataKey) =>
      Buffer.from(edk.providerInfo)
        .toString('hex')
        .slice(-2 * ((lengths[curve] - 9) / 2))
    expect(sender(first)).not.toBe(sender(second))
    expect(await outcome(bertFromAnyone, first)).toBe('opened')
    expect(await outcome(anyoneToBert, first)).toBe('not-mine')
    expect(await outcome(annaToBert, first)).toBe('not-mine')
    expect(await outcome(bertToAnna, first)).toBe('not-mine')
  })

  it('with the schema discovery writes nothing, and says why', async () => {
    await expect(bertFromAnyone.recipients(request)).rejects.toMatchObject({ code: 'KEYRING_CANNOT_ENCRYPT' })
  })

  it('writes the bytes that the specification prescribes', async () => {
    using secret = SecretBytes.copyOf(new Uint8Array(32).fill(9))
    const salt = new Uint8Array(32).fill(5)
    const keyring = rawEcdhKeyring({
      schema: 'static',
      curve,
      privateKey: anna.privateKey,
      recipientPublicKey: bert.publicKey,
      random: (length) => salt.slice(0, length),
    })
    const { providerId, providerInfo, ciphertext } = await wrapped(keyring, secret)
    const sender = compressedPoint(anna.publicKey)
    const recipient = compressedPoint(bert.publicKey)
    const length = [0, 0, 0, recipient.length]
    expect(providerId).toBe('raw-ecdh')
    expect(providerInfo).toHaveLength(lengths[curve])
    expect(Buffer.from(providerInfo)).toEqual(Buffer.from([1, ...length, ...recipient, ...length, ...sender]))

    const shared = opensslSecret(curve, anna.privateKey.export({ format: 'jwk' }).d as string, recipient)
    const name = { 'P-256': 'p256', 'P-384': 'p384', 'P-521': 'p521' }[curve]
    const label = Buffer.concat([
      Buffer.from(`ecdh-key-derivation\0${name}\0HMAC_SHA384\0`),
      sender,
      recipient,
      Buffer.of(0, 1, 0),
      request.aad,
    ])
    const block = (index: number) =>
      createHmac('sha384', shared)
        .update(Buffer.concat([Buffer.of(0, 0, 0, index), label, Buffer.of(0), salt, Buffer.of(0, 0, 2, 0)]))
        .digest()
    const keys = Buffer.concat([block(1), block(2)])
    const cipher = createCipheriv('aes-256-gcm', keys.subarray(32, 64), Buffer.alloc(12)).setAAD(label)
    const sealed = Buffer.concat([cipher.update(Buffer.alloc(32, 9)), cipher.final(), cipher.getAuthTag()])
    expect(Buffer.from(ciphertext)).toEqual(Buffer.concat([salt, keys.subarray(0, 32), sealed]))
  })

  it('reads what a key in AWS KMS wrote, and is read by it', async () => {
    const inKms = ecdhKeyring({
      providerId: 'aws-kms-ecdh',
      schema: 'static',
      curve,
      agreement: rawAgreementKey({ curve, privateKey: anna.privateKey }),
      recipientPublicKey: compressedPoint(bert.publicKey),
    })
    using secret = SecretBytes.random(32)
    const edk = await wrapped(inKms, secret)
    expect(edk.providerId).toBe('aws-kms-ecdh')
    for (const keyring of [bertToAnna, bertFromAnyone, annaToBert]) expect(await outcome(keyring, edk)).toBe('opened')
    expect(await outcome(inKms, await wrapped(bertToAnna, secret))).toBe('opened')
  })

  it('refuses senders that are no point of the curve, without a secret agreed', async () => {
    using secret = SecretBytes.random(32)
    const edk = await wrapped(anyoneToBert, secret)
    const at = edk.providerInfo.length - (lengths[curve] - 9) / 2
    const points: Record<string, Uint8Array> = {
      infinity: new Uint8Array(edk.providerInfo.length - at),
      'an x beyond the field': Uint8Array.of(2, ...new Uint8Array(edk.providerInfo.length - at - 1).fill(255)),
      'another form': Uint8Array.of(4, ...edk.providerInfo.subarray(at + 1)),
      'the negative of the sender': Uint8Array.of((edk.providerInfo[at] as number) ^ 1, ...edk.providerInfo.subarray(at + 1)),
      'the recipient': compressedPoint(bert.publicKey),
      'somebody else': compressedPoint(anna.publicKey),
    }
    for (const [name, point] of Object.entries(points)) {
      const providerInfo = Uint8Array.of(...edk.providerInfo.subarray(0, at), ...point)
      expect(await outcome(bertFromAnyone, { ...edk, providerInfo }), name).toBe('rejected')
    }
  })

  it('has nothing to do with data keys of another curve or layout', async () => {
    using secret = SecretBytes.random(32)
    const edk = await wrapped(anyoneToBert, secret)
    for (const other of curves.filter((name) => name !== curve)) {
      expect(await outcome(parties(other).bertFromAnyone, edk)).toBe('not-mine')
      expect(await outcome(bertFromAnyone, await wrapped(parties(other).anyoneToBert, secret))).toBe('not-mine')
    }
    const version2 = Uint8Array.of(2, ...edk.providerInfo.subarray(1))
    const longer = Uint8Array.of(...edk.providerInfo, 0)
    for (const providerInfo of [version2, longer, edk.providerInfo.subarray(1), new Uint8Array(0)]) {
      expect(await outcome(bertFromAnyone, { ...edk, providerInfo })).toBe('not-mine')
    }
    expect(await outcome(bertFromAnyone, { ...edk, providerId: 'raw-ecdh2' })).toBe('not-mine')
  })
})

describe('an ECDH keyring', () => {
  const { anna, bert } = parties('P-256')
  const own = { curve: 'P-256', privateKey: anna.privateKey } as const
  const partner = { recipientPublicKey: bert.publicKey } as const

  it.each([
    [{ schema: 'static', ...own }, 'recipientPublicKey'],
    [{ schema: 'static', curve: 'P-256', ...partner }, 'privateKey'],
    [{ schema: 'ephemeral', curve: 'P-256' }, 'recipientPublicKey'],
    [{ schema: 'ephemeral', ...own, ...partner }, 'agreement'],
    [{ schema: 'ephemeral', curve: 'P-256', passphrase: 'x', ...partner }, 'passphrase'],
    [{ schema: 'discovery', ...own, ...partner }, 'recipientPublicKey'],
    [{ schema: 'discovery', curve: 'P-256' }, 'privateKey'],
    [{ schema: 'mutual', ...own, ...partner }, 'schema'],
    [{ ...own, ...partner }, 'schema'],
    [{ schema: 'static', ...own, ...partner, curve: 'secp256k1' }, 'curve'],
    [{ schema: 'static', ...own, ...partner, curve: 'P-384' }, 'privateKey'],
    [{ schema: 'ephemeral', ...partner, curve: 'P-521' }, 'recipientPublicKey'],
    [{ schema: 'static', ...own, ...partner, namespace: 'x' }, 'namespace'],
  ])('is not made with %o', (options, option) => {
    expect(() => rawEcdhKeyring(options as RawEcdhKeyringOptions)).toThrow(expect.objectContaining({ option }))
  })

  it('takes a recipient as a compressed point of its curve only', () => {
    const make = (recipientPublicKey: Uint8Array) => () =>
      ecdhKeyring({ providerId: 'raw-ecdh', schema: 'ephemeral', curve: 'P-256', recipientPublicKey })
    const point = compressedPoint(bert.publicKey)
    expect(make(point)).not.toThrow()
    for (const wrong of [point.subarray(1), new Uint8Array(33), compressedPoint(parties('P-384').bert.publicKey)]) {
      expect(make(wrong)).toThrow(expect.objectContaining({ code: 'KEY_INVALID', option: 'recipientPublicKey' }))
    }
  })

  it('reports a key that cannot be reached as what it is, and opens the data key of another', async () => {
    const { bertFromAnyone, anyoneToBert } = parties('P-256')
    const down = new StrongroomError('KEY_TRANSIENT', 'The key service is down.')
    const agreement = {
      kind: 'ecdh',
      curve: 'P-256',
      publicKey: async () => compressedPoint(bert.publicKey),
      agree: async () => {
        throw down
      },
    } as const
    const keyring = ecdhKeyring({ providerId: 'aws-kms-ecdh', schema: 'discovery', curve: 'P-256', agreement })
    using secret = SecretBytes.random(32)
    const writer = rawEcdhKeyring({ schema: 'ephemeral', curve: 'P-256', ...partner })
    expect(await keyring.unwrap([await wrapped(writer, secret)], request)).toEqual({
      attempts: [{ edk: 0, keyId: keyFingerprint(bert.publicKey), outcome: 'transient', cause: down }],
    })
    expect(await outcome(bertFromAnyone, await wrapped(anyoneToBert, secret))).toBe('opened')
  })
})

/** The shared secret by another way into OpenSSL. */
function opensslSecret(curve: EcCurve, d: string, peer: Uint8Array): Buffer {
  const name = { 'P-256': 'prime256v1', 'P-384': 'secp384r1', 'P-521': 'secp521r1' }[curve]
  const ecdh = createECDH(name)
  ecdh.setPrivateKey(Buffer.from(d, 'base64url'))
  return ecdh.computeSecret(peer)
}
