import { type Call, CallRecorder } from './call-log.ts'
import { type Endpoint, type Environment, REGION, uuid } from './endpoint.ts'
import { FaultInjector } from './faults.ts'
import { Input, isObject, type JsonObject } from './input.ts'
import { ServiceError } from './service-error.ts'
import { type Exchange, listen } from './transport.ts'

/**
 * Carries one operation out in a Region: the one that the request was signed for, as each Region of AWS has an endpoint of its own. What it
 * throws other than {@link ServiceError} is answered as HTTP 500.
 */
export type Operation = (input: Input, region: string) => JsonObject | Promise<JsonObject>

/** A request as it arrived. */
export interface RecordedRequest {
  /** Name of the operation, `PutRecords`. */
  readonly operation: string
  /** The request headers, names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** The body's bytes, exactly. */
  readonly body: Uint8Array
}

/** What makes a service out of operations. */
export interface AwsJsonService<C extends Call> {
  /** What comes before the dot in X-Amz-Target. */
  readonly targetPrefix: string
  readonly operations: ReadonlyMap<string, Operation>
  /** What is recorded of a call; runs before the input is checked, so it must not throw. */
  describe(operation: string, input: Input, region: string): C
  /** What throttling looks like. */
  throttled(call: C): ServiceError
  /** The error of a call the service must refuse before anything else. */
  refused?(call: C): ServiceError | undefined
  readonly onRequest?: (request: RecordedRequest) => void
}

const CONTENT_TYPE = 'application/x-amz-json-1.1'

/** Serves AWS JSON 1.1 on a loopback port. */
export async function startService<C extends Call>(service: AwsJsonService<C>, environment: Environment): Promise<Endpoint<C>> {
  const calls = new CallRecorder<C>()
  const faults = new FaultInjector<C>()
  const transport = await listen((exchange) => {
    answer(exchange).catch(() => exchange.reset())
  })

  async function answer(exchange: Exchange): Promise<void> {
    const requestId = uuid(environment.randomBytes)
    const reply = (status: number, body: JsonObject): void =>
      exchange.reply(status, { 'content-type': CONTENT_TYPE, 'x-amzn-requestid': requestId }, JSON.stringify(body))
    const replyError = (error: ServiceError): void => reply(error.status, { __type: error.name, message: error.message })

    const request = readRequest(exchange, service)
    if (request instanceof ServiceError) return replyError(request)
    service.onRequest?.({ operation: request.name, headers: exchange.headers, body: exchange.body })
    const region = signedRegion(exchange.headers) ?? environment.region
    const call = service.describe(request.name, request.input, region)
    const close = calls.add(call)
    try {
      const injected = await inject(call)
      if (injected === 'reset') {
        close('ConnectionReset')
        return exchange.reset()
      }
      const refused = service.refused?.(call)
      if (refused !== undefined) throw refused
      const output = await request.operation(request.input, region)
      close()
      if (injected === 'lost-answer') exchange.reset()
      else reply(200, output)
    } catch (error) {
      const known = error instanceof ServiceError ? error : internalError(error)
      close(known.name)
      replyError(known)
    }
  }

  async function inject(call: C): Promise<'reset' | 'lost-answer' | 'none'> {
    let outcome: 'lost-answer' | 'none' = 'none'
    for (const effect of faults.meet(call)) {
      switch (effect.kind) {
        case 'latency':
          await environment.sleep(effect.delay(call))
          break
        case 'silent':
          await effect.released
          break
        case 'throttle':
          throw service.throttled(call)
        case 'fail':
          throw new ServiceError(effect.error.name, effect.error.message ?? 'Injected by the test', effect.error.status ?? 400)
        case 'internal-error':
          throw new ServiceError('InternalFailure', 'The service is down', 500)
        case 'reset':
          return 'reset'
        case 'lost-answer':
          outcome = 'lost-answer'
      }
    }
    return outcome
  }

  const endpoint = `http://127.0.0.1:${transport.port}`
  let closed: Promise<void> | undefined
  const close = (): Promise<void> => {
    faults.clear()
    closed ??= transport.close()
    return closed
  }
  return {
    endpoint,
    region: environment.region,
    accountId: environment.accountId,
    clientConfig: {
      endpoint,
      region: environment.region,
      credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' },
    },
    calls,
    faults,
    close,
    [Symbol.asyncDispose]: close,
  }
}

function readRequest<C extends Call>(
  { method, headers, body }: Exchange,
  { targetPrefix, operations }: AwsJsonService<C>,
): { name: string; operation: Operation; input: Input } | ServiceError {
  const [prefix, name = ''] = (headers['x-amz-target'] ?? '').split('.')
  const operation = prefix === targetPrefix ? operations.get(name) : undefined
  if (method !== 'POST' || operation === undefined) {
    return new ServiceError(
      'UnknownOperationException',
      `The embedded endpoint has no operation ${JSON.stringify(headers['x-amz-target'] ?? '')}`,
    )
  }
  try {
    const members: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
    if (isObject(members)) return { name, operation, input: new Input(members) }
  } catch {
    // Answered below, as every body that is not a JSON object.
  }
  return new ServiceError('SerializationException', 'The body is not a JSON object')
}

/** The Region in the scope of a signature; undefined for a request without one, or where the scope names no Region of AWS. */
function signedRegion(headers: Exchange['headers']): string | undefined {
  const match = /\bCredential=[^/,\s]+\/\d{8}\/([^/,\s]+)\//.exec(headers.authorization ?? '')
  return match?.[1] !== undefined && REGION.test(match[1]) ? match[1] : undefined
}

function internalError(cause: unknown): ServiceError {
  return new ServiceError('InternalFailure', cause instanceof Error ? `${cause.name}: ${cause.message}` : 'Unknown failure', 500)
}
