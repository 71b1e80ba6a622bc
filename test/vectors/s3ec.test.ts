import { createCipheriv, generateKeyPairSync, hkdfSync } from 'node:crypto'
import { Readable } from 'node:stream'
import { generateAesKey, rawAesKey, rawAesKeyring, rawRsaKey, rawRsaKeyring, SecretBytes } from '@strongroom/core'
import { type DecryptObjectOptions, decryptObject, decryptObjectStream, openObjectRanges } from '@strongroom/s3'
import { describe, expect, it } from 'vitest'
import { deriveCommitment, deriveContentKey } from '../../packages/s3/src/content/key-derivation.ts'
import { fixedKmsKeyring, type KmsCall, keyringOfVector, type S3Vector, s3Vectors, storedObject } from '../support/s3-vectors.ts'
import { describeVectors } from '../support/vectors.ts'

const legacy = {
  commitmentPolicy: 'REQUIRE_ENCRYPT_ALLOW_DECRYPT',
  legacyWrappingAlgorithms: true,
  legacyContent: true,
} as const satisfies Partial<DecryptObjectOptions>

describeVectors('s3ec', 'objects of the S3 Encryption Clients', (vectors) => {
  const sets = s3Vectors(vectors)
  const all = Object.values(sets).flat()
  const good = all.filter(({ expectError }) => expectError === undefined)
  const plaintextOf = ({ plaintext }: S3Vector): Buffer => Buffer.from(plaintext as string, 'base64')
  const options = (vector: S3Vector, calls: KmsCall[] = []) => ({
    ...legacy,
    keyring: keyringOfVector(vectors, vector, calls),
    encryptionContext: contextOf(vector),
  })

  it('are all seen', () => {
    expect(Object.values(sets).map((set) => set.length)).toEqual([10, 6, 15, 7])
    expect(all.length - good.length).toBe(1)
    expect(good.every(({ plaintext }) => plaintext !== undefined)).toBe(true)
  })

  it.each(good)('opens $name', async (vector) => {
    const calls: KmsCall[] = []
    const opened = await decryptObject(storedObject(vector), options(vector, calls))
    expect(Buffer.from(opened.plaintext).equals(plaintextOf(vector))).toBe(true)
    if (vector.kms?.encryptionContext !== undefined) expect(calls.map(({ context }) => context)).toEqual([vector.kms.encryptionContext])
    expect(opened.encryptionContext).toEqual(contextOf(vector))
  })

  it.each(good)('opens $name in pieces of any size', async (vector) => {
    const stored = storedObject(vector)
    const sizes = stored.body.length > 1000 ? [4096] : [1, 7, 16, 1000]
    for (const delayedAuthentication of [true, false]) {
      for (const size of sizes) {
        const pieces = Array.from({ length: Math.ceil(stored.body.length / size) }, (_, index) =>
          Buffer.from(stored.body.subarray(index * size, (index + 1) * size)),
        )
        const object = { ...stored, body: Readable.from(pieces) }
        const { plaintext } = await decryptObjectStream(object, { ...options(vector), delayedAuthentication })
        expect(Buffer.concat(await Readable.from(plaintext).toArray()).equals(plaintextOf(vector))).toBe(true)
      }
    }
  })

  it.each(good)('reads parts of $name, where it is told to', async (vector) => {
    const stored = storedObject(vector)
    const source = {
      ...stored,
      size: stored.body.length,
      read: async (start: number, end: number) => Buffer.from(stored.body.subarray(start, end)),
    }
    await expect(openObjectRanges(source, options(vector))).rejects.toMatchObject({
      code: 'FORMAT_FORBIDDEN',
      option: 'unauthenticatedRanges',
    })
    const ranges = await openObjectRanges(source, { ...options(vector), unauthenticatedRanges: true })
    const plaintext = plaintextOf(vector)
    expect(ranges.authenticated).toBe(false)
    expect(await ranges.plaintextLength()).toBe(plaintext.length)
    const places = plaintext.length > 1000 ? [0, 1, 15, 16, 17, 4095, 50_000, -1, -16, -33] : Array.from({ length: 40 }, (_, at) => at)
    for (const start of places) {
      for (const length of [0, 1, 15, 16, 17, 33, 5000]) {
        const end = start < 0 ? undefined : start + length
        expect(Buffer.from(await ranges.read(start, end)).equals(plaintext.subarray(start, end))).toBe(true)
      }
    }
    expect(Buffer.from(await ranges.read(0)).equals(plaintext)).toBe(true)
  })

  it('refuses the one whose commitment is another key’s, before its body is read', async () => {
    const vector = all.find(({ name }) => name === 'go-V3-wrong-commitment') as S3Vector
    await expect(decryptObject(storedObject(vector), options(vector))).rejects.toMatchObject({ code: 'MESSAGE_INVALID' })
    const body = Readable.from(
      (async function* () {
        yield await Promise.reject(new Error('the body was read'))
      })(),
    )
    await expect(decryptObjectStream({ ...storedObject(vector), body }, options(vector))).rejects.toMatchObject({ code: 'MESSAGE_INVALID' })
  })

  it('lets pass by default what commits to its key, and nothing else', async () => {
    for (const vector of good) {
      const strict = { keyring: keyringOfVector(vectors, vector), encryptionContext: contextOf(vector) }
      const outcome = await decryptObject(storedObject(vector), strict).then(
        () => 'opened',
        ({ code }: { code: string }) => code,
      )
      const isV3 = 'x-amz-c' in vector.metadata
      expect([vector.name, isV3 ? ['opened'] : ['SUITE_FORBIDDEN', 'FORMAT_FORBIDDEN']]).toEqual([
        vector.name,
        expect.arrayContaining([outcome]),
      ])
    }
  })

  it('opens none with another key', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    for (const vector of good) {
      const keyring =
        vector.kms !== undefined
          ? fixedKmsKeyring(generateAesKey())
          : vector.key?.aes !== undefined
            ? rawAesKeyring({ namespace: 's3', name: 'kek', key: generateAesKey() })
            : rawRsaKeyring({ namespace: 's3', name: 'rsa', padding: 'OAEP_SHA1', privateKey })
      const answer = await decryptObject(storedObject(vector), { ...options(vector), keyring }).catch((error: unknown) => error)
      // AES-CBC shows a wrong key by its padding alone, which one key in 256 has right.
      const isUnauthenticated =
        ['v1', 'v2'].includes((answer as { format?: string }).format ?? '') && (answer as { suite: string }).suite === '0070'
      if (isUnauthenticated) expect(Buffer.from((answer as { plaintext: Uint8Array }).plaintext).equals(plaintextOf(vector))).toBe(false)
      else expect([vector.name, answer]).toEqual([vector.name, expect.objectContaining({ code: 'MESSAGE_INVALID' })])
    }
  })
})

/** What its writer gave as encryption context: where the file does not say, what is stored less the pairs that are the format's. */
function contextOf({ requestEncryptionContext, metadata }: S3Vector): Readonly<Record<string, string>> {
  if (requestEncryptionContext !== undefined) return requestEncryptionContext
  const { 'aws:x-amz-cek-alg': _, ...pairs } = JSON.parse(metadata['x-amz-t'] ?? '{}') as Record<string, string>
  return pairs
}

describeVectors('s3ec', 'mail that Amazon SES stores', (vectors) => {
  const { metadata, dataKey } = vectors.json<{ metadata: Record<string, string>; dataKey: string }>('ses-metadata-sample.json')
  const mail = Buffer.from('Subject: hello\r\n\r\nIt is SES that encrypts this.\r\n')
  const key = Buffer.from(dataKey, 'base64')
  // The sample has no body: this is one as SES makes it.
  const cipher = createCipheriv('aes-256-gcm', key, Buffer.from(metadata['x-amz-iv'] as string, 'base64'))
  const body = Buffer.concat([cipher.update(mail), cipher.final(), cipher.getAuthTag()])
  const allowed = { commitmentPolicy: 'REQUIRE_ENCRYPT_ALLOW_DECRYPT', legacyWrappingAlgorithms: true } as const

  it('opens, with the whole of its context given to KMS', async () => {
    const calls: KmsCall[] = []
    const opened = await decryptObject({ metadata, body }, { keyring: fixedKmsKeyring(key, calls), ...allowed })
    expect(Buffer.from(opened.plaintext).equals(mail)).toBe(true)
    expect(opened).toMatchObject({ format: 'v2', suite: '0072', encryptionContext: { 'aws:ses:rule-name': 'encrypt-to-s3' } })
    expect(calls).toEqual([
      {
        blob: Uint8Array.from(Buffer.from(metadata['x-amz-key-v2'] as string, 'base64')),
        context: JSON.parse(metadata['x-amz-matdesc'] as string),
      },
    ])
  })

  it('needs to be allowed, option by option, before KMS is asked', async () => {
    const calls: KmsCall[] = []
    const keyring = fixedKmsKeyring(key, calls)
    const attempt = async (more: Partial<DecryptObjectOptions>) =>
      await decryptObject({ metadata, body }, { keyring, ...more } as DecryptObjectOptions).catch((error: unknown) => error)
    expect(await attempt({ ...allowed, legacyWrappingAlgorithms: false })).toMatchObject({
      code: 'FORMAT_FORBIDDEN',
      option: 'legacyWrappingAlgorithms',
    })
    expect(await attempt({ legacyWrappingAlgorithms: true })).toMatchObject({ code: 'SUITE_FORBIDDEN', option: 'commitmentPolicy' })
    // What binds no context must not get around a demand for one.
    expect(await attempt({ ...allowed, encryptionContext: { 'aws:ses:rule-name': 'encrypt-to-s3' } } as object)).toMatchObject({
      code: 'CONTEXT_MISMATCH',
    })
    expect(calls).toEqual([])
  })
})

describeVectors('s3ec', 'primitives', (vectors) => {
  const hex = (text: string): Buffer => Buffer.from(text, 'hex')

  interface Derivation {
    readonly data_key: string
    readonly message_id: string
    readonly encryption_key: string
    readonly commitment_key: string
  }

  it.each(vectors.json<Derivation[]>('kdf_kat.json'))('keys of V3 are derived from $data_key', (vector) => {
    const dataKey = SecretBytes.copyOf(hex(vector.data_key))
    const messageId = hex(vector.message_id)
    expect(Buffer.from(deriveCommitment(dataKey, messageId)).toString('hex')).toBe(vector.commitment_key)
    expect(deriveContentKey(dataKey, messageId).export().toString('hex')).toBe(vector.encryption_key)
  })

  interface Gcm {
    readonly key: string
    readonly pt: string
    readonly aad: string
    readonly iv: string
    readonly ct: string
    readonly tag: string
  }

  it.each(vectors.json<Gcm[]>('aes_gcm_kat.json'))('the runtime has the AES-GCM of $iv', ({ key, pt, aad, iv, ct, tag }) => {
    const cipher = createCipheriv(`aes-${key.length * 4}-gcm` as 'aes-256-gcm', hex(key), hex(iv))
    cipher.setAAD(hex(aad))
    const sealed = Buffer.concat([cipher.update(hex(pt)), cipher.final(), cipher.getAuthTag()])
    expect(sealed.toString('hex').toUpperCase()).toBe(`${ct}${tag}`.toUpperCase())
  })

  it('the runtime has the HKDF-SHA-512 of Wycheproof', () => {
    const cases = vectors.json<{ ikm: string; salt: string; info: string; length: number; okm: string }[]>(
      'hkdf_sha512_wycheproof_subset.json',
    )
    expect(cases).toHaveLength(14)
    for (const { ikm, salt, info, length, okm } of cases)
      expect(Buffer.from(hkdfSync('sha512', hex(ikm), hex(salt), hex(info), length)).toString('hex')).toBe(okm)
  })
})

describeVectors('s3ec', 'wraps of data keys made by the JDK', (vectors) => {
  interface Wraps {
    readonly wrappingAesKey: string
    readonly cek: string
    readonly wraps: Readonly<Record<string, string>>
  }
  const { wrappingAesKey, cek, wraps } = vectors.json<Wraps>('jdk-keywraps.json')
  const aes = rawAesKey({ name: 'kek', key: Buffer.from(wrappingAesKey, 'base64') })
  const rsa = rawRsaKey({ name: 'rsa', privateKey: vectors.bytes('rsa2048.pem').toString() })
  const dataKey = SecretBytes.copyOf(Buffer.from(cek, 'base64'))
  const wrapped = (name: string): Buffer => Buffer.from(wraps[name] as string, 'base64')

  it.each([
    ['AESWrap', () => aes.openLegacy?.('aes-kw', wrapped('AESWrap'))],
    ['AES', () => aes.openLegacy?.('aes-ecb-pkcs5', wrapped('AES'))],
    ['RSA', () => rsa.open?.(wrapped('RSA'), 'PKCS1')],
    ['RSA/ECB/OAEPWithSHA-256AndMGF1Padding', () => rsa.open?.(wrapped('RSA/ECB/OAEPWithSHA-256AndMGF1Padding'), 'OAEP_SHA256_MGF1_SHA1')],
  ] as const)('%s opens', async (_name, open) => {
    expect((await open())?.equals(dataKey)).toBe(true)
  })

  describe.each(['AES/GCM/NoPadding', '115'])('bound to %s', (algorithm) => {
    it('AES/GCM opens', async () => {
      const sealed = wrapped(`AES/GCM|${algorithm}`)
      const opened = await aes.open(sealed.subarray(0, 12), sealed.subarray(12), Buffer.from(algorithm))
      expect(opened.equals(dataKey)).toBe(true)
    })

    it('RSA-OAEP-SHA1 opens, to the data key between its length and the algorithm', async () => {
      const opened = await rsa.open?.(wrapped(`RSA-OAEP-SHA1|${algorithm}`), 'OAEP_SHA1')
      const expected = dataKey.use((bytes) => Buffer.concat([Buffer.of(32), bytes, Buffer.from(algorithm)]))
      expect(opened?.use((bytes) => expected.equals(bytes))).toBe(true)
    })
  })
})
