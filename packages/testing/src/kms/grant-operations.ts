import type { Operation } from '../endpoint/aws-json-service.ts'
import type { Bounds, Input, JsonObject } from '../endpoint/input.ts'
import type { Grant, GrantStore } from './grant-store.ts'
import type { KeyStore } from './key-store.ts'
import { validation } from './kms-errors.ts'
import type { KmsKey } from './kms-key.ts'
import { page } from './page.ts'

const KEY_NAME: Bounds = { min: 1, max: 2048 }
const PRINCIPAL: Bounds = { min: 1, max: 256 }
const OPERATIONS = [
  'CreateGrant',
  'Decrypt',
  'DeriveSharedSecret',
  'DescribeKey',
  'Encrypt',
  'GenerateDataKey',
  'GenerateDataKeyWithoutPlaintext',
  'GenerateMac',
  'GetPublicKey',
  'ReEncryptFrom',
  'ReEncryptTo',
  'RetireGrant',
  'VerifyMac',
]

/** CreateGrant, ListGrants, RevokeGrant and RetireGrant. */
export function grantOperations(keys: KeyStore, grants: GrantStore): readonly (readonly [string, Operation])[] {
  const named = (input: Input): KmsKey => keys.resolveKeyOnly(input.string('KeyId', KEY_NAME))

  return [
    [
      'CreateGrant',
      (input) => {
        const key = named(input)
        key.requireEnabled()
        grants.requireTokens(input.stringList('GrantTokens', { max: 10 }))
        const grant = grants.create(key, grantRequest(input))
        return { GrantId: grant.id, GrantToken: grant.token }
      },
    ],
    [
      'ListGrants',
      (input) => {
        const id = input.optionalString('GrantId')
        const grantee = input.optionalString('GranteePrincipal')
        const found = grants.of(named(input)).filter((grant) => {
          return (id === undefined || grant.id === id) && (grantee === undefined || grant.request.GranteePrincipal === grantee)
        })
        const { items, ...more } = page(input, found, 100, 50)
        return { Grants: items.map(listEntry), ...more }
      },
    ],
    [
      'RevokeGrant',
      (input) => {
        grants.remove(named(input), input.string('GrantId', { min: 1, max: 128 }))
        return {}
      },
    ],
    [
      'RetireGrant',
      (input) => {
        const token = input.optionalString('GrantToken', { min: 1, max: 8192 })
        if (token !== undefined) {
          const grant = grants.byToken(token)
          grants.remove(grant.key, grant.id)
        } else {
          grants.remove(named(input), input.string('GrantId', { min: 1, max: 128 }))
        }
        return {}
      },
    ],
  ]
}

function grantRequest(input: Input): JsonObject {
  const operations = input.stringList('Operations')
  const unknown = operations.find((operation) => !OPERATIONS.includes(operation))
  if (operations.length === 0) throw validation('A grant names at least one operation')
  if (unknown !== undefined) throw validation(`Operation ${unknown} cannot be granted on a symmetric encryption key`)
  const constraints = input.optionalObject('Constraints')
  return {
    GranteePrincipal: input.string('GranteePrincipal', PRINCIPAL),
    Operations: operations,
    ...optional('RetiringPrincipal', input.optionalString('RetiringPrincipal', PRINCIPAL)),
    ...optional('Name', input.optionalString('Name', { min: 1, max: 256 })),
    ...optional('Constraints', constraints && readConstraints(constraints)),
  }
}

function readConstraints(input: Input): JsonObject {
  const names = ['EncryptionContextSubset', 'EncryptionContextEquals'].filter((name) => input.has(name))
  return Object.fromEntries(names.map((name) => [name, Object.fromEntries(input.stringMap(name))]))
}

function listEntry({ id, key, createdAt, request }: Grant): JsonObject {
  return {
    KeyId: key.arn,
    GrantId: id,
    CreationDate: createdAt / 1000,
    IssuingAccount: `arn:aws:iam::${key.arn.split(':')[4]}:root`,
    ...request,
  }
}

function optional(name: string, value: unknown): JsonObject {
  return value === undefined ? {} : { [name]: value }
}
