import {
  type EcCurve,
  type EcKeyInput,
  type FileReader,
  type Keyring,
  type KeyringScheme,
  type KeyringSchemeTools,
  type KeyringUri,
  StrongroomError,
} from '@strongroom/core'
import { asymmetricKeyOf } from '@strongroom/core/keyring-tools'
import { validateOptions } from '@strongroom/core/options'
import { type ConnectionOptions, checkClientSource, connectionChecks } from './connection-options.ts'
import { parseKeyArn } from './key-arn.ts'
import { kmsDiscoveryKeyring } from './kms-discovery-keyring.ts'
import { kmsEcdhKeyring } from './kms-ecdh-keyring.ts'
import { kmsKeyring } from './kms-keyring.ts'
import { kmsMrkDiscoveryKeyring } from './kms-mrk-discovery-keyring.ts'
import { kmsMrkKeyring } from './kms-mrk-keyring.ts'
import type { KmsRsaPadding } from './kms-rsa-key.ts'
import { kmsRsaKeyring } from './kms-rsa-keyring.ts'

/**
 * KMS keyrings as text, for `createKeyringRegistry` of the core:
 *
 * - `aws-kms://ARN` and `aws-kms-mrk://ARN`: `kmsKeyring` and `kmsMrkKeyring` of one key, which makes data keys and opens them
 * - `aws-kms-discovery://ACCOUNTS`, with `regions` and `partition`: `kmsDiscoveryKeyring`
 * - `aws-kms-mrk-discovery://REGION/ACCOUNTS`, with `partition`: `kmsMrkDiscoveryKeyring`
 *
 * - `aws-kms-rsa://ARN`, with `padding` and `public-key-file`: `kmsRsaKeyring`, which serves no suite that signs
 * - `aws-kms-ecdh://ARN?curve=CURVE&recipient-file=PATH` and `aws-kms-ecdh-discovery://ARN?curve=CURVE`, with `public-key-file`: `kmsEcdhKeyring`, the
 *   first with the schema `static`
 *
 * Files hold public keys (PEM, DER, JWK): the other party's, and the own key's, which KMS is else asked for. ACCOUNTS and `regions` are lists with commas between; ACCOUNTS may be `any`. Several URIs make one keyring of several keys.
 *
 * @param connection - how all these keyrings call KMS: clients, grant tokens. Default: the SDK's own clients and credentials.
 * @throws `OPTION_INVALID`
 * @example
 * ```ts
 * const registry = createKeyringRegistry({ schemes: kmsSchemes() })
 * const keyring = await registry.keyringFromUri('aws-kms://arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab')
 * ```
 */
export function kmsSchemes(connection: ConnectionOptions = {}): readonly KeyringScheme[] {
  validateOptions('kmsSchemes', connection, connectionChecks)
  checkClientSource('kmsSchemes', connection, new Set())
  const fixed: ConnectionOptions = { ...connection }
  return [
    scheme('aws-kms', 'ARN', [], (uri, form) => kmsKeyring({ ...fixed, generatorKeyId: arnOf(uri, form) })),
    scheme('aws-kms-mrk', 'ARN', [], (uri, form) => kmsMrkKeyring({ ...fixed, generatorKeyId: arnOf(uri, form) })),
    scheme('aws-kms-discovery', 'ACCOUNTS?regions=REGIONS&partition=PARTITION', ['regions', 'partition'], (uri, form) => {
      if (uri.path.length > 0) throw misshapen(form, 'no path follows the accounts')
      const regions = uri.parameters.get('regions')?.split(',')
      return kmsDiscoveryKeyring({ ...fixed, ...accountsOf(uri, uri.authority), ...(regions === undefined ? {} : { regions }) })
    }),
    scheme('aws-kms-mrk-discovery', 'REGION/ACCOUNTS?partition=PARTITION', ['partition'], (uri, form) => {
      const [accounts, ...more] = uri.path
      if (accounts === undefined || more.length > 0) throw misshapen(form, 'the accounts follow the Region')
      return kmsMrkDiscoveryKeyring({ ...fixed, region: uri.authority, ...accountsOf(uri, accounts) })
    }),
    scheme(
      'aws-kms-rsa',
      'ARN?padding=OAEP_SHA256&public-key-file=PATH',
      ['padding', 'public-key-file'],
      async (uri, form, { readFile }) => {
        const padding = uri.parameters.get('padding') as KmsRsaPadding | undefined
        const publicKey = await keyAt(uri, 'public-key-file', readFile)
        const given = { ...(padding === undefined ? {} : { padding }), ...(publicKey === undefined ? {} : { publicKey }) }
        return kmsRsaKeyring({ ...fixed, keyId: arnOf(uri, form), ...given })
      },
    ),
    ecdhScheme('static', 'aws-kms-ecdh', 'ARN?curve=CURVE&recipient-file=PATH&public-key-file=PATH', fixed),
    ecdhScheme('discovery', 'aws-kms-ecdh-discovery', 'ARN?curve=CURVE&public-key-file=PATH', fixed),
  ]
}

function ecdhScheme(schema: 'static' | 'discovery', name: string, rest: string, connection: ConnectionOptions): KeyringScheme {
  const parameters = ['curve', ...(schema === 'static' ? ['recipient-file'] : []), 'public-key-file']
  return scheme(name, rest, parameters, async (uri, form, { readFile }) => {
    const curve = uri.parameters.get('curve') as EcCurve | undefined
    if (curve === undefined) throw misshapen(form, 'the parameter curve is missing')
    const recipientPublicKey = await keyAt(uri, 'recipient-file', readFile)
    if (schema === 'static' && recipientPublicKey === undefined) throw misshapen(form, 'the parameter recipient-file is missing')
    const publicKey = await keyAt(uri, 'public-key-file', readFile)
    const own = { ...connection, curve, keyId: arnOf(uri, form), ...(publicKey === undefined ? {} : { publicKey }) }
    return recipientPublicKey === undefined
      ? kmsEcdhKeyring({ ...own, schema: 'discovery' })
      : kmsEcdhKeyring({ ...own, schema: 'static', recipientPublicKey })
  })
}

async function keyAt({ parameters }: KeyringUri, parameter: string, readFile: FileReader): Promise<EcKeyInput | undefined> {
  const path = parameters.get(parameter)
  return path === undefined ? undefined : asymmetricKeyOf(path, await readFile(path))
}

function scheme(
  name: string,
  rest: string,
  parameters: readonly string[],
  open: (uri: KeyringUri, form: string, tools: KeyringSchemeTools) => Keyring | Promise<Keyring>,
): KeyringScheme {
  const form = `${name}://${rest}`
  return { scheme: name, form, parameters, open: (uri, tools) => open(uri, form, tools) }
}

/** The ARN of a key, which is all that follows the scheme: the slash in it parts the authority from the path. */
function arnOf({ authority, path }: KeyringUri, form: string): string {
  const parsed = parseKeyArn([authority, ...path].join('/'))
  if (parsed?.resourceType === 'key') return parsed.arn
  // Not the text itself: somebody may have written a key there.
  const what =
    parsed === undefined
      ? 'ARN is that of a KMS key, arn:aws:kms:REGION:ACCOUNT:key/ID'
      : 'an alias is not taken; DescribeKey tells the ARN of its key'
  throw misshapen(form, what)
}

function accountsOf({ parameters }: KeyringUri, accounts: string): { accounts: readonly string[] | 'any'; partition?: string } {
  const partition = parameters.get('partition')
  return { accounts: accounts === 'any' ? 'any' : accounts.split(','), ...(partition === undefined ? {} : { partition }) }
}

function misshapen(form: string, what: string): StrongroomError {
  return new StrongroomError('OPTION_INVALID', `The keyring URI is not of the form ${form}: ${what}.`, { option: 'uri' })
}
