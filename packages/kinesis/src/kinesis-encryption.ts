import type { ServiceInputTypes, ServiceOutputTypes } from '@aws-sdk/client-kinesis'
import type {
  BuildMiddleware,
  DeserializeMiddleware,
  HandlerExecutionContext,
  InitializeMiddleware,
  MiddlewareStack,
  Pluggable,
} from '@smithy/types'
import { withCallState } from './call-state.ts'
import { commandHandler } from './commands.ts'
import { type KinesisEncryptionConfig, resolveConfig } from './config.ts'
import { kinesisError } from './errors.ts'
import { requestGuard } from './guard.ts'
import { withoutData } from './log-filter.ts'

const ENCRYPTION = 'strongroomKinesisEncryption'
const GUARD = 'strongroomKinesisGuard'
const SENDING_GUARD = 'strongroomKinesisSendingGuard'

/** A plugin for the middleware stack of a `KinesisClient`. */
export type KinesisEncryptionPlugin = Pluggable<ServiceInputTypes, ServiceOutputTypes>

/**
 * Makes the plugin that {@link withEncryption} uses, for a client that has no other use: `client.middlewareStack.use(kinesisEncryption(config))`,
 * before the client's first call.
 *
 * Records are encrypted once, before the SDK serialises, signs and retries; every retry sends the same bytes. The serialised request is checked
 * before it leaves.
 *
 * @throws `OPTION_INVALID`, `SUITE_FORBIDDEN`; when used, `ALREADY_APPLIED`.
 */
export function kinesisEncryption(config: KinesisEncryptionConfig): KinesisEncryptionPlugin {
  const resolved = resolveConfig(config)
  const handle = commandHandler(resolved)
  const check = requestGuard(resolved.streams, resolved.otherStreams)

  const encryption: InitializeMiddleware<ServiceInputTypes, ServiceOutputTypes> = (next, context) => {
    context.inputFilterSensitiveLog = withoutData(context.inputFilterSensitiveLog)
    context.outputFilterSensitiveLog = withoutData(context.outputFilterSensitiveLog)
    return async (args) => {
      // The output's wrapper is kept, since other middleware may look for the raw response in it.
      let answer: Awaited<ReturnType<typeof next>> | undefined
      const output = await handle({
        commandName: context.commandName ?? 'an unnamed command',
        input: args.input,
        signal: signalOf(context),
        next: async (input, state) => {
          answer = await next(state === undefined ? { ...args, input } : withCallState({ ...args, input }, state))
          return answer.output
        },
      })
      return { ...(answer as NonNullable<typeof answer>), output }
    }
  }
  const guard: BuildMiddleware<ServiceInputTypes, ServiceOutputTypes> = (next) => async (args) => {
    check(args)
    return next(args)
  }
  const sendingGuard: DeserializeMiddleware<ServiceInputTypes, ServiceOutputTypes> = (next) => async (args) => {
    check(args)
    return next(args)
  }

  return {
    applyToStack(stack) {
      assertNotApplied(stack)
      // Outside of the SDK's logger, which so sees ciphertext only, and no error that carries plaintext.
      stack.add(encryption, { name: ENCRYPTION, step: 'initialize', priority: 'high', tags: ['STRONGROOM'] })
      // Before the request is signed, and once more at the very end: middleware of later steps could still change the body.
      stack.add(guard, { name: GUARD, step: 'build', priority: 'low', tags: ['STRONGROOM'] })
      stack.add(sendingGuard, { name: SENDING_GUARD, step: 'deserialize', priority: 'low', tags: ['STRONGROOM'] })
    },
  }
}

/** The names are the mark: they survive cloning of the stack, and are the same in two installed copies of this package. */
function assertNotApplied(stack: MiddlewareStack<ServiceInputTypes, ServiceOutputTypes>): void {
  if (!stack.identify().some((line) => line.startsWith(`${ENCRYPTION} `) || line.startsWith(`${GUARD} `))) return
  throw kinesisError(
    'ALREADY_APPLIED',
    'This client encrypts already; encrypting twice would make records that nobody reads. Apply withEncryption or kinesisEncryption once, to the plain client.',
  )
}

function signalOf(context: HandlerExecutionContext): AbortSignal | undefined {
  const signal = context.__smithy_context?.abortSignal
  return signal instanceof AbortSignal ? signal : undefined
}
