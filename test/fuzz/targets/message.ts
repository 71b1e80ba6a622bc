import type { EncryptionClient } from '@strongroom/core'
import { mutateBytes } from '../engine/mutate-bytes.ts'
import type { Target } from '../engine/target.ts'
import { referenceReading } from '../reference-reader.ts'
import { chunkSizes, judgeRange, judgeStream, judgeWhole } from './judge.ts'
import { allSpecimens, type FixedSpecimen, readerOf } from './specimens.ts'

interface MessageInput {
  readonly [name: string]: number | Uint8Array
  /** Which keyring reads it. */
  readonly specimen: number
  readonly bytes: Uint8Array
  /** How: as a whole, as a stream, in parts. */
  readonly route: number
  readonly chunks: number
}

interface Opened extends FixedSpecimen {
  readonly client: EncryptionClient
}

const specimens: readonly Opened[] = (await allSpecimens()).map((specimen) => ({ ...specimen, client: readerOf(specimen.keyring) }))
const originals = new Set(specimens.map(({ message }) => message.toString('latin1')))

/** The whole way of decryption, with messages that nobody sealed: not one of them opens, unless it is what was written. */
export const messageTarget: Target<MessageInput> = {
  name: 'message',
  seeds: () =>
    specimens.flatMap(({ message }, specimen) => [0, 1, 2].map((route) => ({ specimen, bytes: message, route, chunks: 7 * specimen }))),
  mutate(input, other, random) {
    return {
      specimen: random.once(16) ? other.specimen : input.specimen,
      bytes: mutateBytes(input.bytes, other.bytes, random),
      route: random.pick([0, 0, 1, 1, 2]),
      chunks: random.once(4) ? random.below(2) : random.word(),
    }
  },
  async run({ specimen, bytes, route, chunks }) {
    const { client, dataKey, message } = specimens[specimen] as Opened
    const reading = referenceReading(bytes, dataKey)
    if (originals.has(Buffer.from(bytes).toString('latin1'))) {
      // Put together again to a message of another specimen, which this one's keyring may open or not.
      if (!message.equals(bytes)) return undefined
    } else if (reading.plaintext !== undefined) return 'a forgery is authentic'
    if (route === 1) return await judgeStream(client, bytes, chunkSizes(chunks, bytes.length), reading)
    if (route === 2) return await judgeRange(client, bytes, [0, undefined], reading)
    return await judgeWhole(client, bytes, reading)
  },
}
