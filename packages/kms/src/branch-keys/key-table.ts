import {
  type DynamoDBClient,
  GetItemCommand,
  QueryCommand,
  ScanCommand,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb'
import type { CallOptions, RandomSource } from '@strongroom/core'
import { abortable } from '@strongroom/core/keyring-tools'
import { KeyStoreError } from './errors.ts'
import { ID, type Item, TYPE } from './key-item.ts'
import { cancellationReasons, tableFailure } from './table-failure.ts'
import { newUuid } from './uuid.ts'

/** What a key store needs of a `DynamoDBClient` of the AWS SDK: give it one. */
export type DynamoDBSender = Pick<DynamoDBClient, 'send'> & {
  /** The client's configuration, of which the credentials are looked at to say who shredded a key. */
  readonly config?: Partial<Pick<DynamoDBClient['config'], 'credentials'>>
}

/** Waits; rejects with the signal's reason when it is aborted. */
export type Sleep = (milliseconds: number, signal?: AbortSignal) => Promise<void>

/** Milliseconds before each further try of a write that met another one on the same item. */
const CONFLICT_DELAYS = [20, 40, 80, 160, 320] as const

/** Items from one page, and where the next one starts. */
export interface ItemPage {
  readonly items: readonly Item[]
  readonly next: Item | undefined
}

/** The table of a key store, and DynamoDB's part of every operation. */
export class KeyTable {
  readonly name: string
  readonly #client: DynamoDBSender
  readonly #random: RandomSource
  readonly #sleep: Sleep

  constructor(name: string, client: DynamoDBSender, random: RandomSource, sleep: Sleep) {
    this.name = name
    this.#client = client
    this.#random = random
    this.#sleep = sleep
  }

  /** Makes a call, with errors of the package. */
  async call<A>(
    operation: string,
    { signal }: CallOptions,
    send: (client: DynamoDBSender, options: { abortSignal?: AbortSignal }) => Promise<A>,
  ): Promise<A> {
    signal?.throwIfAborted()
    const work = send(this.#client, signal === undefined ? {} : { abortSignal: signal })
    return abortable(
      work.catch((error: unknown) => {
        throw tableFailure(operation, this.name, error)
      }),
      signal,
    )
  }

  /** An item as it is now. */
  async get(branchKeyId: string, type: string, options: CallOptions): Promise<Item | undefined> {
    const command = new GetItemCommand({ TableName: this.name, Key: keyOf(branchKeyId, type), ConsistentRead: true })
    const { Item: item } = await this.call('GetItem', options, (client, sendOptions) => client.send(command, sendOptions))
    return item
  }

  /** A page of the items of one branch key, in the order of their types. */
  async query(
    branchKeyId: string,
    prefix: string,
    limit: number | undefined,
    after: Item | undefined,
    options: CallOptions,
  ): Promise<ItemPage> {
    const command = new QueryCommand({
      TableName: this.name,
      ConsistentRead: true,
      KeyConditionExpression: prefix === '' ? '#id = :id' : '#id = :id AND begins_with(#type, :prefix)',
      ExpressionAttributeNames: { '#id': ID, ...(prefix === '' ? {} : { '#type': TYPE }) },
      ExpressionAttributeValues: { ':id': { S: branchKeyId }, ...(prefix === '' ? {} : { ':prefix': { S: prefix } }) },
      ...(limit === undefined ? {} : { Limit: limit }),
      ...(after === undefined ? {} : { ExclusiveStartKey: after }),
    })
    const { Items: items = [], LastEvaluatedKey: next } = await this.call('Query', options, (client, sendOptions) =>
      client.send(command, sendOptions),
    )
    return { items, next }
  }

  /** Every item of one branch key. */
  async queryAll(branchKeyId: string, options: CallOptions): Promise<readonly Item[]> {
    const all: Item[] = []
    let after: Item | undefined
    do {
      const { items, next } = await this.query(branchKeyId, '', undefined, after, options)
      all.push(...items)
      after = next
    } while (after !== undefined)
    return all
  }

  /** A page of the items of one type, of all branch keys. */
  async scan(type: string, limit: number | undefined, after: Item | undefined, options: CallOptions): Promise<ItemPage> {
    const command = new ScanCommand({
      TableName: this.name,
      ConsistentRead: true,
      FilterExpression: '#type = :type',
      ExpressionAttributeNames: { '#type': TYPE },
      ExpressionAttributeValues: { ':type': { S: type } },
      ...(limit === undefined ? {} : { Limit: limit }),
      ...(after === undefined ? {} : { ExclusiveStartKey: after }),
    })
    const { Items: items = [], LastEvaluatedKey: next } = await this.call('Scan', options, (client, sendOptions) =>
      client.send(command, sendOptions),
    )
    return { items, next }
  }

  /**
   * Writes all or nothing; answers false where a condition was not met. The token makes it one write however often the SDK sends it, so that an
   * answer that was lost is not taken for a condition that failed.
   */
  async write(actions: readonly TransactWriteItem[], { signal }: CallOptions): Promise<boolean> {
    for (let attempt = 0; ; attempt += 1) {
      signal?.throwIfAborted()
      const command = new TransactWriteItemsCommand({ TransactItems: [...actions], ClientRequestToken: newUuid(this.#random) })
      try {
        await this.call('TransactWriteItems', { signal }, (client, sendOptions) => client.send(command, sendOptions))
        return true
      } catch (error) {
        const reasons = error instanceof KeyStoreError ? cancellationReasons(error.cause) : undefined
        if (reasons?.includes('ConditionalCheckFailed') === true) return false
        const delay = CONFLICT_DELAYS[attempt]
        if (reasons?.includes('TransactionConflict') !== true || delay === undefined) throw error
        await this.#sleep(delay, signal)
      }
    }
  }

  /** Waits, as the key store was told to. */
  sleep(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
    return this.#sleep(milliseconds, signal)
  }

  /** The access key that calls are signed with: it is what CloudTrail finds the caller by, and no secret. */
  async accessKeyId(): Promise<string | undefined> {
    const provider: unknown = this.#client.config?.credentials
    if (typeof provider !== 'function') return undefined
    const { accessKeyId } = (await provider()) as { readonly accessKeyId?: unknown }
    return typeof accessKeyId === 'string' ? accessKeyId : undefined
  }
}

/** The primary key of an item. */
export function keyOf(branchKeyId: string, type: string): Item {
  return { [ID]: { S: branchKeyId }, [TYPE]: { S: type } }
}
