import { StrongroomError } from '@strongroom/core'
import { isAwsAccount, isAwsPartition, isAwsRegion } from '../aws-names.ts'
import { type DiscoveryFilterOptions, requireAccounts } from '../discovery-filter.ts'
import { configuredKeyArn } from '../key-id-option.ts'

const WHERE = 'requiredPolicy'
const KEY_ID = /^[A-Za-z0-9-]{1,256}$/
const TABLE_ARN = /^arn:([a-z-]+):dynamodb:([a-z0-9-]+):(\d{12}):table\/([a-zA-Z0-9_.-]{3,255})$/

/** The ARN of a key, without anything that IAM would take for a pattern. */
export function keyResource(option: string, value: unknown): string {
  const { arn, partition, region, account, id } = configuredKeyArn(WHERE, option, value)
  if (isAwsPartition(partition) && isAwsRegion(region) && isAwsAccount(account) && KEY_ID.test(id)) return arn
  throw new StrongroomError('OPTION_INVALID', `${WHERE}: the option ${option} is not the ARN of a key that IAM takes literally.`, {
    option,
  })
}

/** The ARN of a table, and its name. */
export function tableResource(value: unknown): { arn: string; name: string } {
  const match = typeof value === 'string' ? TABLE_ARN.exec(value) : null
  const [arn = '', partition, region, , name = ''] = match ?? []
  if (isAwsPartition(partition) && isAwsRegion(region)) return { arn, name }
  throw new StrongroomError(
    'OPTION_INVALID',
    `${WHERE}: the option tableArn takes the ARN of a table (arn:aws:dynamodb:REGION:ACCOUNT:table/NAME), as createTable answers it.`,
    { option: 'tableArn' },
  )
}

/** Patterns for the keys within a discovery filter. */
export function discoveredKeys(filter: Partial<DiscoveryFilterOptions>, regions: readonly string[] = ['*']): readonly string[] {
  requireAccounts(WHERE, filter)
  const accounts = filter.accounts === 'any' || filter.accounts === undefined ? ['*'] : filter.accounts
  const partition = filter.partition ?? (filter.accounts === 'any' ? '*' : 'aws')
  return accounts.flatMap((account) => regions.map((region) => `arn:${partition}:kms:${region}:${account}:key/*`))
}
