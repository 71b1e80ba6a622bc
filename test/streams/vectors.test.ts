import {
  createEncryptionClient,
  type EncryptionClient,
  isStrongroomError,
  type Keyring,
  multiKeyring,
  parseMessage,
  rawAesKeyring,
  rawRsaKeyring,
} from '@strongroom/core'
import { describe, expect, it } from 'vitest'
import { dataKeyKeyring } from '../support/data-key-keyring.ts'
import { keyringOfMasterKeys, type MasterKey, type VectorKeys } from '../support/vector-keys.ts'
import { describeVectors, type Vectors } from '../support/vectors.ts'
import { chunkings, collect, collectUntilFailure, streamOf } from './chunks.ts'

/** An official message, and what opens it. */
interface Specimen {
  readonly name: string
  readonly client: EncryptionClient
  readonly context: Record<string, string>
  readonly message: Buffer
  /** Undefined where the message must be refused. */
  readonly plaintext: Buffer | undefined
}

describeVectors('esdk', 'official messages through a decrypting stream', (vectors) => {
  const sets = {
    commitment: commitmentSet(vectors),
    'null and counting keys': nullKeySet(vectors),
    '.NET 4.0.1': netSet(vectors, 'esdk-net/v4-Net-4.0.1'),
    '.NET 4.0.0': netSet(vectors, 'esdk-net/valid-Net-4.0.0'),
    '.NET 4.0.0 with its defects': netSet(vectors, 'esdk-net/invalid-Net-4.0.0'),
    JavaScript: javascriptSet(vectors),
  }

  it('are all seen', () => {
    const count = Object.fromEntries(Object.entries(sets).map(([name, set]) => [name, set.length]))
    expect(count).toEqual({
      commitment: 74,
      'null and counting keys': 15,
      '.NET 4.0.1': 66,
      '.NET 4.0.0': 4,
      '.NET 4.0.0 with its defects': 21,
      JavaScript: 323,
    })
  })

  describe.each(Object.entries(sets))('of %s', (_set, specimens) => {
    it.each(specimens)('$name: whole, in random chunks and byte by byte', async ({ client, context, message, plaintext }) => {
      for (const [how, chunks] of chunkings(message, message.length)) {
        const stream = client.decryptStream({ encryptionContext: context })
        if (plaintext === undefined) {
          const { released, failure } = await collectUntilFailure(streamOf(chunks()).pipeThrough(stream))
          expect([how, released.length, isStrongroomError(failure, 'MESSAGE_INVALID')]).toEqual([how, 0, true])
        } else {
          const opened = await collect(streamOf(chunks()).pipeThrough(stream))
          expect([how, opened.equals(plaintext)]).toEqual([how, true])
          expect(await stream.message).toMatchObject({ suite: parseMessage(message).suite.id, encryptionContext: context })
        }
      }
    })
  })
})

interface ReadingOptions {
  readonly netV400Retry?: boolean
  readonly requiredContextKeys?: readonly string[]
}

function clientOf(keyring: Keyring, options: ReadingOptions = {}): EncryptionClient {
  return createEncryptionClient({ keyring, commitmentPolicy: 'REQUIRE_ENCRYPT_ALLOW_DECRYPT', ...options })
}

function commitmentSet(vectors: Vectors): Specimen[] {
  interface Vector {
    readonly ciphertext: string
    readonly comment: string
    readonly status: boolean
    readonly 'decrypted-dek': string
    readonly 'encryption-context': Record<string, string>
    readonly 'plaintext-frames'?: string[]
  }
  const own = vectors.json<{ tests: Vector[] }>('commitment/commitment-test-vectors.json').tests
  const copy = vectors.json<{ compatibilityVectors: { tests: Vector[] } }>('js-fixtures/decrypt-node.json').compatibilityVectors.tests
  return [...own, ...copy].map((vector) => ({
    name: vector.comment,
    client: clientOf(dataKeyKeyring(Buffer.from(vector['decrypted-dek'], 'base64'))),
    context: vector['encryption-context'],
    message: Buffer.from(vector.ciphertext, 'base64'),
    plaintext: vector.status ? Buffer.from(vector['plaintext-frames']?.join('') ?? '', 'utf8') : undefined,
  }))
}

function nullKeySet(vectors: Vectors): Specimen[] {
  interface Vector {
    readonly 'key-type': string
    readonly 'algorithm-suite': string
    readonly ciphertext: string
    readonly plaintext: string
  }
  const keyLengths: Record<string, number> = { '14': 16, '46': 24, '78': 32 }
  return vectors
    .json<Vector[]>('oracle-null/decrypt_vectors.json')
    .filter((vector) => vector['key-type'] !== 'aws-kms')
    .map((vector) => {
      const suite = vector['algorithm-suite']
      const dataKey = Uint8Array.from({ length: keyLengths[suite.slice(2)] ?? 0 }, (_, index) =>
        vector['key-type'] === 'null' ? 0 : index + 1,
      )
      const message = Buffer.from(vector.ciphertext, 'base64')
      return {
        name: `${vector['key-type']} ${suite}`,
        client: clientOf(dataKeyKeyring(dataKey)),
        context: { ...parseMessage(message).encryptionContext },
        message,
        plaintext: Buffer.from(vector.plaintext, 'base64'),
      }
    })
}

function netSet(vectors: Vectors, folder: string): Specimen[] {
  interface Vector {
    readonly ciphertext: string
    readonly 'master-keys': MasterKey[]
    readonly cmm: string
    readonly 'encryption-context': Record<string, string>
    readonly result: { readonly output: { readonly plaintext: string } }
  }
  const keys = vectors.json<VectorKeys>(`${folder}/keys.json`)
  const file = (address: string) => vectors.bytes(`${folder}/${address.replace('file://', '')}`)
  return Object.values(vectors.json<{ tests: Record<string, Vector> }>(`${folder}/manifest.json`).tests)
    .filter((vector) => vector['master-keys'].every(({ type }) => type === 'raw'))
    .map((vector) => {
      const message = file(vector.ciphertext)
      const context = vector['encryption-context']
      const stored = parseMessage(message).encryptionContext
      const hidden = Object.keys(context).filter((key) => !(key in stored))
      const required = vector.cmm === 'RequiredEncryptionContext' && hidden.length > 0 ? { requiredContextKeys: hidden } : {}
      return {
        name: vector.ciphertext.replace('file://ciphertexts/', ''),
        client: clientOf(keyringOfMasterKeys(keys, vector['master-keys']), { netV400Retry: folder.includes('invalid'), ...required }),
        context,
        message,
        plaintext: file(vector.result.output.plaintext),
      }
    })
}

function javascriptSet(vectors: Vectors): Specimen[] {
  interface Message {
    readonly keyring: string
    readonly suite: string
    readonly ec: string
    readonly encryptionContext: Record<string, string>
    readonly plaintext: string
    readonly ciphertext: string
  }
  const { keys } = vectors.json<VectorKeys>('mpl/keys.json')
  const keyOf = (id: string) => {
    const key = keys[id]
    if (key === undefined) throw new Error(`no key ${id}`)
    return { namespace: `aws-raw-vectors-persistent-${id.replace('-private', '')}`, name: key['key-id'], material: key.material }
  }
  const members: Record<string, Keyring> = {}
  const memberOf = (name: string): Keyring => {
    members[name] ??= make(name)
    return members[name]
  }
  const make = (name: string): Keyring => {
    if (name.startsWith('multi ')) return multiKeyring({ children: name.slice(6).split('+').map(memberOf) })
    const { material, ...names } = keyOf(name.startsWith('rsa') ? 'rsa-4096-private' : name.replace('-js-default-sort', ''))
    if (!name.startsWith('rsa')) return rawAesKeyring({ ...names, key: Buffer.from(material, 'base64') })
    const padding = name.replace('rsa-', '').replace('-', '_').toUpperCase() as 'PKCS1' | 'OAEP_SHA1'
    return rawRsaKeyring({ ...names, padding, privateKey: material })
  }
  return vectors
    .json<{ messages: Message[] }>('generated-js-5.0.2/messages.json')
    .messages.filter(({ keyring }) => !keyring.startsWith('hierarchy'))
    .map((message) => ({
      name: `${message.keyring} ${message.suite} ${message.ec}`,
      client: clientOf(memberOf(message.keyring)),
      context: message.encryptionContext,
      message: Buffer.from(message.ciphertext, 'base64'),
      plaintext: Buffer.from(message.plaintext, 'base64'),
    }))
}
