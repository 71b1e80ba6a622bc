import type { Fields } from '../protocol.ts'
import type { Difference, Step } from './differences.ts'

const unsupported = /^UNSUPPORTED: /
const ofObjects = ({ subject }: Step) => ['0072', '0073'].includes(subject.write.suite)
const rawKey = (step: Step) => ofObjects(step) && (step.request['keyring'] as Fields)['type'] !== 'kms'
const wantsFile = (step: Step) => ofObjects(step) && step.subject.write['instructionFile'] === true
const wantsParts = (step: Step) => ofObjects(step) && step.subject.write['multipart'] === true
const isV3 = (step: Step) => ofObjects(step) && step.subject.write.suite === '0073'
const ranged = (step: Step) => ofObjects(step) && typeof step.request['range'] === 'string'

/** Where the clients for objects differ. */
export const objectDifferences: readonly Difference[] = [
  {
    name: 'python-object-keys',
    who: 'python',
    side: 'write',
    what: 'The Python client for objects has a keyring over a KMS key only, to write ...',
    shows: unsupported,
    applies: rawKey,
  },
  { name: 'python-object-keys-read', who: 'python', side: 'read', what: '... or to read.', shows: unsupported, applies: rawKey },
  {
    name: 'python-instruction-files',
    who: 'python',
    side: 'write',
    what: 'The Python client reads instruction files, and writes none.',
    shows: unsupported,
    applies: wantsFile,
  },
  {
    name: 'python-object-ranges',
    who: 'python',
    side: 'read',
    what: 'The Python client reads no ranges.',
    shows: unsupported,
    applies: ranged,
  },
  {
    name: 'go-object-keys',
    who: 'go',
    side: 'write',
    what: 'The Go client for objects has a keyring over a KMS key only, to write ...',
    shows: unsupported,
    applies: rawKey,
  },
  { name: 'go-object-keys-read', who: 'go', side: 'read', what: '... or to read.', shows: unsupported, applies: rawKey },
  {
    name: 'go-object-formats',
    who: 'go',
    side: 'write',
    what: 'The Go client, in its major version 3, writes the format V2 only, in one piece and with the envelope in the metadata.',
    shows: unsupported,
    applies: (step) => isV3(step) || wantsFile(step) || wantsParts(step),
  },
  {
    name: 'go-object-ranges',
    who: 'go',
    side: 'read',
    what: 'The Go client reads no ranges.',
    shows: unsupported,
    applies: ranged,
  },
  {
    name: 'go-instruction-files',
    who: 'go',
    side: 'read',
    what: 'The Go client fetches instruction files by a default client of its own instead of the one that it was given, which does not reach the endpoint of this lab.',
    shows: /failed to load objectMetadata/,
    applies: wantsFile,
  },
  {
    name: 'go-initialisation-vector',
    who: 'go',
    side: 'read',
    what: 'The Go client panics where the initialisation vector of an object has another length.',
    shows: /^panic: .*incorrect nonce length/,
    applies: (step) => ofObjects(step) && ['x-amz-iv cut', 'x-amz-iv empty'].includes(step.read ?? ''),
  },
  {
    name: 'java-s3-before-v3',
    who: 'java-s3-before',
    side: 'write',
    what: 'Version 3 of the Java client does not know the format V3, to write ...',
    shows: unsupported,
    applies: isV3,
  },
  {
    name: 'java-s3-before-v3-read',
    who: 'java-s3-before',
    side: 'read',
    what: '... or to read.',
    shows: /^S3EncryptionClientException: /,
    applies: isV3,
  },
]
