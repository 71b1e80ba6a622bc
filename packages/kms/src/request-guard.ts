import { KmsKeyError } from './errors.ts'
import type { KeyArn } from './key-arn.ts'

/** The parts of a request that decide whether it is protected on its way. */
interface RequestLike {
  readonly protocol?: string
  readonly hostname?: string
}

/** The parts of the SDK's middleware arguments that the guard sees. */
interface GuardedArgs {
  readonly request?: unknown
}

/** The part of a command's context that decides what the SDK's logger sees of its answer. */
interface LoggedContext {
  outputFilterSensitiveLog?: (output: unknown) => unknown
}

/** Members of answers that nobody may see. The SDK takes a MAC for public, and here it is a key. */
const SECRETS = ['Plaintext', 'SharedSecret', 'Mac'] as const

/** A command's own middleware stack, as far as the guard needs it; its types differ between SDK versions. */
export interface GuardableCommand {
  readonly middlewareStack: { add(middleware: never, options: never): void }
}

/**
 * Puts a guard on one command, around what sends it and reads its answer:
 *
 * - plaintext data keys and other secrets travel on the connection, so that a request without TLS leaves this machine only where that was allowed. The request
 *   itself is looked at, since the endpoint may come from the environment or a profile.
 * - the SDK hangs answers on its errors, and quotes them in the message of a parse error: neither may carry a secret to a logger or a caller. Nor
 *   may what the SDK itself logs of an answer.
 *
 * @throws `ENDPOINT_INSECURE`, from `send`
 */
export function guard(command: GuardableCommand, key: KeyArn, region: string, allowInsecureEndpoint: boolean): void {
  const middleware = (next: (args: GuardedArgs) => Promise<object>) => async (args: GuardedArgs) => {
    const { protocol, hostname = '' } = (args.request ?? {}) as RequestLike
    if (protocol !== 'https:' && !allowInsecureEndpoint && !isLoopback(hostname)) {
      throw new KmsKeyError(
        'ENDPOINT_INSECURE',
        `The KMS endpoint ${protocol ?? ''}//${hostname} is not protected by TLS, and data keys would travel on it. Use https, or set allowInsecureEndpoint where the network is trusted.`,
        { keyId: key.arn, region },
      )
    }
    try {
      return await next(args)
    } catch (error) {
      throw withoutAnswer(error)
    }
  }
  // Last before the step that sends and reads, inside of the retries and of the SDK's logger.
  const place = { step: 'finalizeRequest', priority: 'low', name: 'strongroomKmsGuard', override: true }
  command.middlewareStack.add(middleware as never, place as never)
  const logging = (next: (args: GuardedArgs) => Promise<object>, context: LoggedContext) => {
    context.outputFilterSensitiveLog = withoutSecrets(context.outputFilterSensitiveLog)
    return next
  }
  command.middlewareStack.add(logging as never, { step: 'initialize', name: 'strongroomKmsLogFilter', override: true } as never)
}

function withoutSecrets(filter: (output: unknown) => unknown = (output) => output): (output: unknown) => unknown {
  return (output) => {
    const shown = filter(output)
    if (typeof shown !== 'object' || shown === null) return shown
    const hidden = SECRETS.filter((name) => name in shown).map((name) => [name, '***SensitiveInformation***'])
    return { ...shown, ...Object.fromEntries(hidden) }
  }
}

/** Whether a host name means this machine, without asking a resolver: a name other than `localhost` may point anywhere. */
export function isLoopback(hostname: string): boolean {
  const host = hostname.replace(/^\[(.*)\]$/, '$1').toLowerCase()
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
}

/** What the SDK's errors of one call may hold. */
interface AnsweredError {
  readonly $response?: { body?: unknown; readonly statusCode?: number }
  readonly $metadata?: { readonly httpStatusCode?: number }
  readonly $fault?: unknown
}

function withoutAnswer(error: unknown): unknown {
  if (typeof error !== 'object' || error === null) return error
  const { $response, $metadata, $fault } = error as AnsweredError
  if ($response !== undefined) $response.body = undefined
  // The SDK copies members of an error's body that it does not know onto the error.
  for (const name of SECRETS) delete (error as { [Name in (typeof SECRETS)[number]]?: unknown })[name]
  if ($fault !== undefined || ($response === undefined && !(error instanceof SyntaxError))) return error
  // No error that KMS modelled, but an answer: it could not be read, and the error quotes it.
  const unreadable = new Error('The answer of AWS KMS could not be read.')
  unreadable.name = 'UnreadableAnswer'
  return Object.assign(unreadable, { $metadata })
}
