import type { PolicyDocument, PolicyStatement } from '../src/policy/policy-document.ts'

/** A call as IAM sees it. */
export interface AuthorisedCall {
  readonly action: string
  readonly resource: string
  /** Values of condition keys, names in lower case. */
  readonly context: ReadonlyMap<string, readonly string[]>
}

/** What of the SDK's client a recorder needs. */
interface RecordedClient {
  readonly middlewareStack: { add(middleware: never, options: never): void }
}

/** Keeps the calls of clients, as IAM sees them. */
export class CallRecorder {
  readonly calls: AuthorisedCall[] = []
  readonly #tableArn: (tableName: string) => string

  constructor(tableArn: (tableName: string) => string) {
    this.#tableArn = tableArn
  }

  watch(client: RecordedClient): void {
    const middleware =
      (next: (args: { input: Record<string, unknown> }) => Promise<unknown>, { commandName }: { commandName: string }) =>
      (args: { input: Record<string, unknown> }) => {
        this.calls.push(...this.#callsOf(commandName.replace(/Command$/, ''), args.input))
        return next(args)
      }
    client.middlewareStack.add(middleware as never, { step: 'initialize', name: 'iamRecorder' } as never)
  }

  /** The calls since the last time. */
  take(): readonly AuthorisedCall[] {
    return this.calls.splice(0)
  }

  #callsOf(operation: string, input: Record<string, unknown>): readonly AuthorisedCall[] {
    if (operation === 'TransactWriteItems')
      return (input.TransactItems as Record<string, { TableName: string; Item?: object; Key?: object }>[]).map((item) => {
        const [kind, action] = Object.entries(item)[0] as [string, { TableName: string; Item?: object; Key?: object }]
        const name = kind === 'ConditionCheck' ? 'ConditionCheckItem' : `${kind}Item`
        return this.#onTable(name, action.TableName, leadingKeys(action.Item ?? action.Key), operation)
      })
    if ('TableName' in input || 'TableArn' in input) {
      const values = input.ExpressionAttributeValues as Record<string, { S: string }> | undefined
      const keys = operation === 'Query' ? [values?.[':id']?.S ?? ''] : leadingKeys(input.Key as object | undefined)
      if (operation === 'ListBackups' || operation === 'ListExports')
        return [{ action: `dynamodb:${operation}`, resource: '*', context: new Map() }]
      return [this.#onTable(operation, input.TableName as string, keys)]
    }
    if (operation === 'ReEncrypt') {
      const [from, to] = [input.SourceKeyId as string, input.DestinationKeyId as string]
      const same = new Map([['kms:reencryptonsamekey', [String(from === to)]]])
      return [
        { action: 'kms:ReEncryptFrom', resource: from, context: merged(same, contextOf(input.SourceEncryptionContext)) },
        { action: 'kms:ReEncryptTo', resource: to, context: merged(same, contextOf(input.DestinationEncryptionContext)) },
      ]
    }
    const context = new Map(contextOf(input.EncryptionContext))
    for (const name of ['EncryptionAlgorithm', 'KeyAgreementAlgorithm', 'MacAlgorithm'])
      if (typeof input[name] === 'string') context.set(`kms:${name.toLowerCase()}`, [input[name]])
    return [{ action: `kms:${operation}`, resource: input.KeyId as string, context }]
  }

  #onTable(operation: string, tableName: string, keys: readonly string[], enclosing?: string): AuthorisedCall {
    const context = new Map<string, readonly string[]>()
    if (keys.length > 0) context.set('dynamodb:leadingkeys', keys)
    if (enclosing !== undefined) context.set('dynamodb:enclosingoperation', [enclosing])
    return { action: `dynamodb:${operation}`, resource: this.#tableArn(tableName), context }
  }
}

/** Whether a policy allows a call. */
export function allows({ Statement }: PolicyDocument, call: AuthorisedCall): boolean {
  return Statement.some(
    (statement) =>
      statement.Action.includes(call.action) &&
      statement.Resource.some((pattern) => pattern === '*' || like(pattern, call.resource)) &&
      meets(statement, call),
  )
}

function meets({ Condition = {} }: PolicyStatement, { context }: AuthorisedCall): boolean {
  return Object.entries(Condition).every(([operator, keys]) =>
    Object.entries(keys).every(([key, allowed]) => {
      const values = context.get(key.toLowerCase())
      const [, set, comparison = ''] = /^(?:(ForAllValues|ForAnyValue):)?(\w+)$/.exec(operator) ?? []
      const one = (value: string): boolean => allowed.some((each) => compare(comparison, each, value))
      if (set === 'ForAllValues') return (values ?? []).every(one)
      return values?.some(one) === true
    }),
  )
}

function compare(comparison: string, allowed: string, value: string): boolean {
  if (comparison === 'StringLike') return like(allowed, value)
  if (comparison === 'StringEquals') return expand(allowed) === value
  if (comparison === 'Bool') return allowed === value
  throw new Error(`no such operator: ${comparison}`)
}

function like(pattern: string, value: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${source}$`, 's').test(value)
}

/** A variable that the caller does not have makes a statement void. */
function expand(value: string): string | undefined {
  let unknown = false
  const expanded = value.replace(/\$\{([^}]*)\}/g, (_, name: string) => {
    if (!['$', '*', '?'].includes(name)) unknown = true
    return name
  })
  return unknown ? undefined : expanded
}

function leadingKeys(item: object | undefined): readonly string[] {
  const key = (item as { 'branch-key-id'?: { S: string } } | undefined)?.['branch-key-id']?.S
  return key === undefined ? [] : [key]
}

function contextOf(context: unknown): ReadonlyMap<string, readonly string[]> {
  return new Map(
    Object.entries((context ?? {}) as Record<string, string>).map(([name, value]) => [
      `kms:encryptioncontext:${name}`.toLowerCase(),
      [value],
    ]),
  )
}

function merged(...maps: readonly ReadonlyMap<string, readonly string[]>[]): ReadonlyMap<string, readonly string[]> {
  return new Map(maps.flatMap((map) => [...map]))
}
