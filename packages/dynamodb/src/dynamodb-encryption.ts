import type { DynamoDBClient, ServiceInputTypes, ServiceOutputTypes } from '@aws-sdk/client-dynamodb'
import type {
  BuildMiddleware,
  DeserializeMiddleware,
  HandlerExecutionContext,
  InitializeMiddleware,
  Pluggable,
  SerializeMiddleware,
} from '@smithy/types'
import { StrongroomError } from '@strongroom/core'
import { type DynamoDBEncryptionConfig, resolveConfig } from './config.ts'
import { DynamoDBEncryptionError } from './errors.ts'
import type { Decrypt, Input } from './plugin/call.ts'
import { type CallState, callState, type Output, withCallState } from './plugin/call-state.ts'
import { canonicalJson } from './plugin/canonical-json.ts'
import { type AnyStack, hookCommands } from './plugin/command-hook.ts'
import { copyInput } from './plugin/copy-input.ts'
import { releaseItems } from './plugin/error-items.ts'
import { handlerOf } from './plugin/handlers.ts'
import { keepItemsOutOfLogs, type LogContext } from './plugin/log-filter.ts'
import { operationKind, operationOf } from './plugin/operations.ts'
import type { PluginConfig } from './plugin/plugin-config.ts'
import { checkRequest } from './plugin/request-guard.ts'

const ENCRYPTION = 'strongroomDynamoDBEncryption'
const DECRYPTION = 'strongroomDynamoDBDecryption'
const SNAPSHOT = 'strongroomDynamoDBSnapshot'
const LOGS = 'strongroomDynamoDBLogs'
const GUARD = 'strongroomDynamoDBGuard'
const SENDING_GUARD = 'strongroomDynamoDBSendingGuard'
const RUNTIME = Symbol.for('@strongroom/dynamodb runtime')

/** A plugin for the middleware stack of a `DynamoDBClient`. */
export type DynamoDBEncryptionPlugin = Pluggable<ServiceInputTypes, ServiceOutputTypes>

/** Options of {@link dynamodbEncryption}. */
export type DynamoDBEncryptionPluginConfig = DynamoDBEncryptionConfig & {
  /** A client that does not encrypt, of the same endpoint: what `updates: 'rewrite'` and `updateItem` read with. {@link withEncryption} has one. */
  readonly client?: Pick<DynamoDBClient, 'send'>
}

/**
 * Makes the plugin that `withEncryption` uses, for a client that has no other use: `client.middlewareStack.use(dynamodbEncryption(config))`, before
 * the client's first call and before `DynamoDBDocumentClient.from(client)` or after: both share a stack.
 *
 * Items are encrypted once, after DocumentClient's marshalling and before the SDK serialises, signs and retries; every retry sends the same bytes.
 * The serialised request is checked before it leaves.
 *
 * @throws `OPTION_INVALID`; when used, `ALREADY_APPLIED`.
 */
export function dynamodbEncryption(config: DynamoDBEncryptionPluginConfig): DynamoDBEncryptionPlugin {
  const { client, ...rest } = config
  const resolved = resolveConfig(rest, client as DynamoDBClient | undefined)
  return {
    applyToStack(given) {
      const stack = given as AnyStack
      assertNotApplied(stack)
      if ((client as Partial<DynamoDBClient> | undefined)?.middlewareStack === given) throw ownClient()
      // Outside of everything: loggers of the SDK take their filters from the context.
      stack.add(logFilters, { name: LOGS, step: 'initialize', priority: 'high', tags: ['STRONGROOM'] })
      // Before the request is signed, and once more at the very end: middleware of later steps could still change the body.
      stack.add(guard, { name: GUARD, step: 'build', priority: 'low', tags: ['STRONGROOM'] })
      stack.add(sendingGuard, { name: SENDING_GUARD, step: 'deserialize', priority: 'low', tags: ['STRONGROOM'] })
      hookCommands(stack, (combined, { isDocument }) => addEncryption(combined, isDocument, resolved))
      Object.defineProperty(stack, RUNTIME, { value: resolved, configurable: true })
    },
  }
}

/** The configuration that a client, or its document client, encrypts by; undefined where it does not. */
export function runtimeOf(client: { readonly middlewareStack: object }): PluginConfig | undefined {
  return (client.middlewareStack as { readonly [RUNTIME]?: PluginConfig })[RUNTIME]
}

function addEncryption(stack: AnyStack, isDocument: boolean, config: PluginConfig): void {
  const encryption: SerializeMiddleware<ServiceInputTypes, ServiceOutputTypes> = (next, context) => async (args) => {
    const operation = operationOf(context.commandName ?? '')
    const kind = operationKind(operation)
    if (kind === undefined) throw unknown(operation)
    const handler = handlerOf(operation)
    if (handler === undefined) return next(args)
    let answer: Awaited<ReturnType<typeof next>> | undefined
    const send = async (input: Input, decrypt?: Decrypt): Promise<Output> => {
      const state: CallState = { operation, body: canonicalJson(input), decrypt }
      answer = await next(withCallState({ ...args, input: input as unknown as ServiceInputTypes }, state))
      if (state.failure !== undefined) throw state.failure
      return answer.output as unknown as Output
    }
    const output = await handler({
      config,
      operation,
      input: copyInput(args.input),
      signal: signalOf(context),
      send,
    })
    // The output's wrapper is kept, since other middleware may look for the raw response in it.
    return { ...(answer as NonNullable<typeof answer>), output: output as unknown as ServiceOutputTypes }
  }
  const decryption: DeserializeMiddleware<ServiceInputTypes, ServiceOutputTypes> = (next) => async (args) => {
    const answer = await next(args)
    const state = callState(args)
    if (state?.decrypt === undefined) return answer
    try {
      const output = await state.decrypt(answer.output as unknown as Output)
      return { ...answer, output: output as unknown as ServiceOutputTypes }
    } catch (error) {
      // Told when the call is done: thrown here, the SDK could take it for a reason to send the request again.
      state.failure = error
      return { ...answer, output: { $metadata: answer.output?.$metadata } as ServiceOutputTypes }
    }
  }
  const tags = ['STRONGROOM']
  // Commands of lib-dynamodb are copied by marshalling, which is the first that is done to them; of others the SDK first resolves the endpoint.
  if (!isDocument) stack.add(snapshot, { name: SNAPSHOT, step: 'initialize', priority: 'high', tags })
  stack.addRelativeTo(encryption, {
    name: ENCRYPTION,
    relation: isDocument ? 'after' : 'before',
    toMiddleware: isDocument ? 'DocumentMarshall' : 'serializerMiddleware',
    tags,
  })
  stack.addRelativeTo(decryption, {
    name: DECRYPTION,
    relation: isDocument ? 'after' : 'before',
    toMiddleware: isDocument ? 'DocumentUnmarshall' : 'deserializerMiddleware',
    tags,
  })
}

const snapshot: InitializeMiddleware<ServiceInputTypes, ServiceOutputTypes> = (next, context) => {
  if (operationKind(operationOf(context.commandName ?? '')) === 'passes') return next
  return (args) => next({ ...args, input: copyInput(args.input) as unknown as ServiceInputTypes })
}

const logFilters: InitializeMiddleware<ServiceInputTypes, ServiceOutputTypes> = (next, context) => {
  if (operationKind(operationOf(context.commandName ?? '')) === 'passes') return next
  keepItemsOutOfLogs(context as LogContext)
  return async (args) => {
    try {
      return await next(args)
    } catch (error) {
      // The logger is done with it.
      releaseItems(error)
      throw error
    }
  }
}

const guard: BuildMiddleware<ServiceInputTypes, ServiceOutputTypes> = (next) => async (args) => {
  checkRequest(args)
  return next(args)
}

const sendingGuard: DeserializeMiddleware<ServiceInputTypes, ServiceOutputTypes> = (next) => async (args) => {
  checkRequest(args)
  return next(args)
}

function assertNotApplied(stack: AnyStack): void {
  if (!stack.identify().some((line) => line.includes(GUARD))) return
  throw new DynamoDBEncryptionError(
    'ALREADY_APPLIED',
    'This client encrypts already; encrypting twice would make items that nobody reads. Apply withEncryption or dynamodbEncryption once, to the plain client.',
  )
}

function ownClient(): StrongroomError {
  return new StrongroomError(
    'OPTION_INVALID',
    'The option client of dynamodbEncryption must be another client than the one that encrypts: what is read for an update is what DynamoDB has.',
    { option: 'client' },
  )
}

function unknown(operation: string): DynamoDBEncryptionError<'OPERATION_UNSUPPORTED'> {
  return new DynamoDBEncryptionError(
    'OPERATION_UNSUPPORTED',
    `The operation ${operation || 'of an unnamed command'} is not known, so it cannot be told whether it carries items. Send it through a client without encryption.`,
  )
}

function signalOf(context: HandlerExecutionContext): AbortSignal | undefined {
  const signal = context.__smithy_context?.abortSignal
  return signal instanceof AbortSignal ? signal : undefined
}
