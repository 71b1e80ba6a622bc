import { type Call, CallRecorder } from './call-log.ts'
import { type Endpoint, type Environment, endpointOn, signedRegion, uuid } from './endpoint.ts'
import { FaultInjector } from './faults.ts'
import { inject } from './inject.ts'
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
  /** The version of AWS JSON; default 1.1. */
  readonly jsonVersion?: '1.0' | '1.1'
}

/** Serves AWS JSON on a loopback port. */
export async function startService<C extends Call>(service: AwsJsonService<C>, environment: Environment): Promise<Endpoint<C>> {
  const contentType = `application/x-amz-json-${service.jsonVersion ?? '1.1'}`
  const calls = new CallRecorder<C>()
  const faults = new FaultInjector<C>()
  const transport = await listen((exchange) => {
    answer(exchange).catch(() => exchange.reset())
  })

  async function answer(exchange: Exchange): Promise<void> {
    const requestId = uuid(environment.randomBytes)
    const reply = (status: number, body: JsonObject): void =>
      exchange.reply(status, { 'content-type': contentType, 'x-amzn-requestid': requestId }, JSON.stringify(body))
    const replyError = (error: ServiceError): void => reply(error.status, { __type: error.name, message: error.message, ...error.details })

    const request = readRequest(exchange, service)
    if (request instanceof ServiceError) return replyError(request)
    service.onRequest?.({ operation: request.name, headers: exchange.headers, body: exchange.body })
    const region = signedRegion(exchange.headers.authorization) ?? environment.region
    const call = service.describe(request.name, request.input, region)
    const close = calls.add(call)
    try {
      const injected = await inject(call, faults, environment, service.throttled, internalFailure)
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

  return endpointOn(transport, environment, calls, faults)
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

function internalFailure(): ServiceError {
  return new ServiceError('InternalFailure', 'The service is down', 500)
}

function internalError(cause: unknown): ServiceError {
  return new ServiceError('InternalFailure', cause instanceof Error ? `${cause.name}: ${cause.message}` : 'Unknown failure', 500)
}
