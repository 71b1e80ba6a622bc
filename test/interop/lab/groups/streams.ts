import { contexts, type KeyringPair } from '../../cells.ts'
import { content } from '../../matrix.ts'
import { type Group, messageClients, writePolicy } from '../case.ts'
import { messages } from '../exchanges/messages.ts'
import { openRequest } from './plain-case.ts'

/** Whole messages read as streams, and streams read as whole messages. */
export function streamsGroup(keyring: KeyringPair): Group {
  const shapes = [
    { size: 0, chunk: 16 },
    { size: 1000, chunk: 1 },
    { size: 1024, chunk: 100 },
    { size: 100_000, chunk: 4096 },
  ]
  const cases = ['0178', '0378', '0478', '0578'].flatMap((suite) =>
    shapes.flatMap(({ size, chunk }) =>
      [true, false].map((stream) => {
        const open = openRequest(keyring, suite, contexts.mixedCase)
        const asStream = { name: 'as a stream', request: { ...open, stream: true, chunk }, outcome: 'opens' as const }
        return {
          name: `suite ${suite}, ${size} bytes, ${stream ? 'a stream' : 'whole'}, pieces of ${chunk}`,
          exchange: messages,
          plaintext: content(size),
          context: contexts.mixedCase,
          write: {
            keyring: keyring.write,
            suite,
            commitmentPolicy: writePolicy(suite),
            frameLength: 256,
            ...(stream ? { stream, chunk } : {}),
          },
          reads: stream ? [{ name: 'whole', request: open, outcome: 'opens' as const }, asStream] : [asStream],
        }
      }),
    ),
  )
  return {
    name: 'streams',
    title: 'Streams',
    about:
      'Written as a stream and read as a whole and as a stream, and written as a whole and read as a stream, in pieces of 1 to 4096 bytes; suites 0178, 0378, 0478 and 0578.',
    participants: messageClients,
    cases,
  }
}
