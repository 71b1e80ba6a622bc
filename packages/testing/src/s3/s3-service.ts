import type { IncomingMessage, ServerResponse } from 'node:http'
import type { RecordedRequest } from '../endpoint/aws-json-service.ts'
import { CallRecorder } from '../endpoint/call-log.ts'
import { type Endpoint, EXAMPLE_CREDENTIALS, endpointOn, signedRegion, uuid } from '../endpoint/endpoint.ts'
import { FaultInjector } from '../endpoint/faults.ts'
import { inject } from '../endpoint/inject.ts'
import { ServiceError } from '../endpoint/service-error.ts'
import { bucketOperations } from './bucket-operations.ts'
import type { BucketStore, S3Operation, S3Response } from './bucket-store.ts'
import type { Content } from './content.ts'
import { deleteOperations } from './delete-operations.ts'
import { detailOperations } from './detail-operations.ts'
import type { S3Call } from './embedded-s3.ts'
import { listOperations } from './list-operations.ts'
import { multipartOperations } from './multipart-operations.ts'
import { verifyPresigned } from './presigned.ts'
import { readOperations } from './read-operations.ts'
import { BodyReceiver, missingLength } from './received-body.ts'
import { S3Error } from './s3-error.ts'
import { type RequestHead, readHead } from './s3-request.ts'
import { flatHeaders, listenHttp, receive, sendContent } from './s3-server.ts'
import type { TransferFaults } from './transfer-faults.ts'
import { writeOperations } from './write-operations.ts'
import { toXml } from './xml.ts'

const OPERATIONS: ReadonlyMap<string, S3Operation> = new Map<string, S3Operation>([
  ...bucketOperations,
  ...readOperations,
  ...writeOperations,
  ...deleteOperations,
  ...listOperations,
  ...multipartOperations,
  ...detailOperations,
])

/** What the service is made of. */
export interface S3ServiceParts {
  readonly store: BucketStore
  readonly transferFaults: TransferFaults
  readonly deny: ((call: S3Call) => boolean) | undefined
  readonly onRequest: ((request: RecordedRequest) => void) | undefined
}

/** Serves S3's REST interface on a loopback port. */
export async function startS3Service({ store, transferFaults, deny, onRequest }: S3ServiceParts): Promise<Endpoint<S3Call>> {
  const { environment } = store
  const calls = new CallRecorder<S3Call>()
  const faults = new FaultInjector<S3Call>()
  const transport = await listenHttp((request, response) => {
    answer(request, response).catch(() => request.socket.destroy())
  })

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const headers = flatHeaders(request)
    const head = attempt(() => readHead(request.method ?? '', request.url ?? '/', headers))
    const receiver = new BodyReceiver(head instanceof ServiceError ? {} : bodyHeaders(head))
    if (!(await receive(request, (bytes) => receiver.push(bytes)))) return
    const reply = replyTo(response, uuid(environment.randomBytes), request.method === 'HEAD')
    if (head instanceof ServiceError) return reply.error(head)

    onRequest?.(recorded(head, receiver.raw))
    const call = describe(head)
    const close = calls.add(call)
    try {
      const injected = await inject(call, faults, environment, slowDown, internalError)
      if (injected === 'reset') {
        close('ConnectionReset')
        request.socket.resetAndDestroy()
        return
      }
      if (deny?.(call) === true) throw new S3Error('AccessDenied', 'Access Denied', 403)
      const region = authorize(head, environment.clock(), environment.region)
      if (
        needsLength(head) &&
        request.headers['content-length'] === undefined &&
        head.headers['x-amz-decoded-content-length'] === undefined
      ) {
        throw missingLength()
      }
      const operation = OPERATIONS.get(head.operation)
      if (operation === undefined) throw new S3Error('NotImplemented', `The embedded endpoint has no ${head.operation}`, 501)
      const output = operation(store, { ...head, region, body: receiver.finish() })
      close()
      if (injected === 'lost-answer') request.socket.resetAndDestroy()
      else await reply.output(output, transferFaults.limitOf(call))
    } catch (error) {
      const known = error instanceof ServiceError ? error : internalErrorOf(error)
      close(known.name)
      reply.error(known)
    }
  }

  return endpointOn(transport, environment, calls, faults)
}

/** The ways to answer. */
function replyTo(response: ServerResponse, requestId: string, isHead: boolean) {
  const common = { 'x-amz-request-id': requestId, 'x-amz-id-2': requestId, server: 'AmazonS3' }
  const send = (status: number, headers: Readonly<Record<string, string>>, body: string): void => {
    if (response.destroyed) return
    const type = body === '' ? {} : { 'content-type': 'application/xml' }
    const length = status === 304 || status === 204 ? {} : { 'content-length': String(Buffer.byteLength(body)) }
    response.writeHead(status, { ...common, ...type, ...headers, ...length })
    response.end(isHead ? undefined : body)
  }
  return {
    error: (error: ServiceError): void => {
      const { name: Code, message: Message, status, details } = error
      const headers = error instanceof S3Error ? error.headers : {}
      const body =
        status === 304 || isHead ? '' : toXml('Error', { Code, Message, ...(details as Record<string, string>), RequestId: requestId })
      send(status, headers, body)
    },
    output: async ({ status = 200, headers = {}, xml = '', content }: S3Response, limit: number | undefined): Promise<void> => {
      if (content === undefined) return send(status, headers, xml)
      if (response.destroyed) return
      response.writeHead(status, { ...common, ...headers, 'content-length': String(content.size) })
      const held = isHead || (await sendContent(response, content, limit))
      if (!held) return
      if (!isHead && limit !== undefined && limit < content.size) response.socket?.destroySoon()
      else response.end()
    },
  }
}

/** The Region that the request was signed for. A signature in the query is verified; one in the headers only has to be there. */
function authorize(head: RequestHead, now: number, defaultRegion: string): string {
  if (head.query.has('X-Amz-Signature') || head.query.has('X-Amz-Algorithm')) {
    verifyPresigned(head, EXAMPLE_CREDENTIALS, now)
    return head.query.get('X-Amz-Credential')?.split('/')[2] ?? defaultRegion
  }
  const { authorization } = head.headers
  if (authorization === undefined) throw new S3Error('AccessDenied', 'Access Denied', 403)
  return signedRegion(authorization) ?? defaultRegion
}

function needsLength({ operation }: RequestHead): boolean {
  return operation === 'PutObject' || operation === 'UploadPart'
}

// The checksum of CompleteMultipartUpload is that of the object, not of its body.
function bodyHeaders({ operation, headers }: RequestHead): RequestHead['headers'] {
  if (operation !== 'CompleteMultipartUpload') return headers
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith('x-amz-checksum-')))
}

function describe({ operation, bucket, key, query, headers }: RequestHead): S3Call {
  const [versionId, partNumber, range] = [query.get('versionId'), query.get('partNumber'), headers.range]
  return {
    operation,
    ...(bucket === undefined ? {} : { bucket }),
    ...(key === undefined ? {} : { key }),
    ...(versionId === undefined ? {} : { versionId }),
    ...(range === undefined ? {} : { range }),
    ...(partNumber === undefined ? {} : { partNumber: Number(partNumber) }),
  }
}

function recorded({ operation, headers }: RequestHead, raw: Content): RecordedRequest {
  return {
    operation,
    headers,
    // Put together only when somebody looks.
    get body() {
      return raw.bytes()
    },
  }
}

function attempt<T>(read: () => T): T | ServiceError {
  try {
    return read()
  } catch (error) {
    if (error instanceof ServiceError) return error
    throw error
  }
}

function slowDown(): S3Error {
  return new S3Error('SlowDown', 'Please reduce your request rate.', 503)
}

function internalError(): S3Error {
  return new S3Error('InternalError', 'We encountered an internal error. Please try again.', 500)
}

function internalErrorOf(cause: unknown): S3Error {
  return new S3Error('InternalError', cause instanceof Error ? `${cause.name}: ${cause.message}` : 'Unknown failure', 500)
}
