import { isObject, type JsonObject } from '../endpoint/input.ts'
import { canonicalValue, type Item } from './attribute-value.ts'

/** Continuous backups of a table while they are on. */
export interface PointInTimeRecovery {
  /** Milliseconds since the epoch. */
  readonly since: number
  readonly recoveryPeriodInDays: number
}

/** What is known of a table beside its items. */
export class Table {
  readonly name: string
  readonly arn: string
  readonly id: string
  /** Milliseconds since the epoch. */
  readonly createdAt: number
  readonly keyNames: readonly string[]
  deletionProtection = false
  pointInTimeRecovery: PointInTimeRecovery | undefined
  /** The attribute that holds the time to live. */
  timeToLive: string | undefined
  tableClass: string | undefined
  encryption: JsonObject | undefined
  readonly tags: Map<string, string> = new Map()
  /** What is known of the backups on demand, as it is answered. */
  readonly backups: JsonObject[] = []

  constructor(name: string, arn: string, id: string, createdAt: number, keySchema: unknown) {
    this.name = name
    this.arn = arn
    this.id = id
    this.createdAt = createdAt
    const elements = Array.isArray(keySchema) ? keySchema.filter(isObject) : []
    this.keyNames = ['HASH', 'RANGE'].flatMap((type) =>
      elements.filter(({ KeyType }) => KeyType === type).map(({ AttributeName }) => String(AttributeName)),
    )
  }

  /** The key of an item; lacks what the item lacks. */
  keyOf(item: Item): Item {
    return Object.fromEntries(this.keyNames.filter((name) => Object.hasOwn(item, name)).map((name) => [name, item[name]]))
  }

  /** One text for each item of this Region. */
  identityOf(key: Item): string {
    return JSON.stringify([this.name, ...this.keyNames.map((name) => canonicalValue(key[name]))])
  }
}
