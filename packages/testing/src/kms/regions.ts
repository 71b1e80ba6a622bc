import type { Operation } from '../endpoint/aws-json-service.ts'
import type { Environment } from '../endpoint/endpoint.ts'
import { ServiceError } from '../endpoint/service-error.ts'
import { aliasOperations } from './alias-operations.ts'
import { cryptographicOperations } from './cryptographic-operations.ts'
import { grantOperations } from './grant-operations.ts'
import { GrantStore } from './grant-store.ts'
import { keyOperations } from './key-operations.ts'
import { KeyStore } from './key-store.ts'
import type { KmsKey } from './kms-key.ts'
import { macOperations } from './mac-operations.ts'
import { publicKeyOperations } from './public-key-operations.ts'
import { rotationOperations } from './rotation-operations.ts'

/** KMS in one Region: keys, and what can be done with them. */
export interface Region {
  readonly keys: KeyStore
  readonly operations: ReadonlyMap<string, Operation>
}

/** KMS in the Regions of one account. A Region comes into being when it is first asked for, and knows no key of another. */
export class Regions {
  readonly #environment: Environment
  readonly #regions = new Map<string, Region>()

  constructor(environment: Environment) {
    this.#environment = environment
  }

  of(name: string): Region {
    const found = this.#regions.get(name)
    if (found !== undefined) return found
    const environment = { ...this.#environment, region: name }
    const keys = new KeyStore(environment)
    const grants = new GrantStore(environment)
    const region: Region = {
      keys,
      operations: new Map([
        ...cryptographicOperations(environment, keys, grants),
        ...publicKeyOperations(keys, grants),
        ...macOperations(keys, grants),
        ...keyOperations(environment, keys, (key, where, description) => this.replicate(key, where, description)),
        ...aliasOperations(keys),
        ...rotationOperations(keys),
        ...grantOperations(keys, grants),
      ]),
    }
    this.#regions.set(name, region)
    return region
  }

  /** The operations of all Regions, each carried out where the request belongs. */
  get operations(): ReadonlyMap<string, Operation> {
    const names = this.of(this.#environment.region).operations.keys()
    return new Map(
      [...names].map((name) => [name, (input, region) => (this.of(region).operations.get(name) as Operation)(input, region)] as const),
    )
  }

  /** Makes a replica of a primary key. Throws as ReplicateKey does. */
  replicate(key: KmsKey, region: string, description: string): KmsKey {
    const { related } = key
    if (related === undefined || key.isReplica) {
      throw new ServiceError('UnsupportedOperationException', `${key.arn} is not the primary key of a multi-Region key.`)
    }
    key.requireEnabled()
    if ([related.primary, ...related.replicas].some((each) => each.region === region)) {
      throw new ServiceError('AlreadyExistsException', `${key.arn} has a related key in ${region} already.`)
    }
    return this.of(region).keys.create(description, key)
  }
}
