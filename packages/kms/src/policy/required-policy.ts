import { StrongroomError } from '@strongroom/core'
import { isAnything, isBoolean, isOneOf, isText, type OptionCheck, validateOptions } from '@strongroom/core/options'
import { isAwsRegion } from '../aws-names.ts'
import { discoveryChecks, isRegionList } from '../discovery-filter.ts'
import { kmsRsaPaddings } from '../kms-rsa-key.ts'
import { keyStoreStatements } from './key-store-policy.ts'
import { keyringStatements } from './keyring-policy.ts'
import type { PolicyConfig, PolicyRole } from './policy-config.ts'
import type { PolicyDocument } from './policy-document.ts'

const WHERE = 'requiredPolicy'
const roles: readonly PolicyRole[] = ['writer', 'reader', 'rotator', 'shredder', 'administrator']

const isTexts: OptionCheck = (value) =>
  Array.isArray(value) && value.length > 0 && value.every((text) => isText(text) === undefined)
    ? undefined
    : 'be a list of texts, at least one'

const isContext: OptionCheck = (value) => {
  const wrong = 'be an object of texts, or of lists of texts'
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return wrong
  return Object.values(value).every((each) => typeof each === 'string' || isTexts(each) === undefined) ? undefined : wrong
}

const kind: OptionCheck = isText
const keyId: OptionCheck = isAnything
const encryptionContext = isContext
const named = { kind, generatorKeyId: keyId, keyIds: isTexts, encryptionContext }

/** The options of each kind of configuration. */
const kinds: ReadonlyMap<string, Readonly<Record<string, OptionCheck>>> = new Map<string, Readonly<Record<string, OptionCheck>>>([
  ['kmsKeyring', named],
  ['kmsMrkKeyring', named],
  ['kmsDiscoveryKeyring', { kind, ...discoveryChecks, regions: isRegionList, encryptionContext }],
  [
    'kmsMrkDiscoveryKeyring',
    { kind, ...discoveryChecks, region: (value) => (isAwsRegion(value) ? undefined : 'be an AWS Region'), encryptionContext },
  ],
  ['kmsRsaKeyring', { kind, keyId, padding: isOneOf(kmsRsaPaddings), publicKeyGiven: isBoolean }],
  ['kmsEcdhKeyring', { kind, keyId, schema: isOneOf(['static', 'discovery']), publicKeyGiven: isBoolean }],
  ['kmsHmacPrfKey', { kind, keyId, spec: isOneOf(['HMAC_224', 'HMAC_256', 'HMAC_384', 'HMAC_512']) }],
  ['keyStore', { kind, tableArn: isText, logicalName: isText, kms: isAnything, branchKeyIds: isTexts, beaconKeys: isBoolean }],
])
const required: ReadonlyMap<string, readonly string[]> = new Map([
  ['kmsMrkDiscoveryKeyring', ['region']],
  ['kmsRsaKeyring', ['keyId']],
  ['kmsEcdhKeyring', ['keyId', 'schema']],
  ['kmsHmacPrfKey', ['keyId']],
  ['keyStore', ['tableArn', 'kms']],
])

/**
 * The IAM policy that a role needs for a configuration, and nothing beyond it: actions, the resources that they are for, and conditions on the
 * encryption context and on the items of the table. The guide on permissions lists the same by operation.
 *
 * Key policies have a say, too: a key of another account, or one whose policy does not leave it to IAM, has to allow the same there. Permissions for
 * credentials, STS and the tables and streams of the data themselves are not part of it.
 *
 * @param config - what is configured, by the name of the function that takes it.
 * @param role - who it is for; one caller that has two roles gets both documents.
 * @throws `OPTION_INVALID`, also where the role has no part in the configuration: a discovery keyring writes nothing, say
 * @example
 * ```ts
 * const policy = requiredPolicy(
 *   {
 *     kind: 'keyStore',
 *     tableArn: 'arn:aws:dynamodb:eu-west-1:111122223333:table/branch-keys',
 *     kms: { keyId: 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab' },
 *     branchKeyIds: ['tenant-blue'],
 *   },
 *   'reader',
 * )
 * ```
 */
export function requiredPolicy(config: PolicyConfig, role: PolicyRole): PolicyDocument {
  const given: unknown = config
  const name = typeof given === 'object' && given !== null ? (given as { readonly kind?: unknown }).kind : undefined
  const checks = typeof name === 'string' ? kinds.get(name) : undefined
  if (checks === undefined)
    throw new StrongroomError('OPTION_INVALID', `${WHERE}: the option kind must be one of ${[...kinds.keys()].join(', ')}.`, {
      option: 'kind',
    })
  validateOptions<Record<string, unknown>>(WHERE, { ...config }, checks, required.get(config.kind))
  if (!roles.includes(role))
    throw new StrongroomError('OPTION_INVALID', `${WHERE}: a role is one of ${roles.join(', ')}.`, { option: 'role' })
  const Statement = config.kind === 'keyStore' ? keyStoreStatements(config, role) : keyringStatements(config, role)
  if (Statement !== undefined) return { Version: '2012-10-17', Statement }
  throw new StrongroomError('OPTION_INVALID', `${WHERE}: a ${role} has no part in ${config.kind} as it is configured.`, { option: 'role' })
}
