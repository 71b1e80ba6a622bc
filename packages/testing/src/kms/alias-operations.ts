import type { Operation } from '../endpoint/aws-json-service.ts'
import type { Bounds, Input } from '../endpoint/input.ts'
import { ServiceError } from '../endpoint/service-error.ts'
import type { KeyStore } from './key-store.ts'
import { page } from './page.ts'

const KEY_NAME: Bounds = { min: 1, max: 2048 }
const ALIAS_NAME: Bounds = { min: 1, max: 256 }

/** CreateAlias, UpdateAlias, DeleteAlias and ListAliases. */
export function aliasOperations(keys: KeyStore): readonly (readonly [string, Operation])[] {
  return [
    [
      'CreateAlias',
      (input) => {
        const name = aliasName(input)
        const key = keys.resolveKeyOnly(input.string('TargetKeyId', KEY_NAME))
        key.requireNotPendingDeletion()
        if (keys.alias(name) !== undefined) {
          throw new ServiceError('AlreadyExistsException', `An alias with the name ${keys.aliasArn(name)} already exists`)
        }
        keys.setAlias(name, key)
        return {}
      },
    ],
    [
      'UpdateAlias',
      (input) => {
        const { name } = keys.requireAlias(aliasName(input))
        const key = keys.resolveKeyOnly(input.string('TargetKeyId', KEY_NAME))
        key.requireNotPendingDeletion()
        keys.setAlias(name, key)
        return {}
      },
    ],
    [
      'DeleteAlias',
      (input) => {
        keys.deleteAlias(input.string('AliasName', ALIAS_NAME))
        return {}
      },
    ],
    [
      'ListAliases',
      (input) => {
        const keyName = input.optionalString('KeyId', KEY_NAME)
        const key = keyName === undefined ? undefined : keys.resolveKeyOnly(keyName)
        const { items, ...more } = page(
          input,
          keys.aliases.filter((alias) => key === undefined || alias.key === key),
          100,
          50,
        )
        const aliases = items.map((alias) => ({
          AliasName: alias.name,
          AliasArn: alias.arn,
          TargetKeyId: alias.key.id,
          CreationDate: alias.createdAt / 1000,
          LastUpdatedDate: alias.updatedAt / 1000,
        }))
        return { Aliases: aliases, ...more }
      },
    ],
  ]
}

function aliasName(input: Input): string {
  const name = input.string('AliasName', ALIAS_NAME)
  if (!/^alias\/[a-zA-Z0-9/_-]+$/.test(name)) {
    throw new ServiceError('InvalidAliasNameException', 'Alias must start with the prefix "alias/" and contain only a-z A-Z 0-9 / _ -')
  }
  if (name.startsWith('alias/aws/')) throw new ServiceError('NotAuthorizedException', 'Aliases that begin with alias/aws/ are reserved')
  return name
}
