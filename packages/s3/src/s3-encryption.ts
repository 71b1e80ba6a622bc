import type { S3Client, ServiceInputTypes, ServiceOutputTypes } from '@aws-sdk/client-s3'
import type {
  BuildMiddleware,
  DeserializeMiddleware,
  HandlerExecutionContext,
  InitializeMiddleware,
  MiddlewareStack,
  Pluggable,
  SerializeMiddleware,
} from '@smithy/types'
import { StrongroomError } from '@strongroom/core'
import { hasMethods } from '@strongroom/core/options'
import { s3Error } from './errors.ts'
import { checkRequest, withCallState } from './plugin/guard.ts'
import { handlerOf } from './plugin/handlers.ts'
import { withoutBody } from './plugin/log-filter.ts'
import { operationKind, operationOf, remedyFor } from './plugin/operations.ts'
import { orFailureOf } from './plugin/stream-failure.ts'
import { resolveRuntime, type S3EncryptionConfig, type S3Runtime } from './plugin-config.ts'

const ENCRYPTION = 'strongroomS3Encryption'
const SERIALISED_GUARD = 'strongroomS3SerialisedGuard'
const GUARD = 'strongroomS3Guard'
const SENDING_GUARD = 'strongroomS3SendingGuard'
const RUNTIME = Symbol.for('@strongroom/s3 runtime')
const hasSend = hasMethods('send')

/** A plugin for the middleware stack of an `S3Client`. */
export type S3EncryptionPlugin = Pluggable<ServiceInputTypes, ServiceOutputTypes>

/** Options of {@link s3Encryption}. */
export type S3EncryptionPluginConfig = S3EncryptionConfig & {
  /** A client of the same endpoint that does not encrypt: instruction files, second passes and parts are read with it. `withEncryption` has one. */
  readonly client: Pick<S3Client, 'send'>
}

/**
 * Makes the plugin that `withEncryption` uses, for a client that has no other use: `client.middlewareStack.use(s3Encryption({ ...config, client: plain }))`,
 * before the client's first call.
 *
 * Bodies are encrypted once, before the SDK serialises, redirects, signs and retries; every retry of a body that was given as bytes sends the same. The
 * serialised request is checked before it leaves.
 *
 * @throws `OPTION_INVALID`, `SUITE_FORBIDDEN`, `KEYRING_UNSUITABLE`; when used, `ALREADY_APPLIED`.
 */
export function s3Encryption(config: S3EncryptionPluginConfig): S3EncryptionPlugin {
  const { client, ...rest } = config
  const wrong = client === undefined ? 'be a client' : hasSend(client)
  if (wrong !== undefined) {
    throw new StrongroomError(
      'OPTION_INVALID',
      `s3Encryption: the option client must ${wrong} that does not encrypt. Use withEncryption, or give another S3Client.`,
      {
        option: 'client',
      },
    )
  }
  const runtime = resolveRuntime('s3Encryption', rest as S3EncryptionConfig, client)
  return {
    applyToStack(stack) {
      assertNotApplied(stack)
      const tags = ['STRONGROOM']
      // Outside of the SDK's logger, which so sees ciphertext only, and of its redirects, which would encrypt anew.
      stack.add(encryption(runtime), { name: ENCRYPTION, step: 'initialize', priority: 'high', tags })
      stack.addRelativeTo(serialisedGuard, { name: SERIALISED_GUARD, relation: 'after', toMiddleware: 'serializerMiddleware', tags })
      // Before the request is signed, and once more at the very end: middleware of later steps could still change the body.
      stack.add(guard, { name: GUARD, step: 'build', priority: 'low', tags })
      stack.add(sendingGuard, { name: SENDING_GUARD, step: 'deserialize', priority: 'low', tags })
      Object.defineProperty(stack, RUNTIME, { value: runtime, configurable: true })
    },
  }
}

/** What a client encrypts by; undefined where it does not. */
export function runtimeOf(client: { readonly middlewareStack: object }): S3Runtime | undefined {
  return (client.middlewareStack as { readonly [RUNTIME]?: S3Runtime })[RUNTIME]
}

function encryption(runtime: S3Runtime): InitializeMiddleware<ServiceInputTypes, ServiceOutputTypes> {
  return (next, context) => {
    const operation = operationOf(context.commandName ?? '')
    const kind = operationKind(operation)
    if (kind !== 'passes') {
      context.inputFilterSensitiveLog = withoutBody(context.inputFilterSensitiveLog)
      context.outputFilterSensitiveLog = withoutBody(context.outputFilterSensitiveLog)
    }
    return async (args) => {
      if (kind === undefined || kind === 'refuses') throw refused(operation)
      if (operation === 'PutObject' && isOfUpload()) throw ofUpload()
      if (kind === 'passes') return await next(withCallState(args, operation, undefined))
      const handler = handlerOf(operation)
      if (handler === undefined) throw refused(operation)
      // The output's wrapper is kept, since other middleware may look for the raw response in it.
      let answer: Awaited<ReturnType<typeof next>> | undefined
      const output = await handler({
        runtime,
        input: { ...args.input },
        signal: signalOf(context),
        async send(input, body) {
          answer = await orFailureOf(body, next(withCallState({ ...args, input }, operation, body)))
          if ('presigned' in answer.output) throw presigned(operation)
          return answer.output
        },
      })
      return { ...(answer as NonNullable<typeof answer>), output }
    }
  }
}

const serialisedGuard: SerializeMiddleware<ServiceInputTypes, ServiceOutputTypes> = (next) => async (args) => {
  checkRequest(args, 'serialised')
  return next(args)
}
const guard: BuildMiddleware<ServiceInputTypes, ServiceOutputTypes> = (next) => async (args) => {
  checkRequest(args, 'built')
  return next(args)
}
const sendingGuard: DeserializeMiddleware<ServiceInputTypes, ServiceOutputTypes> = (next) => async (args) => {
  checkRequest(args, 'sending')
  return next(args)
}

/** The names are the mark: they survive cloning of the stack, and are the same in two installed copies of this package. */
function assertNotApplied(stack: MiddlewareStack<ServiceInputTypes, ServiceOutputTypes>): void {
  if (!stack.identify().some((line) => line.startsWith(`${ENCRYPTION} `) || line.startsWith(`${GUARD} `))) return
  throw s3Error(
    'ALREADY_APPLIED',
    'This client encrypts already; encrypting twice would make objects that nobody reads. Apply withEncryption or s3Encryption once, to the plain client.',
  )
}

function refused(operation: string): Error {
  return s3Error('COMMAND_UNSUPPORTED', `An encrypted client does not send ${operation || 'an unnamed command'}. ${remedyFor(operation)}`)
}

function presigned(operation: string): Error {
  return s3Error(
    'COMMAND_UNSUPPORTED',
    `${operation} cannot be presigned by an encrypted client: whoever uses the URL would send plaintext, or get ciphertext. Presign with a client without encryption, and use encryptObject and decryptObject on the other end.`,
  )
}

/**
 * Whether a PutObject is the one that lib-storage's Upload sends for a short body. It would be encrypted rightly; but the same code fails as soon as a
 * body is longer, so that it is refused when it is written and not when it runs.
 */
function isOfUpload(): boolean {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 40
  const { stack = '' } = new Error('where from')
  Error.stackTraceLimit = stackTraceLimit
  return stack.includes('.__uploadUsingPut ')
}

function ofUpload(): Error {
  return s3Error(
    'COMMAND_UNSUPPORTED',
    'Upload of @aws-sdk/lib-storage cuts a body into parts before it could be encrypted. Use EncryptedUpload of @strongroom/s3 in its place.',
  )
}

function signalOf(context: HandlerExecutionContext): AbortSignal | undefined {
  const signal = context.__smithy_context?.abortSignal
  return signal instanceof AbortSignal ? signal : undefined
}
