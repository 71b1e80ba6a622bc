import { StrongroomError } from '@strongroom/core'
import { discoveredKeys, keyResource } from './policy-arns.ts'
import type {
  DiscoveryPolicy,
  EcdhPolicy,
  HmacPolicy,
  MrkDiscoveryPolicy,
  NamedKeysPolicy,
  PolicyContext,
  PolicyRole,
  RsaPolicy,
} from './policy-config.ts'
import { allow, literal, type PolicyCondition, type PolicyStatement } from './policy-document.ts'

/** Configurations without a key store. */
export type KeyringPolicy = NamedKeysPolicy | DiscoveryPolicy | MrkDiscoveryPolicy | RsaPolicy | EcdhPolicy | HmacPolicy

/** What a role needs for a keyring; undefined for a role that has no part in it. */
export function keyringStatements(config: KeyringPolicy, role: PolicyRole): readonly PolicyStatement[] | undefined {
  if (role !== 'writer' && role !== 'reader') return role === 'shredder' ? shredder(config) : undefined
  switch (config.kind) {
    case 'kmsKeyring':
    case 'kmsMrkKeyring':
      return role === 'writer' ? writer(config) : [decrypt(allKeys(config), config.encryptionContext)]
    case 'kmsDiscoveryKeyring':
      return role === 'writer' ? undefined : [decrypt(discoveredKeys(config, config.regions), config.encryptionContext)]
    case 'kmsMrkDiscoveryKeyring':
      return role === 'writer' ? undefined : [decrypt(discoveredKeys(config, [config.region]), config.encryptionContext)]
    case 'kmsRsaKeyring':
      return rsa(config, role)
    case 'kmsEcdhKeyring':
      return config.schema === 'discovery' && role === 'writer' ? undefined : agreement(config)
    case 'kmsHmacPrfKey':
      return [allow('MakeMacs', ['kms:GenerateMac'], [keyResource('keyId', config.keyId)], macAlgorithm(config))]
  }
}

function writer({ generatorKeyId, keyIds = [], encryptionContext }: NamedKeysPolicy): readonly PolicyStatement[] {
  const condition = contextCondition(encryptionContext)
  const generator = generatorKeyId === undefined ? [] : [keyResource('generatorKeyId', generatorKeyId)]
  const others = keyIds.map((keyId, index) => keyResource(`keyIds[${index}]`, keyId))
  const statements = [
    allow('GenerateDataKeys', ['kms:GenerateDataKey'], generator, condition),
    allow('WrapDataKeys', ['kms:Encrypt'], others, condition),
  ]
  return someKey(statements.filter(({ Resource }) => Resource.length > 0))
}

function allKeys({ generatorKeyId, keyIds = [] }: NamedKeysPolicy): readonly string[] {
  const generator = generatorKeyId === undefined ? [] : [keyResource('generatorKeyId', generatorKeyId)]
  return someKey([...generator, ...keyIds.map((keyId, index) => keyResource(`keyIds[${index}]`, keyId))])
}

function decrypt(keys: readonly string[], context: PolicyContext | undefined): PolicyStatement {
  return allow('UnwrapDataKeys', ['kms:Decrypt'], keys, contextCondition(context))
}

function rsa({ keyId, padding = 'OAEP_SHA256', publicKeyGiven = false }: RsaPolicy, role: 'writer' | 'reader'): readonly PolicyStatement[] {
  const keys = [keyResource('keyId', keyId)]
  if (role === 'writer') return publicKeyGiven ? [] : [allow('ReadPublicKey', ['kms:GetPublicKey'], keys)]
  const algorithm = padding === 'OAEP_SHA1' ? 'RSAES_OAEP_SHA_1' : 'RSAES_OAEP_SHA_256'
  return [allow('UnwrapDataKeys', ['kms:Decrypt'], keys, { StringEquals: { 'kms:EncryptionAlgorithm': [algorithm] } })]
}

function agreement({ keyId, publicKeyGiven = false }: EcdhPolicy): readonly PolicyStatement[] {
  const keys = [keyResource('keyId', keyId)]
  return [
    allow('AgreeOnKeys', ['kms:DeriveSharedSecret'], keys, { StringEquals: { 'kms:KeyAgreementAlgorithm': ['ECDH'] } }),
    ...(publicKeyGiven ? [] : [allow('ReadPublicKey', ['kms:GetPublicKey'], keys)]),
  ]
}

function macAlgorithm({ spec = 'HMAC_256' }: HmacPolicy): PolicyCondition {
  return { StringEquals: { 'kms:MacAlgorithm': [spec.replace('HMAC_', 'HMAC_SHA_')] } }
}

/** The other way to shred: the deletion of the KMS key. */
function shredder(config: KeyringPolicy): readonly PolicyStatement[] | undefined {
  if (config.kind === 'kmsDiscoveryKeyring' || config.kind === 'kmsMrkDiscoveryKeyring') return undefined
  const keys = 'keyId' in config ? [keyResource('keyId', config.keyId)] : allKeys(config)
  return [allow('DeleteKeys', ['kms:DescribeKey', 'kms:ScheduleKeyDeletion'], keys)]
}

function contextCondition(context: PolicyContext = {}): PolicyCondition | undefined {
  const pairs = Object.entries(context).map(([name, value]): [string, readonly string[]] => [
    `kms:EncryptionContext:${name}`,
    (typeof value === 'string' ? [value] : value).map(literal),
  ])
  return pairs.length === 0 ? undefined : { StringEquals: Object.fromEntries(pairs) }
}

function someKey<T>(keys: readonly T[]): readonly T[] {
  if (keys.length > 0) return keys
  throw new StrongroomError('OPTION_INVALID', 'requiredPolicy needs generatorKeyId, keyIds or both.', { option: 'generatorKeyId' })
}
