import { createCipheriv, createHash } from 'node:crypto'
import { isStrongroomError } from '@strongroom/core'
import { describe, expect, it } from 'vitest'
import { aesKeyring, keyrings } from '../test/keyrings.ts'
import { type DecryptObjectOptions, decryptObject, type StoredObject } from './decrypt-object.ts'
import { encryptObject } from './encrypt-object.ts'

const text = new TextEncoder().encode('two pairs of boots')

interface Specimen {
  readonly name: string
  readonly object: StoredObject<Uint8Array>
  readonly options: DecryptObjectOptions
}

/** A change of one thing, named after the place that it is at. */
interface Change {
  readonly place: string
  readonly object: StoredObject<Uint8Array>
}

const LENGTH = 'x-amz-unencrypted-content-length'
const CASE = 'case of a name'
const hint = 'a hint for those who list objects: the tag covers the length of the body, and the plaintext is as long as that says'
const description = 'chooses among the reader’s own keys only; that it is the right one, the wrap shows'
const optional = 'there are writers that leave it out; no other length is accepted'
const anyCase = 'stores differ in the case of metadata names, so that it is the same name in any case'
const unauthenticated = 'AES-CBC has no tag, and is read only where legacyContent says so'
const ofNobody = 'an entry of an instruction file that is not known, and does not begin like one, is somebody else’s'

/** What is accepted though it was changed, with the reason why the format does not protect it. Everything else is refused. */
const accepted: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'v3 AES/GCM': {
    [`value of ${LENGTH}`]: hint,
    [`name of ${LENGTH}`]: hint,
    [`${LENGTH} left out`]: hint,
    'value of x-amz-m': description,
    'name of x-amz-m': description,
    'x-amz-m left out': description,
    [CASE]: anyCase,
  },
  'v3 RSA-OAEP-SHA1': {
    [`value of ${LENGTH}`]: hint,
    [`name of ${LENGTH}`]: hint,
    [`${LENGTH} left out`]: hint,
    'value of x-amz-m': description,
    'name of x-amz-m': description,
    'x-amz-m left out': description,
    [CASE]: anyCase,
  },
  'v3 kms+context': {
    [`value of ${LENGTH}`]: hint,
    [`name of ${LENGTH}`]: hint,
    [`${LENGTH} left out`]: hint,
    [CASE]: anyCase,
  },
  'v2 AES/GCM': {
    [`value of ${LENGTH}`]: hint,
    [`name of ${LENGTH}`]: hint,
    [`${LENGTH} left out`]: hint,
    'value of x-amz-matdesc': description,
    'name of x-amz-matdesc': description,
    'x-amz-matdesc left out': description,
    'name of x-amz-tag-len': optional,
    'x-amz-tag-len left out': optional,
    [CASE]: anyCase,
  },
  'v2 RSA-OAEP-SHA1': {
    [`value of ${LENGTH}`]: hint,
    [`name of ${LENGTH}`]: hint,
    [`${LENGTH} left out`]: hint,
    'value of x-amz-matdesc': description,
    'name of x-amz-matdesc': description,
    'x-amz-matdesc left out': description,
    'name of x-amz-tag-len': optional,
    'x-amz-tag-len left out': optional,
    [CASE]: anyCase,
  },
  'v2 kms+context': {
    [`value of ${LENGTH}`]: hint,
    [`name of ${LENGTH}`]: hint,
    [`${LENGTH} left out`]: hint,
    'name of x-amz-tag-len': optional,
    'x-amz-tag-len left out': optional,
    [CASE]: anyCase,
  },
  'v3 AES/GCM with an instruction file': {
    [`value of ${LENGTH}`]: hint,
    [`name of ${LENGTH}`]: hint,
    [`${LENGTH} left out`]: hint,
    'file: value of x-amz-m': description,
    'file: name of x-amz-m': ofNobody,
    [CASE]: anyCase,
  },
  'v2 AES/GCM with an instruction file': {
    [`value of ${LENGTH}`]: hint,
    [`name of ${LENGTH}`]: hint,
    [`${LENGTH} left out`]: hint,
    'file: value of x-amz-matdesc': description,
    'file: name of x-amz-matdesc': ofNobody,
    'file: name of x-amz-tag-len': ofNobody,
    [CASE]: anyCase,
  },
  'v1 AES': {
    body: unauthenticated,
    'value of x-amz-iv': unauthenticated,
    'value of x-amz-matdesc': description,
    'name of x-amz-matdesc': description,
    'x-amz-matdesc left out': description,
    [CASE]: anyCase,
  },
  esdk: {
    [`value of ${LENGTH}`]: hint,
    [`name of ${LENGTH}`]: hint,
    [`${LENGTH} left out`]: hint,
    [CASE]: anyCase,
  },
}

const specimens: readonly Specimen[] = [
  ...(await Promise.all(
    Object.entries(keyrings).flatMap(([wrap, keyring]) =>
      [{}, { commitmentPolicy: 'FORBID_ENCRYPT_ALLOW_DECRYPT' } as const].map(async (policy) => {
        const isKms = wrap === 'kms+context'
        const bound = isKms ? { encryptionContext: { tenant: 'blue' } } : {}
        const options = { keyring, ...policy, ...bound }
        const object = await encryptObject(text, { ...options, ...(isKms ? {} : { materialsDescription: { k: 'v' } }) })
        return { name: `${object.format} ${wrap}`, object, options }
      }),
    ),
  )),
  ...(await Promise.all(
    [{}, { commitmentPolicy: 'FORBID_ENCRYPT_ALLOW_DECRYPT' } as const].map(async (policy) => {
      const options = { keyring: keyrings['AES/GCM'], ...policy }
      const object = await encryptObject(text, { ...options, instructionFile: true, materialsDescription: { k: 'v' } })
      return { name: `${object.format} AES/GCM with an instruction file`, object, options }
    }),
  )),
  v1(),
  await esdk(),
]

/** A V1 object from fixed bytes: one wrong key in 256 has a padding that looks right, and is then the same in every run. */
function v1(): Specimen {
  const bytes = (seed: string, length: number) => createHash('sha512').update(seed).digest().subarray(0, length)
  const [kek, dataKey, iv] = [bytes('kek', 32), bytes('data key', 32), bytes('iv', 16)]
  const wrap = createCipheriv('aes-256-ecb', kek, null)
  const cipher = createCipheriv('aes-256-cbc', dataKey, iv)
  return {
    name: 'v1 AES',
    object: {
      body: Buffer.concat([cipher.update(text), cipher.final()]),
      metadata: {
        'x-amz-key': Buffer.concat([wrap.update(dataKey), wrap.final()]).toString('base64'),
        'x-amz-iv': iv.toString('base64'),
        'x-amz-matdesc': '{"k":"v"}',
      },
    },
    options: {
      keyring: aesKeyring(kek),
      commitmentPolicy: 'REQUIRE_ENCRYPT_ALLOW_DECRYPT',
      legacyWrappingAlgorithms: true,
      legacyContent: true,
    },
  }
}

async function esdk(): Promise<Specimen> {
  const options = { keyring: keyrings['AES/GCM'], encryptionContext: { tenant: 'blue' } }
  return { name: 'esdk', object: await encryptObject(text, { ...options, format: 'esdk', frameLength: 8 }), options }
}

/** Every way in which one bit is another. */
function* flips(bytes: Uint8Array): Generator<{ readonly at: number; readonly bytes: Buffer }> {
  for (let at = 0; at < bytes.length; at += 1) {
    for (let bit = 0; bit < 8; bit += 1) {
      const changed = Buffer.from(bytes)
      changed[at] = (changed[at] as number) ^ (1 << bit)
      yield { at, bytes: changed }
    }
  }
}

function* changesOf({ object }: Specimen): Generator<Change> {
  const { body, metadata, instructionFile } = object
  for (const flip of flips(body)) yield { place: 'body', object: { ...object, body: flip.bytes } }
  for (let length = 0; length < body.length; length += 1)
    yield { place: 'length of the body', object: { ...object, body: body.subarray(0, length) } }
  yield { place: 'length of the body', object: { ...object, body: Buffer.concat([body, Buffer.alloc(1)]) } }
  for (const [name, value] of Object.entries(metadata) as [string, string][]) {
    const { [name]: _, ...rest } = metadata
    yield { place: `${name} left out`, object: { ...object, metadata: rest } }
    for (const { bytes } of flips(Buffer.from(value)))
      yield { place: `value of ${name}`, object: { ...object, metadata: { ...rest, [name]: bytes.toString('latin1') } } }
    for (const { bytes } of flips(Buffer.from(name))) {
      const changed = bytes.toString('latin1')
      const place = changed.toLowerCase() === name ? CASE : `name of ${name}`
      yield { place, object: { ...object, metadata: { ...rest, [changed]: value } } }
    }
  }
  if (instructionFile === undefined) return
  const places = placesOf(Buffer.from(instructionFile.body).toString())
  for (const { at, bytes } of flips(instructionFile.body))
    yield { place: `file: ${places(at)}`, object: { ...object, instructionFile: { body: bytes } } }
  for (let length = 0; length < instructionFile.body.length; length += 1)
    yield { place: 'file: its length', object: { ...object, instructionFile: { body: instructionFile.body.subarray(0, length) } } }
  const { instructionFile: _, ...alone } = object
  yield { place: 'file left out', object: alone }
}

/** What stands at each place of a JSON object of strings. */
function placesOf(json: string): (at: number) => string {
  const places: string[] = Array(json.length).fill('what is between')
  for (const match of json.matchAll(/"([^"]*)":"((?:[^"\\]|\\.)*)"/g)) {
    const [, name, value] = match as unknown as [string, string, string]
    places.fill(`name of ${name}`, match.index + 1, match.index + 1 + name.length)
    const start = match.index + name.length + 4
    places.fill(`value of ${name}`, start, start + value.length)
  }
  return (at) => places[at] as string
}

describe('an object that was changed at any place', () => {
  it('is tried in every format', () => {
    expect(specimens.map(({ name }) => name).sort()).toEqual(Object.keys(accepted).sort())
  })

  it.each(specimens)('is refused, or is changed where its format does not look: $name', async (specimen) => {
    const { object, options, name } = specimen
    expect((await decryptObject(object, options)).plaintext).toEqual(text)
    const places = new Set<string>()
    const findings: string[] = []
    let tried = 0
    for (const { place, object: changed } of changesOf(specimen)) {
      tried += 1
      try {
        const { plaintext } = await decryptObject(changed, options)
        places.add(place)
        const isSame = Buffer.compare(plaintext, text) === 0
        if (!isSame && accepted[name]?.[place] !== unauthenticated) findings.push(`${place}: opened to another plaintext`)
      } catch (error) {
        if (!isStrongroomError(error)) findings.push(`${place}: threw ${String(error)}`)
      }
    }
    expect(findings).toEqual([])
    expect([...places].sort()).toEqual(Object.keys(accepted[name] ?? {}).sort())
    expect(tried).toBeGreaterThan(200)
  })
})
