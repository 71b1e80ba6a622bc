import type { Fields } from '../protocol.ts'
import type { Case } from './case.ts'
import { tamperings } from './groups/tampered.ts'
import type { ImplementationName } from './implementations.ts'
import { objectDifferences } from './object-differences.ts'

/** What a client is about to do. */
export interface Step {
  /** The name of the group. */
  readonly group: string
  readonly side: 'write' | 'read'
  readonly request: Fields
  readonly subject: Case
  readonly writer: ImplementationName
  /** In a read, its name. */
  readonly read?: string
}

/**
 * One way in which a client differs from the others, on purpose or not. The lab asserts each: where one applies and does not show, the run
 * fails, and so it does where one applies nowhere.
 */
export interface Difference {
  readonly name: string
  readonly who: ImplementationName
  readonly side: 'write' | 'read'
  /** For the report. */
  readonly what: string
  /** What the client answers, or what it does instead. */
  readonly shows: RegExp | 'accepts' | 'writes what nobody opens'
  readonly applies: (step: Step) => boolean
}

const unsupported = /^UNSUPPORTED: /
const signs = ({ write }: Case) => ['0214', '0346', '0378', '0578'].includes(write.suite)
const requiresContext = ({ request }: Step) => Array.isArray(request['requiredKeys']) && request['requiredKeys'].length > 0
const streams = ({ request }: Step) => request['stream'] === true
const unframed = ({ request }: Step) => request['frameLength'] === 0
const hasKeyring =
  (...types: readonly string[]) =>
  ({ request }: Step) =>
    types.includes(String((request['keyring'] as Fields | undefined)?.['type']))

const entries = ({ subject }: Step) => Object.entries(subject.context).flat()
const hasEmptyEntry = (step: Step) => entries(step).some((text) => text === '')
/** In bytes, as serialised. */
const contextLength = (step: Step) => entries(step).reduce((sum, text) => sum + 2 + Buffer.byteLength(text), 2)

const clientTitles = [
  ['javascript', 'JavaScript'],
  ['java', 'Java'],
  ['python', 'Python'],
  ['go', 'Go'],
] as const

/** What no other client has. */
const hsmDifferences: readonly Difference[] = clientTitles.flatMap(([who, title]) => [
  {
    name: `${who}-no-hsm-write`,
    who,
    side: 'write' as const,
    what: `The ${title} client has no keyring of an HSM to write with ...`,
    shows: unsupported,
    applies: hasKeyring('hsm'),
  },
  { name: `${who}-no-hsm-read`, who, side: 'read' as const, what: '... nor to read with.', shows: unsupported, applies: hasKeyring('hsm') },
])

export const differences: readonly Difference[] = [
  ...objectDifferences,
  ...hsmDifferences,
  {
    name: 'strongroom-frames-only',
    who: 'strongroom',
    side: 'write',
    what: 'Strongroom writes framed bodies only; it reads the others.',
    shows: /^OPTION_INVALID: /,
    applies: unframed,
  },
  {
    name: 'javascript-frames-only',
    who: 'javascript',
    side: 'write',
    what: 'The JavaScript client writes framed bodies only.',
    shows: /frameLength out of bounds/,
    applies: unframed,
  },
  {
    name: 'go-frames-only',
    who: 'go',
    side: 'write',
    what: 'The Go client writes framed bodies only.',
    shows: /FrameLength has a minimum of 1/,
    applies: unframed,
  },
  {
    name: 'python-frame-length',
    who: 'python',
    side: 'write',
    what: 'The Python client writes only frame lengths that are multiples of 128; it reads all.',
    shows: /multiple of the block size of the crypto algorithm: 128/,
    applies: ({ request }) => typeof request['frameLength'] === 'number' && request['frameLength'] % 128 !== 0,
  },
  {
    name: 'java-empty-context-entry',
    who: 'java',
    side: 'write',
    what: 'The Java client refuses empty keys and values in an encryption context, when it writes ...',
    shows: /must be non-empty/,
    applies: hasEmptyEntry,
  },
  {
    name: 'java-empty-context-entry-read',
    who: 'java',
    side: 'read',
    what: '... and when it reads.',
    shows: /(Key|Value) length must be greater than 0/,
    applies: hasEmptyEntry,
  },
  {
    name: 'java-long-context',
    who: 'java',
    side: 'write',
    what: 'The Java client refuses encryption contexts with more than 32767 bytes, in one entry or in all, when it writes ...',
    shows: /32767/,
    applies: (step) => contextLength(step) > 32_767,
  },
  {
    name: 'java-long-context-read',
    who: 'java',
    side: 'read',
    what: '... and one entry of more than 32767 bytes when it reads.',
    shows: /32767/,
    applies: (step) => entries(step).some((text) => Buffer.byteLength(text) > 32_767),
  },
  {
    name: 'java-empty-stream',
    who: 'java',
    side: 'write',
    what: 'The Java client writes no header where its encrypting stream is closed before anything was written: what comes out is no message, and nobody reads it, the Java client included.',
    shows: 'writes what nobody opens',
    applies: (step) => streams(step) && step.subject.plaintext.length === 0,
  },
  {
    name: 'java-sequence-numbers',
    who: 'java',
    side: 'read',
    what: 'The Java client counts frames and does not look at the sequence numbers in the message: in suites that do not sign it opens a copy in which one was changed. (Frames in another order are refused.)',
    shows: 'accepts',
    applies: ({ read, subject }) => !signs(subject) && tamperings.sequenceNumbers.some((name) => name === read),
  },
  {
    name: 'javascript-trailing-bytes',
    who: 'javascript',
    side: 'read',
    what: 'The JavaScript client takes bytes after the end of a message, in suites that do not sign.',
    shows: 'accepts',
    applies: ({ read, subject }) => !signs(subject) && tamperings.trailing.some((name) => name === read),
  },
  {
    name: 'python-trailing-bytes',
    who: 'python',
    side: 'read',
    what: 'The Python client takes bytes after the end of a message.',
    shows: 'accepts',
    applies: ({ read }) => tamperings.trailing.some((name) => name === read),
  },
  {
    name: 'javascript-required-context',
    who: 'javascript',
    side: 'write',
    what: 'The JavaScript client has no required encryption context, to write ...',
    shows: unsupported,
    applies: requiresContext,
  },
  {
    name: 'javascript-required-context-read',
    who: 'javascript',
    side: 'read',
    what: '... or to read.',
    shows: unsupported,
    applies: requiresContext,
  },
  {
    name: 'go-streams',
    who: 'go',
    side: 'write',
    what: 'The Go client has no streams, to write ...',
    shows: unsupported,
    applies: streams,
  },
  { name: 'go-streams-read', who: 'go', side: 'read', what: '... or to read.', shows: unsupported, applies: streams },
  {
    name: 'javascript-ecdh',
    who: 'javascript',
    side: 'write',
    what: 'The JavaScript client has no ECDH keyring, to write ...',
    shows: unsupported,
    applies: hasKeyring('raw-ecdh', 'kms-ecdh'),
  },
  {
    name: 'javascript-ecdh-read',
    who: 'javascript',
    side: 'read',
    what: '... or to read.',
    shows: unsupported,
    applies: hasKeyring('raw-ecdh', 'kms-ecdh'),
  },
  {
    name: 'javascript-kms-rsa',
    who: 'javascript',
    side: 'write',
    what: 'The JavaScript client has no keyring of RSA keys in KMS, to write ...',
    shows: unsupported,
    applies: hasKeyring('kms-rsa'),
  },
  {
    name: 'javascript-kms-rsa-read',
    who: 'javascript',
    side: 'read',
    what: '... or to read.',
    shows: unsupported,
    applies: hasKeyring('kms-rsa'),
  },
]
