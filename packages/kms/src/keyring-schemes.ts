import { type KeyringScheme, type KeyringUri, StrongroomError } from '@strongroom/core'
import { validateOptions } from '@strongroom/core/options'
import { type ConnectionOptions, checkClientSource, connectionChecks } from './connection-options.ts'
import { parseKeyArn } from './key-arn.ts'
import { kmsDiscoveryKeyring } from './kms-discovery-keyring.ts'
import { kmsKeyring } from './kms-keyring.ts'
import { kmsMrkDiscoveryKeyring } from './kms-mrk-discovery-keyring.ts'
import { kmsMrkKeyring } from './kms-mrk-keyring.ts'

/**
 * KMS keyrings as text, for `createKeyringRegistry` of the core:
 *
 * - `aws-kms://ARN` and `aws-kms-mrk://ARN`: `kmsKeyring` and `kmsMrkKeyring` of one key, which makes data keys and opens them
 * - `aws-kms-discovery://ACCOUNTS`, with `regions` and `partition`: `kmsDiscoveryKeyring`
 * - `aws-kms-mrk-discovery://REGION/ACCOUNTS`, with `partition`: `kmsMrkDiscoveryKeyring`
 *
 * ACCOUNTS and `regions` are lists with commas between; ACCOUNTS may be `any`. Several URIs make one keyring of several keys.
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
  ]
}

function scheme(
  name: string,
  rest: string,
  parameters: readonly string[],
  open: (uri: KeyringUri, form: string) => ReturnType<typeof kmsKeyring>,
): KeyringScheme {
  const form = `${name}://${rest}`
  return { scheme: name, form, parameters, open: (uri) => open(uri, form) }
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
