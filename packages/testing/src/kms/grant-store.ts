import type { Environment } from '../endpoint/endpoint.ts'
import type { JsonObject } from '../endpoint/input.ts'
import { ServiceError } from '../endpoint/service-error.ts'
import { notFound } from './kms-errors.ts'
import type { KmsKey } from './kms-key.ts'

/** A grant. Grants are kept and listed; who may do what is not modelled, as there is only one caller. */
export interface Grant {
  readonly id: string
  readonly token: string
  readonly key: KmsKey
  readonly createdAt: number
  /** What the caller sent, as ListGrants answers it. */
  readonly request: JsonObject
}

/** The grants of one account and region. */
export class GrantStore {
  readonly #environment: Environment
  readonly #grants = new Map<string, Grant>()
  readonly #tokens = new Map<string, Grant>()

  constructor(environment: Environment) {
    this.#environment = environment
  }

  /** A second grant with the same name and the same members is the first one again, with a token of its own. */
  create(key: KmsKey, request: JsonObject): Grant {
    const { clock, randomBytes } = this.#environment
    const same = this.of(key).find((grant) => request.Name !== undefined && JSON.stringify(grant.request) === JSON.stringify(request))
    const grant: Grant = {
      id: same?.id ?? Buffer.from(randomBytes(32)).toString('hex'),
      token: Buffer.from(randomBytes(96)).toString('base64'),
      key,
      createdAt: same?.createdAt ?? clock(),
      request,
    }
    this.#grants.set(grant.id, grant)
    this.#tokens.set(grant.token, grant)
    return grant
  }

  of(key: KmsKey): readonly Grant[] {
    return [...this.#grants.values()].filter((grant) => grant.key === key)
  }

  remove(key: KmsKey, id: string): void {
    if (this.#grants.get(id)?.key !== key) throw notFound(`Grant ID ${id} not found`)
    this.#grants.delete(id)
    for (const [token, grant] of this.#tokens) if (grant.id === id) this.#tokens.delete(token)
  }

  byToken(token: string): Grant {
    const grant = this.#tokens.get(token)
    if (grant === undefined) throw new ServiceError('InvalidGrantTokenException', 'The grant token is not one this KMS has issued.')
    return grant
  }

  requireTokens(tokens: readonly string[]): void {
    for (const token of tokens) this.byToken(token)
  }
}
