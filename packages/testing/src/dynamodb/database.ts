import { type Environment, uuid } from '../endpoint/endpoint.ts'
import type { JsonObject } from '../endpoint/input.ts'
import { tableNotFound } from './dynamodb-errors.ts'
import { Engine } from './engine.ts'
import { IdempotencyTokens } from './idempotency-tokens.ts'
import { SharedLock } from './shared-lock.ts'
import { Table } from './table.ts'

/** Carries one operation out. */
export type DatabaseOperation = (database: Database, members: JsonObject) => Promise<JsonObject>

/** The tables of one Region. */
export class Database {
  readonly engine: Engine
  /** Transactions hold it alone, single operations share it. */
  readonly lock: SharedLock = new SharedLock()
  readonly tokens: IdempotencyTokens
  readonly environment: Environment
  readonly #tables = new Map<string, Table>()
  readonly #arnPrefix: string

  private constructor(engine: Engine, environment: Environment, region: string) {
    this.engine = engine
    this.environment = environment
    this.tokens = new IdempotencyTokens(environment.clock)
    this.#arnPrefix = `arn:aws:dynamodb:${region}:${environment.accountId}:table/`
  }

  static async start(environment: Environment, region: string): Promise<Database> {
    return new Database(await Engine.start(), environment, region)
  }

  /** The name in a name or an ARN of this Region and account. What is not a text is left to the check of the operation. */
  nameOf(nameOrArn: unknown): unknown {
    if (typeof nameOrArn !== 'string' || !nameOrArn.startsWith('arn:')) return nameOrArn
    const name = nameOrArn.startsWith(this.#arnPrefix) ? nameOrArn.slice(this.#arnPrefix.length) : ''
    if (!this.#tables.has(name)) throw tableNotFound(nameOrArn)
    return name
  }

  /** The members of a request with the table's name in place of its ARN. */
  named(members: JsonObject): JsonObject {
    return Object.hasOwn(members, 'TableName') ? { ...members, TableName: this.nameOf(members.TableName) } : members
  }

  /** @throws `ResourceNotFoundException` */
  table(nameOrArn: unknown): Table {
    const name = this.nameOf(nameOrArn)
    const table = typeof name === 'string' ? this.#tables.get(name) : undefined
    if (table === undefined) throw tableNotFound(String(name))
    return table
  }

  all(): readonly Table[] {
    return [...this.#tables.values()]
  }

  find(name: string): Table | undefined {
    return this.#tables.get(name)
  }

  findByArn(arn: string): Table | undefined {
    return arn.startsWith(this.#arnPrefix) ? this.#tables.get(arn.slice(this.#arnPrefix.length)) : undefined
  }

  add(name: string, keySchema: unknown): Table {
    const { clock, randomBytes } = this.environment
    const table = new Table(name, this.#arnPrefix + name, uuid(randomBytes), clock(), keySchema)
    this.#tables.set(name, table)
    return table
  }

  remove(table: Table): void {
    this.#tables.delete(table.name)
  }
}
