import { createKeyringRegistry, keyringFromUri, StrongroomError } from '@strongroom/core'
import { parseKeyArn } from '@strongroom/kms'
import { mutateBytes } from '../engine/mutate-bytes.ts'
import type { SeededRandom } from '../engine/random.ts'
import type { Target } from '../engine/target.ts'
import { wrongRefusal } from './judge.ts'
import { ecKeys, rsa } from './specimens.ts'

interface UriInput {
  readonly [name: string]: string | Uint8Array
  readonly uri: string
  /** What the file that it names holds. */
  readonly file: Uint8Array
}

/** Stands for a secret that somebody wrote into a URI by mistake. */
const MARKER = 'pa55word'
const [ec] = ecKeys
const arn = 'arn:aws:kms:eu-west-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab'
const files = {
  aes: Buffer.alloc(32, 0xaa),
  text: Buffer.alloc(32, 0xaa).toString('base64'),
  jwk: JSON.stringify({ kty: 'oct', k: Buffer.alloc(32, 0xaa).toString('base64url') }),
  private: rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }),
  public: rsa.publicKey.export({ type: 'spki', format: 'pem' }),
  ecPrivate: ec?.own.privateKey.export({ type: 'pkcs8', format: 'der' }) ?? '',
  ecPublic: ec?.own.publicKey.export({ type: 'spki', format: 'pem' }) ?? '',
}
const seeds: readonly UriInput[] = (
  [
    ['raw-aes://example/kek?file=a', files.aes],
    [`raw-aes://${MARKER}/${MARKER}?file=a&encoding=base64`, files.text],
    ['raw-aes://example/k%C3%A9k?file=a%20b&encoding=jwk', files.jwk],
    [`raw-aes://example/kek?file=a&encoding=${MARKER}`, files.aes],
    ['raw-rsa://example/archive?padding=OAEP_SHA256&private-key-file=a', files.private],
    [`raw-rsa://example/archive?padding=OAEP_SHA1&public-key-file=a&passphrase-file=a&note=${MARKER}`, files.public],
    ['raw-ecdh://P-256/discovery?private-key-file=a', files.ecPrivate],
    ['raw-ecdh://P-256/ephemeral?recipient-file=a', files.ecPublic],
    ['raw-ecdh://P-256/static?recipient-file=a&private-key-file=a', files.ecPrivate],
    [arn, files.aes],
  ] as const
).map(([uri, file]) => ({ uri, file: Buffer.from(file) }))

const PIECES = [
  '%',
  '%0',
  '%00',
  '%2f',
  '%3f',
  '%ff',
  '%C3',
  '&',
  '&&',
  '=',
  '?',
  '#',
  '/',
  '//',
  '://',
  ':',
  '+',
  ' ',
  '\n',
  '\u{1f511}',
  '\ud800',
  '..',
  'file=',
  'encoding=hex',
  'encoding=raw',
  'padding=PKCS1',
  'passphrase-file=a',
  MARKER,
  'raw-aes',
  'raw-rsa',
  'P-384',
  'static',
  '__proto__',
  'constructor',
  'arn:',
  'key/',
  'alias/',
]

/** Keyrings as text, and ARNs of KMS keys: configuration errors are precise, but show no value. */
export const urisTarget: Target<UriInput> = {
  name: 'uris',
  seeds: () => seeds,
  mutate(input, other, random) {
    let { uri } = input
    do {
      uri = mutateText(uri, other.uri, random)
    } while (random.once(2))
    const file = random.once(4) ? other.file : input.file
    return { uri: uri.slice(0, 4096), file: random.once(3) ? mutateBytes(file, other.file, random) : file }
  },
  async run({ uri, file }) {
    const registry = createKeyringRegistry({
      async readFile(path) {
        if (path.includes('\0')) throw new StrongroomError('KEY_INVALID', 'The path holds a zero byte.')
        return Uint8Array.from(file)
      },
    })
    const parsed = parseKeyArn(uri)
    if (parsed !== undefined) {
      const { arn, partition, region, account, resourceType, id } = parsed
      if (`arn:${partition}:kms:${region}:${account}:${resourceType}/${id}` !== uri || arn !== uri)
        return 'an ARN does not have the parts that it has'
      if (/[^!-~]/.test(uri)) return 'an ARN has characters that are not safe to show'
    }
    try {
      await keyringFromUri(uri, registry)
      return undefined
    } catch (error) {
      return wrongRefusal(error, ['OPTION_INVALID', 'KEY_INVALID']) ?? shownMarker(uri, error as Error)
    }
  },
}

/** Names of schemes and parameters, and paths of files, may be shown; nothing else of a URI. */
function shownMarker(uri: string, error: Error): string | undefined {
  if (!error.message.includes(MARKER)) return undefined
  const scheme = uri.split('://', 1)[0] ?? ''
  const query = uri.includes('?') ? uri.slice(uri.indexOf('?') + 1) : ''
  const shown = query.split('&').map((pair) => (/^([a-z-]+-)?file=/.test(pair) ? pair : (pair.split('=', 1)[0] ?? '')))
  const isShown = [scheme, ...shown].some((part) => decoded(part).includes(MARKER))
  return isShown ? undefined : `shows a value: ${error.message}`
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function mutateText(text: string, other: string, random: SeededRandom): string {
  const at = random.below(text.length + 1)
  const [before, after] = [text.slice(0, at), text.slice(at)]
  switch (random.below(7)) {
    case 0:
      return before + random.pick(PIECES) + after
    case 1:
      return before + after.slice(1 + random.below(8))
    case 2:
      return before + String.fromCharCode(random.once(4) ? random.below(0x10000) : random.below(128)) + after.slice(random.below(2))
    case 3:
      return before + other.slice(random.below(other.length + 1))
    case 4:
      return before + after.slice(0, 12) + after
    case 5: {
      const parts = text.split(/(?=[?&/=])/)
      return parts.filter((_, index) => index !== random.below(parts.length)).join('')
    }
    default:
      return random.once(20)
        ? before + random.pick(PIECES).repeat(500) + after
        : before + random.pick(PIECES) + after.slice(random.below(6))
  }
}
