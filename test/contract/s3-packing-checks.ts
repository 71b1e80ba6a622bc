import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import type { Keyring, ObserverEvent } from '@strongroom/core'
import { decryptObject, encryptObject, type ObjectEncryptionSettings } from '@strongroom/s3'

/** What the checks try. */
export interface PackingFixture {
  /** A keyring of exactly one key. */
  readonly keyring: Keyring
  /** One of the same kind that shares no key with it. */
  readonly other: Keyring
  /** Key material that must not show up anywhere, where the test knows it. */
  readonly keyMaterial?: readonly Uint8Array[]
  /** The wrap that the key writes. */
  readonly wrap: 'AES/GCM' | 'RSA-OAEP-SHA1' | 'kms+context'
  /** Codes that failures of the key's place end in; each is brought about, and taken away by what it answers. */
  readonly failures?: Readonly<Record<string, () => Disposable>>
}

/** A requirement on a key that serves S3 objects. */
export interface PackingCheck {
  readonly name: string
  readonly run: (fixture: PackingFixture) => Promise<void>
}

const text = new TextEncoder().encode('two pairs of boots')
const formats: readonly ObjectEncryptionSettings[] = [{}, { commitmentPolicy: 'FORBID_ENCRYPT_ALLOW_DECRYPT' }]

async function codeOf(work: Promise<unknown>): Promise<unknown> {
  return await work.then(
    () => 'done',
    (error: unknown) => (error as { code?: unknown }).code ?? error,
  )
}

/** What a wrapping key owes the formats of S3 objects, whichever place it is in. */
export const packingChecks: readonly PackingCheck[] = [
  {
    name: 'wraps the data key of an object, in the metadata and in an instruction file, and opens it',
    async run({ keyring, wrap }) {
      for (const settings of formats) {
        for (const instructionFile of [false, true]) {
          const object = await encryptObject(text, { keyring, instructionFile, ...settings })
          const entries = { ...object.metadata, ...JSON.parse(Buffer.from(object.instructionFile?.body ?? Buffer.from('{}')).toString()) }
          const code = { 'AES/GCM': '02', 'RSA-OAEP-SHA1': '22', 'kms+context': '12' }[wrap]
          assert.equal(entries['x-amz-w'] ?? entries['x-amz-wrap-alg'], settings.commitmentPolicy === undefined ? code : wrap)
          const opened = await decryptObject(object, { keyring, ...settings })
          assert.deepEqual(opened.plaintext, text)
          assert.ok(opened.keyId.length > 0)
        }
      }
    },
  },
  {
    name: 'opens nothing that another key of its kind wrapped, nor what was changed',
    async run({ keyring, other }) {
      for (const settings of formats) {
        const object = await encryptObject(text, { keyring, ...settings })
        assert.equal(await codeOf(decryptObject(object, { keyring: other, ...settings })), 'MESSAGE_INVALID')
        const name = 'x-amz-3' in object.metadata ? 'x-amz-3' : 'x-amz-key-v2'
        const wrapped = Buffer.from(object.metadata[name] as string, 'base64')
        for (const at of [0, 11, 12, wrapped.length >>> 1, wrapped.length - 1]) {
          const changed = Buffer.from(wrapped)
          changed[at] = (changed[at] as number) ^ 0x40
          const metadata = { ...object.metadata, [name]: changed.toString('base64') }
          assert.equal(await codeOf(decryptObject({ ...object, metadata }, { keyring, ...settings })), 'MESSAGE_INVALID')
        }
        for (const sealed of [wrapped.subarray(1), Buffer.concat([wrapped, Buffer.alloc(1)]), Buffer.alloc(1), Buffer.alloc(6000, 7)]) {
          const metadata = { ...object.metadata, [name]: sealed.toString('base64') }
          assert.equal(await codeOf(decryptObject({ ...object, metadata }, { keyring, ...settings })), 'MESSAGE_INVALID')
        }
      }
    },
  },
  {
    name: 'binds the data key to how the body is encrypted',
    async run({ keyring }) {
      const [v3, v2] = (await Promise.all(formats.map((settings) => encryptObject(text, { keyring, ...settings })))) as [
        Awaited<ReturnType<typeof encryptObject>>,
        Awaited<ReturnType<typeof encryptObject>>,
      ]
      // The wrapped data key of either under the other's name: it belongs to another algorithm.
      const asV3 = { ...v3, metadata: { ...v3.metadata, 'x-amz-3': v2.metadata['x-amz-key-v2'] as string } }
      const asV2 = { ...v2, metadata: { ...v2.metadata, 'x-amz-key-v2': v3.metadata['x-amz-3'] as string } }
      assert.equal(await codeOf(decryptObject(asV3, { keyring })), 'MESSAGE_INVALID')
      assert.equal(await codeOf(decryptObject(asV2, { keyring, commitmentPolicy: 'REQUIRE_ENCRYPT_ALLOW_DECRYPT' })), 'MESSAGE_INVALID')
    },
  },
  {
    name: 'serves many objects at once',
    async run({ keyring }) {
      const plaintexts = Array.from({ length: 24 }, (_, at) => new Uint8Array(100 + at).fill(at))
      const objects = await Promise.all(plaintexts.map((plaintext) => encryptObject(plaintext, { keyring })))
      const opened = await Promise.all(objects.map((object) => decryptObject(object, { keyring })))
      assert.deepEqual(
        opened.map(({ plaintext }) => plaintext),
        plaintexts,
      )
      assert.equal(new Set(objects.map(({ metadata }) => metadata['x-amz-3'])).size, objects.length)
    },
  },
  {
    name: 'heeds an abort',
    async run({ keyring }) {
      const signal = AbortSignal.abort(new Error('enough'))
      const object = await encryptObject(text, { keyring })
      await assert.rejects(encryptObject(text, { keyring, signal }), { message: 'enough' })
      await assert.rejects(decryptObject(object, { keyring, signal }), { message: 'enough' })
    },
  },
  {
    name: 'shows no key: not in the object, what is told of it, or an error',
    async run({ keyring, other, keyMaterial = [] }) {
      const events: ObserverEvent[] = []
      const observer = (event: ObserverEvent) => events.push(event)
      const object = await encryptObject(text, { keyring, observer })
      const opened = await decryptObject(object, { keyring, observer })
      const failed = await decryptObject(object, { keyring: other, observer }).catch((error: unknown) => error)
      const shown = inspect([object, { ...opened, plaintext: undefined }, failed, events], {
        depth: 12,
        showHidden: true,
        maxArrayLength: null,
        maxStringLength: null,
      })
      for (const bytes of keyMaterial) {
        for (const encoding of ['hex', 'base64'] as const) assert.ok(!shown.includes(Buffer.from(bytes).toString(encoding)))
      }
      assert.ok(!inspect([failed, events], { depth: 12 }).includes('two pairs'))
    },
  },
  {
    name: 'tells failures of its place apart from forgeries',
    async run({ keyring, failures = {} }) {
      const object = await encryptObject(text, { keyring })
      for (const [code, inject] of Object.entries(failures)) {
        using _failure = inject()
        assert.equal(await codeOf(decryptObject(object, { keyring })), code)
        assert.equal(await codeOf(encryptObject(text, { keyring })), code)
      }
      assert.equal(await codeOf(decryptObject(object, { keyring })), 'done')
    },
  },
]
