/** Messages as they are planned, and their bytes: authenticated whatever they say. */
import {
  commits,
  curveOf,
  dataKeyLength,
  type ForgedFrame,
  type ForgedHeader,
  forgeMessage,
  forgeSigner,
  signed,
  withFooter,
} from '../../support/message-forge.ts'
import { seededBytes } from '../../wycheproof/curves.ts'

/** Numbers that are written instead of the right ones. */
export type Lies = { readonly [name: string]: number | undefined }

/** A frame to seal, and what it says of itself. */
export interface FramePlan {
  readonly [name: string]: number | boolean | Uint8Array | undefined
  readonly sequence: number
  readonly content: Uint8Array
  readonly final: boolean
  readonly iv?: Uint8Array
  readonly saidSequence?: number
  readonly saidLength?: number
  readonly saidMarker?: number
}

/** What to seal: nothing of it needs to be as it must, but it is authenticated as the holder of the data key would. */
export interface SealedInput {
  readonly [name: string]: undefined | number | string | Uint8Array | Lies | readonly (readonly Uint8Array[])[] | readonly FramePlan[]
  readonly suite: string
  readonly messageId: Uint8Array
  readonly pairs: readonly (readonly Uint8Array[])[]
  /** Provider id, provider info and ciphertext of each. */
  readonly edks: readonly (readonly Uint8Array[])[]
  /** Numbers that the header says instead of the right ones. */
  readonly lies: Lies
  readonly contextBlock?: Uint8Array
  readonly commitKey?: Uint8Array
  readonly headerIv?: Uint8Array
  readonly frameLength: number
  readonly frames: readonly FramePlan[]
  /** Plaintext of a body without frames, instead of frames. */
  readonly block?: Uint8Array
  readonly footer: string
  readonly footerBytes: Uint8Array
  readonly behind: Uint8Array
  readonly route: number
  readonly chunks: number
}

const signers = new Map((['P-256', 'P-384'] as const).map((curve) => [curve, [forgeSigner(curve), forgeSigner(curve)]]))
/** Which public key the context names: 0 the right one, then a stranger's, one of the other curve, one that is not compressed; else none. */
export const MOST_PUBLIC_KEY = 4

/** A message that is as it must be. */
export function seedOf(suite: string, kind: 'frames' | 'full frames' | 'block'): SealedInput {
  const isBlock = kind === 'block'
  const content = Buffer.from(kind === 'full frames' ? 'sealed, whatever it may say...' : 'sealed whatever it says')
  const parts = [content.subarray(0, 10), content.subarray(10, 20), content.subarray(20)]
  return {
    suite,
    messageId: seededBytes(`id ${suite}`, commits(suite) ? 32 : 16),
    pairs: [[Buffer.from('a'), Buffer.from('b')]],
    edks: [[Buffer.from('p'), Buffer.from('i'), Buffer.from('c')]],
    lies: {},
    frameLength: isBlock ? 0 : 10,
    frames: parts.map((part, index) => ({ sequence: index + 1, content: part, final: index === 2 })),
    ...(isBlock ? { block: content } : {}),
    footer: 'right',
    footerBytes: Buffer.alloc(71),
    behind: Buffer.alloc(0),
    route: isBlock ? 0 : 1,
    chunks: 0,
  }
}

/** The bytes of a message. */
export function render(input: SealedInput): Buffer {
  const { suite, lies, block } = input
  const curve = curveOf(suite)
  const [signer, stranger] = signers.get(curve ?? 'P-384') ?? []
  const [foreign] = signers.get(otherCurve(curve ?? 'P-384')) ?? []
  if (signer === undefined || stranger === undefined || foreign === undefined) throw new Error('no signers')
  const key = [signer.publicKey, stranger.publicKey, foreign.publicKey, signer.uncompressed][lies.publicKey ?? 0]
  const own = (curve !== undefined || lies.publicKey !== undefined) && key !== undefined ? [['aws-crypto-public-key', key] as const] : []
  const header: ForgedHeader = {
    suite,
    messageId: input.messageId,
    context: [...own, ...input.pairs.map(([name, value]) => [name ?? '', value ?? ''] as const)],
    edks: input.edks.map(([id, info, ciphertext]) => ({
      providerId: id ?? Buffer.alloc(0),
      providerInfo: info ?? Buffer.alloc(0),
      ciphertext: ciphertext ?? Buffer.alloc(0),
    })),
    frameLength: input.frameLength,
    ...given('writtenSuite', lies.suite?.toString(16).padStart(4, '0')),
    ...given('version', lies.version as 1 | 2 | undefined),
    ...given('versionByte', lies.versionByte),
    ...given('typeByte', lies.typeByte),
    ...given('contextCount', lies.contextCount),
    ...given('contextLength', lies.contextLength),
    ...given('edkCount', lies.edkCount),
    ...given('contentType', lies.contentType),
    ...given('reserved', lies.reserved),
    ...given('ivLength', lies.ivLength),
    ...given('contextBlock', input.contextBlock),
    ...given('commitKey', input.commitKey),
    ...given('headerIv', input.headerIv),
  }
  const body =
    block === undefined ? { frames: input.frames.map(forged) } : { unframed: block, ...given('writtenLength', bigintOf(lies.blockLength)) }
  const message = forgeMessage(keyOf(suite), header, body)
  return Buffer.concat([footed(message), input.behind])

  function footed(unsigned: Buffer): Buffer {
    const signature = signatureOf(unsigned)
    return signature === undefined ? unsigned : withFooter(unsigned, signature, lies.footerLength ?? signature.length)
  }

  function signatureOf(unsigned: Buffer): Uint8Array | undefined {
    if (input.footer === 'bytes') return input.footerBytes
    if (curve === undefined || input.footer === 'none') return undefined
    const data = input.footer === 'longer' ? Buffer.concat([unsigned, Buffer.of(0)]) : unsigned
    const [key, on] =
      input.footer === 'other curve' ? [foreign, otherCurve(curve)] : [input.footer === 'foreign' ? stranger : signer, curve]
    return signed(data, (key as typeof signer & object).key, on).subarray(data.length + 2)
  }
}

function otherCurve(curve: 'P-256' | 'P-384'): 'P-256' | 'P-384' {
  return curve === 'P-256' ? 'P-384' : 'P-256'
}

function forged({ saidSequence, saidLength, saidMarker, iv, ...frame }: FramePlan): ForgedFrame {
  const written = { ...given('sequence', saidSequence), ...given('length', saidLength), ...given('marker', saidMarker) }
  return { sequence: frame.sequence, content: frame.content, final: frame.final, written, ...given('iv', iv) }
}

/** The data key of all messages of a suite. */
export function keyOf(suite: string): Buffer {
  return seededBytes(`sealed ${suite}`, dataKeyLength(suite))
}

function bigintOf(value: number | undefined): bigint | undefined {
  return value === undefined ? undefined : BigInt(value)
}

function given<Name extends string, Value>(name: Name, value: Value | undefined): { readonly [N in Name]?: Value } {
  return value === undefined ? {} : ({ [name]: value } as { readonly [N in Name]: Value })
}
