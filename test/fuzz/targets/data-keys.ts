import type { EncryptionClient } from '@strongroom/core'
import { type ForgedDataKey, forgeMessage } from '../../support/message-forge.ts'
import { seededBytes } from '../../wycheproof/curves.ts'
import { mutateBytes } from '../engine/mutate-bytes.ts'
import type { SeededRandom } from '../engine/random.ts'
import type { Target } from '../engine/target.ts'
import { type ReferenceReading, referenceReading } from '../reference-reader.ts'
import { chunkSizes, judgeStream, judgeWhole } from './judge.ts'
import { type KeyringCase, keyringCases, pairs, plaintext, readerOf, serialisedPairs } from './specimens.ts'

interface DataKeysInput {
  readonly [name: string]: number | readonly (readonly Uint8Array[])[] | readonly string[]
  /** Which keyring reads them. */
  readonly keyring: number
  /** Provider id, provider info and ciphertext of each. */
  readonly edks: readonly (readonly Uint8Array[])[]
  /** Keys and values of the encryption context, in turns. */
  readonly context: readonly string[]
  readonly chunks: number
}

interface Genuine {
  readonly edk: readonly Uint8Array[]
  /** Whether it is bound to the encryption context. */
  readonly binds: boolean
}

interface Case extends KeyringCase {
  readonly client: EncryptionClient
  /** What opens under it. */
  readonly genuine: readonly Genuine[]
}

const dataKey = seededBytes('wrapped', 32)
const fieldsOf = ({ providerId, providerInfo, ciphertext }: ForgedDataKey): readonly Uint8Array[] => [providerId, providerInfo, ciphertext]
const wrapped: ReadonlyMap<string, Genuine> = new Map(
  await Promise.all(
    keyringCases.map(async ({ name, wrap }) => {
      const edk = fieldsOf(await wrap(dataKey, serialisedPairs))
      return [name, { edk, binds: !name.startsWith('RSA') }] as const
    }),
  ),
)
const cases: readonly Case[] = keyringCases.map((each) => {
  const names = each.name === 'multi' ? ['multi', 'RSA OAEP SHA512'] : [each.name]
  return { ...each, client: readerOf(each.keyring), genuine: names.flatMap((name) => wrapped.get(name) ?? []) }
})
const right = pairs.flat()

/** Encrypted data keys of every keyring, in messages that are sealed well: they open if one of them is as its keyring made it. */
export const dataKeysTarget: Target<DataKeysInput> = {
  name: 'data keys',
  seeds: () => cases.map(({ genuine }, keyring) => ({ keyring, edks: genuine.map(({ edk }) => edk), context: right, chunks: 0 })),
  mutate({ keyring, edks, context }, other, random) {
    return {
      keyring: random.once(16) ? random.below(cases.length) : keyring,
      edks: mutateDataKeys(edks, other.edks, random),
      context: random.once(10) ? mutateContext(context, random) : random.once(4) ? right : context,
      chunks: random.once(3) ? random.word() : 0,
    }
  },
  async run({ keyring, edks, context, chunks }) {
    const { client, genuine, name } = cases[keyring] as Case
    const message = forgeMessage(
      dataKey,
      {
        suite: '0478',
        messageId: seededBytes('wrapped id', 32),
        context: pairsOf(context),
        edks: edks.map(([providerId, providerInfo, ciphertext]) => ({ providerId, providerInfo, ciphertext }) as ForgedDataKey),
        frameLength: 64,
      },
      { frames: [{ sequence: 1, content: plaintext, final: true }] },
    )
    const usable = genuine.filter(({ binds }) => !binds || isRightContext(context))
    const mayOpen = edks.some((edk) => usable.some((one) => isSame(edk, one.edk, name)))
    const reading: ReferenceReading = mayOpen ? referenceReading(message, dataKey) : { frames: Buffer.alloc(0) }
    const found =
      chunks === 0
        ? await judgeWhole(client, message, reading)
        : await judgeStream(client, message, chunkSizes(chunks, message.length), reading)
    // A forged one under PKCS#1 v1.5 opens to a key of chance, which may have the right length and then stands for the message.
    const mayFail = name === 'RSA PKCS1' && edks.length > 1
    return mayFail && found?.includes('must open') ? undefined : found
  },
}

function mutateDataKeys(
  edks: readonly (readonly Uint8Array[])[],
  others: readonly (readonly Uint8Array[])[],
  random: SeededRandom,
): readonly (readonly Uint8Array[])[] {
  const at = random.below(edks.length)
  const changed = (): readonly Uint8Array[] => {
    const field = random.pick([0, 1, 1, 2, 2])
    const from = random.pick(others) ?? []
    return (edks[at] ?? []).map((part, index) =>
      index === field ? mutateBytes(part, from[index] ?? part, random).subarray(0, 1000) : part,
    )
  }
  const respelt = (part: Uint8Array): Uint8Array =>
    part[0] === 0 && random.once(2) ? part.subarray(1) : Buffer.concat([Buffer.of(0), part])
  switch (random.below(9)) {
    case 5:
      // The same number with a zero less or more.
      return edks.map((edk, index) => (index === at ? edk.map((part, field) => (field === 2 ? respelt(part) : part)) : edk))
    case 0:
      return [...edks, changed()].slice(-18)
    case 1:
      return [changed(), ...edks].slice(0, 18)
    case 2:
      return edks.length > 1 ? edks.filter((_, index) => index !== at) : [changed()]
    case 3:
      return [...edks, ...others].slice(0, 18)
    case 4:
      return [...edks].reverse()
    default:
      return edks.map((edk, index) => (index === at ? changed() : edk))
  }
}

function mutateContext(context: readonly string[], random: SeededRandom): readonly string[] {
  const at = 2 * random.below(context.length / 2 + 1)
  const text = (): string => random.pick(['a', 'b', 'C', '', '\0', 'é', '__proto__', '\u{10000}', '\uffff', 'aws-crypto-x'])
  if (random.once(3)) return [...context.slice(0, at), ...context.slice(at + 2)]
  return random.once(2)
    ? [...context.slice(0, at), text(), text(), ...context.slice(at)]
    : context.map((kept, index) => (index === at ? text() : kept))
}

function pairsOf(context: readonly string[]): readonly (readonly [string, string])[] {
  return context.flatMap((key, index) => (index % 2 === 0 ? [[key, context[index + 1] ?? ''] as const] : []))
}

function isRightContext(context: readonly string[]): boolean {
  const sorted = (list: readonly (readonly [string, string])[]): string => JSON.stringify([...list].sort(([a], [b]) => (a < b ? -1 : 1)))
  return sorted(pairsOf(context)) === sorted(pairs)
}

function isSame(edk: readonly Uint8Array[], genuine: readonly Uint8Array[], name: string): boolean {
  return edk.every((part, index) => {
    const expected = genuine[index] as Uint8Array
    // Where the writer's key was does not matter to ECDH.
    if (index === 0 && name.startsWith('ECDH') && Buffer.from(part).toString() === 'aws-kms-ecdh') return true
    return Buffer.compare(part, expected) === 0
  })
}
