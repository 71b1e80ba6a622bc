import type { KMSClientConfig } from '@aws-sdk/client-kms'
import { StrongroomError } from '@strongroom/core'
import { isAnything, isFunction, isInteger, type OptionCheck, validateOptions } from '@strongroom/core/options'
import {
  type ClientSupplier,
  checkedConfig,
  type KmsClient,
  type KmsClientConfig,
  MOST_CLIENTS,
  newClient,
  remembered,
} from './client-supplier.ts'
import { RecentMap } from './recent-map.ts'

/** What STS is asked for. */
export interface AssumeRoleRequest {
  /** The parameters of AssumeRole. */
  readonly params: {
    /** ARN of the role. */
    readonly RoleArn: string
    /** Name of the session, 2 to 64 characters. */
    readonly RoleSessionName: string
    /** What the role's trust policy asks a third party for. */
    readonly ExternalId?: string
    /** Seconds for which the credentials are good, 900 to 43,200. */
    readonly DurationSeconds?: number
  }
  /** STS is called in the Region of the key. */
  readonly clientConfig: {
    /** The Region of the key. */
    readonly region: string
  }
}

/** Options of {@link assumeRoleClients}. */
export interface AssumeRoleOptions {
  /**
   * The function of this name from `@aws-sdk/credential-providers`, or one of yours that does the same; it is given, so that nobody installs that
   * package who assumes no role. To assume the role with other credentials than the SDK's default ones, wrap it:
   * `(request) => fromTemporaryCredentials({ ...request, masterCredentials })`.
   */
  readonly fromTemporaryCredentials: (request: AssumeRoleRequest) => NonNullable<KMSClientConfig['credentials']>
  /** ARN of the role, or the role for the keys of an account in a Region; undefined leaves such keys alone. */
  readonly roleArn: string | ((region: string, account: string) => string | undefined)
  /** Name of the session, as CloudTrail shows it: 2 to 64 characters. */
  readonly sessionName: string
  /** What the role's trust policy asks a third party for. */
  readonly externalId?: string
  /** Seconds for which the credentials are good, 900 to 43,200; they are renewed when they run out. Default STS's own, an hour. */
  readonly durationSeconds?: number
  /** Configuration of the KMS clients, as for `regionClients`, but for their credentials. */
  readonly clientConfig?: Omit<KmsClientConfig, 'credentials'>
}

const checks: { readonly [Name in keyof AssumeRoleOptions]-?: OptionCheck } = {
  fromTemporaryCredentials: isFunction,
  roleArn: (value) =>
    typeof value === 'string' || typeof value === 'function' ? undefined : 'be the ARN of a role or a function that answers one',
  sessionName: matches(/^[\w+=,.@-]{2,64}$/, 'have 2 to 64 of the characters A-Z a-z 0-9 _ + = , . @ -'),
  externalId: matches(/^[\w+=,.@:/-]{2,1224}$/, 'have 2 to 1,224 of the characters A-Z a-z 0-9 _ + = , . @ : / -'),
  durationSeconds: isInteger(900, 43_200),
  clientConfig: isAnything,
}
const ROLE_ARN = /^arn:aws(-[a-z]+)*:iam::\d{12}:role\/[!-9;-~]{1,576}$/

/**
 * Clients that call KMS as a role, of the account that the key belongs to, say. A role is assumed when a key of it is first needed, and again when
 * its credentials run out. There is one client a role and Region; those of one result are shared by all keyrings that use it.
 *
 * A role that cannot be assumed makes the call of the key fail, with STS's code: `KEY_OPERATIONAL`, or `KEY_TRANSIENT` where STS is out of reach.
 *
 * @throws `OPTION_INVALID`; from the returned function also, for what `roleArn` answers.
 * @example
 * ```ts
 * import { fromTemporaryCredentials } from '@aws-sdk/credential-providers'
 *
 * const keyring = kmsDiscoveryKeyring({
 *   accounts: ['111122223333', '444455556666'],
 *   clientFor: assumeRoleClients({
 *     fromTemporaryCredentials,
 *     roleArn: (_region, account) => `arn:aws:iam::${account}:role/read-orders`,
 *     sessionName: 'orders-reader',
 *   }),
 * })
 * ```
 */
export function assumeRoleClients(options: AssumeRoleOptions): ClientSupplier {
  validateOptions('assumeRoleClients', options, checks, ['fromTemporaryCredentials', 'roleArn', 'sessionName'])
  const { fromTemporaryCredentials, roleArn, sessionName, externalId, durationSeconds, clientConfig = {} } = options
  const config = { ...checkedConfig('assumeRoleClients: the option clientConfig', clientConfig) }
  if ('credentials' in config) {
    throw new StrongroomError(
      'OPTION_INVALID',
      'assumeRoleClients: the option clientConfig takes no credentials; they are those of the role.',
      {
        option: 'clientConfig',
      },
    )
  }
  if (typeof roleArn === 'string') requireRole(roleArn)
  const known = new RecentMap<KmsClient>(MOST_CLIENTS)

  return (region, account) => {
    const role = typeof roleArn === 'string' ? roleArn : roleArn(region, account)
    if (role === undefined) return undefined
    requireRole(role)
    return remembered(known, `${region} ${role}`, () =>
      newClient(region, {
        ...config,
        credentials: fromTemporaryCredentials({
          params: {
            RoleArn: role,
            RoleSessionName: sessionName,
            ...(externalId === undefined ? {} : { ExternalId: externalId }),
            ...(durationSeconds === undefined ? {} : { DurationSeconds: durationSeconds }),
          },
          clientConfig: { region },
        }),
      }),
    )
  }
}

function requireRole(role: unknown): void {
  if (typeof role === 'string' && ROLE_ARN.test(role)) return
  const what = typeof role === 'string' ? JSON.stringify(role.slice(0, 128)) : `a value of type ${typeof role}`
  throw new StrongroomError(
    'OPTION_INVALID',
    `assumeRoleClients: the option roleArn takes the ARN of a role (arn:aws:iam::ACCOUNT:role/NAME); ${what} is not.`,
    { option: 'roleArn' },
  )
}

function matches(form: RegExp, must: string): OptionCheck {
  return (value) => (typeof value === 'string' && form.test(value) ? undefined : must)
}
