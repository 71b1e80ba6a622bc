import { StrongroomError } from '@strongroom/core'
import { type KeyArn, parseKeyArn } from './key-arn.ts'

/**
 * The ARN of a configured key. Anything that KMS resolves to a key only at the time of the call is refused, since a message names the
 * key that made it by its ARN, and that is what decides which messages a keyring opens.
 *
 * @throws `OPTION_INVALID`
 */
export function configuredKeyArn(where: string, option: string, value: unknown): KeyArn {
  const parsed = typeof value === 'string' ? parseKeyArn(value) : undefined
  if (parsed?.resourceType === 'key') return parsed
  const what =
    typeof value === 'string' && (parsed !== undefined || value.startsWith('alias/'))
      ? `${JSON.stringify(value)} is an alias`
      : `${describe(value)} is not`
  throw new StrongroomError(
    'OPTION_INVALID',
    `${where}: the option ${option} takes the ARN of a KMS key (arn:aws:kms:REGION:ACCOUNT:key/ID); ${what}. ` +
      'DescribeKey gives the ARN for an alias or a key id (aws kms describe-key --key-id ... --query KeyMetadata.Arn).',
    { option },
  )
}

function describe(value: unknown): string {
  return typeof value === 'string'
    ? JSON.stringify(value.length > 128 ? `${value.slice(0, 128)}…` : value)
    : `a value of type ${value === null ? 'null' : typeof value}`
}
