import { contexts, type KeyringPair, suiteIds } from '../../cells.ts'
import { cycle, type Group, messageClients } from '../case.ts'
import { plainCase } from './plain-case.ts'

const FRAME_LENGTHS = [1, 7, 128, 512, 4096, 65_536, undefined]

/** Sizes around the edges of frames, suites in turn. */
export function framesGroup(keyring: KeyringPair): Group {
  const nextSuite = cycle(suiteIds)
  const cases = FRAME_LENGTHS.flatMap((frameLength) => {
    const frame = frameLength ?? 4096
    const sizes = [...new Set([0, 1, frame - 1, frame, frame + 1, 2 * frame, 2 * frame + 1, 3 * frame])]
    if (frameLength === undefined) sizes.push(2 ** 20)
    return sizes.map((size) =>
      plainCase({ keyring, suite: nextSuite(), context: contexts.ascii, size, ...(frameLength === undefined ? {} : { frameLength }) }),
    )
  })
  return {
    name: 'frames',
    title: 'Frames',
    about:
      'Frames of 1, 7, 128, 512, 4096 and 65536 bytes and of the default length, with 0 bytes to three frames around every edge, and 1 MiB; suites in turn.',
    participants: messageClients,
    cases,
  }
}

/** Frame length 0: a body without frames, where the client still writes one. */
export function unframedGroup(keyring: KeyringPair): Group {
  const cases = suiteIds.map((suite) => plainCase({ keyring, suite, context: contexts.ascii, size: 1000, frameLength: 0 }))
  return {
    name: 'unframed',
    title: 'Bodies without frames',
    about: 'Frame length 0 in all suites. Old clients wrote such bodies by choice; every client still reads them.',
    participants: messageClients,
    cases,
  }
}
