import { ACTIVE_TYPE, BEACON_TYPE, VERSION_PREFIX } from '../branch-keys/key-item.ts'
import { checkedKeyChoice } from '../branch-keys/store-kms-options.ts'
import { discoveredKeys, keyResource, tableResource } from './policy-arns.ts'
import type { KeyStorePolicy, PolicyRole } from './policy-config.ts'
import { allow, literal, type PolicyCondition, type PolicyStatement } from './policy-document.ts'

/** What a role needs for a key store; undefined where its choice of KMS keys does not let it do its part. */
export function keyStoreStatements(config: KeyStorePolicy, role: PolicyRole): readonly PolicyStatement[] | undefined {
  const table = tableResource(config.tableArn)
  const { branchKeyIds, beaconKeys = false, logicalName = table.name } = config
  const keys = kmsKeys(config)
  const ids = branchKeyIds?.map(literal)
  const leading: PolicyCondition | undefined = ids && { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ids } }

  /** Keys of this key store, of some branch keys and types of item. */
  const context = (...types: readonly string[]): PolicyCondition => ({
    StringEquals: {
      'kms:EncryptionContext:tablename': [literal(logicalName)],
      ...(ids === undefined ? {} : { 'kms:EncryptionContext:branch-key-id': ids }),
    },
    StringLike: { 'kms:EncryptionContext:type': types },
  })
  const items = (Sid: string, ...actions: readonly string[]): PolicyStatement =>
    allow(
      Sid,
      actions.map((action) => `dynamodb:${action}`),
      [table.arn],
      leading,
    )
  /** Writes that are made in transactions only, so that nobody skips their conditions by mistake. */
  const transactions = (Sid: string, ...actions: readonly string[]): PolicyStatement => {
    const { Action, Resource } = items(Sid, ...actions)
    return allow(Sid, Action, Resource, leading, {
      'ForAnyValue:StringEquals': { 'dynamodb:EnclosingOperation': ['TransactWriteItems'] },
    })
  }
  const wholeTable = (Sid: string, ...actions: readonly string[]): PolicyStatement =>
    allow(
      Sid,
      actions.map((action) => `dynamodb:${action}`),
      [table.arn],
    )

  const versions = `${VERSION_PREFIX}*`
  const beacons = beaconKeys ? [BEACON_TYPE] : []
  switch (role) {
    case 'writer':
      return [items('ReadItems', 'GetItem'), allow('OpenKeys', ['kms:Decrypt'], keys.all, context(ACTIVE_TYPE, ...beacons))]
    case 'reader':
      return [items('ReadItems', 'GetItem'), allow('OpenKeys', ['kms:Decrypt'], keys.all, context(versions, ...beacons))]
    case 'rotator':
      if (keys.own === undefined) return undefined
      return [
        items('ReadItems', 'GetItem', 'Query'),
        ...(ids === undefined ? [wholeTable('ListKeys', 'Scan')] : []),
        transactions('WriteItems', 'PutItem'),
        allow('MakeKeys', ['kms:GenerateDataKeyWithoutPlaintext'], keys.own, context(versions, BEACON_TYPE)),
        allow('BindKeys', ['kms:ReEncryptFrom', 'kms:ReEncryptTo'], keys.own, context(ACTIVE_TYPE, versions), {
          Bool: { 'kms:ReEncryptOnSameKey': ['true'] },
        }),
      ]
    case 'shredder':
      return [
        items('ReadItems', 'GetItem', 'Query'),
        transactions('DeleteItems', 'ConditionCheckItem', 'DeleteItem', 'PutItem'),
        wholeTable('DescribeTable', 'DescribeContinuousBackups', 'DescribeTable'),
        // Neither can be limited to a table.
        allow('ListCopies', ['dynamodb:ListBackups', 'dynamodb:ListExports'], ['*']),
      ]
    case 'administrator':
      return [
        wholeTable('MakeTable', 'CreateTable', 'DescribeContinuousBackups', 'DescribeTable', 'UpdateContinuousBackups', 'UpdateTable'),
      ]
  }
}

/** The keys that items are opened with, and those that they are made under. */
function kmsKeys({ kms }: KeyStorePolicy): { all: readonly string[]; own?: readonly string[] } {
  const choice = checkedKeyChoice('requiredPolicy', kms)
  if ('key' in choice) {
    const own = [keyResource('kms.keyId', choice.key.arn)]
    return { all: own, own }
  }
  return { all: discoveredKeys(choice.filter, choice.kind === 'discovery' ? choice.filter.regions : [choice.filter.region]) }
}
