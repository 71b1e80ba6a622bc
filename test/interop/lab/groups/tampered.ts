import { contexts, type KeyringPair } from '../../cells.ts'
import { type Case, type Group, messageClients, type Read } from '../case.ts'
import { openRequest, plainCase } from './plain-case.ts'
import { flippable, type MessageLayout, messageLayout } from './tampered-layout.ts'

/** Names of reads that differences are about. */
export const tamperings = {
  trailing: ['followed by a byte', 'doubled'],
  sequenceNumbers: ['the first frame', 'the second frame', 'the final frame'].map((frame) => `${frame}'s sequence number`),
} as const

/** Messages that were changed on the way, or are opened under the wrong key or context: every client must refuse. */
export function tamperedGroup(keyring: KeyringPair, other: KeyringPair): Group {
  return {
    name: 'tampered',
    title: 'Tampered copies',
    about:
      'Three frames in suites 0178, 0378, 0478 and 0578. A bit flipped at 16 places of the header and in every field of every frame and of the footer; cut short, followed by a byte, doubled; frames swapped, dropped and doubled; empty; under another key; with another context. A cell counts refusals, and the untouched message opened.',
    participants: messageClients,
    cases: ['0178', '0378', '0478', '0578'].map((suite) => tamperedCase(keyring, other, suite)),
  }
}

function tamperedCase(keyring: KeyringPair, other: KeyringPair, suite: string): Case {
  const context = contexts.mixedCase
  const plain = plainCase({ keyring, suite, context, size: 300, frameLength: 128 })
  const request = openRequest(keyring, suite, context)
  const refused = (name: string, tamper: (message: Buffer) => Buffer): Read => ({ name, request, tamper, outcome: 'refused' })
  const signed = suite === '0378' || suite === '0578'
  const flips = flippable(signed).map(([name, place], index) =>
    refused(name, (message) => flip(message, place(messageLayout(message)), index)),
  )
  return {
    ...plain,
    reads: [
      ...plain.reads,
      ...flips,
      refused('cut by one byte', (message) => message.subarray(0, -1)),
      refused('cut in half', (message) => message.subarray(0, message.length / 2)),
      refused('empty', () => Buffer.alloc(0)),
      refused('followed by a byte', (message) => Buffer.concat([message, Buffer.alloc(1)])),
      refused('doubled', (message) => Buffer.concat([message, message])),
      refused('frames swapped', (message) => reframe(message, (first, second) => [second, first])),
      refused('the first frame dropped', (message) => reframe(message, (_, second) => [second])),
      refused('the second frame doubled', (message) => reframe(message, (first, second) => [first, second, second])),
      { name: 'another key', request: openRequest({ ...keyring, read: { ...other.read } }, suite, context), outcome: 'refused' },
      { name: 'another context', request: openRequest(keyring, suite, { ...context, alpha: 'another' }), outcome: 'refused' },
    ],
  }
}

function flip(message: Buffer, at: number, bit: number): Buffer {
  const copy = Buffer.from(message)
  copy[at] = (copy[at] as number) ^ (1 << (bit % 8))
  return copy
}

/** Replaces the two full frames of a message. */
function reframe(message: Buffer, change: (first: Buffer, second: Buffer) => readonly Buffer[]): Buffer {
  const { first, second, final }: MessageLayout = messageLayout(message)
  const frames = change(message.subarray(first, second), message.subarray(second, final))
  return Buffer.concat([message.subarray(0, first), ...frames, message.subarray(final)])
}
