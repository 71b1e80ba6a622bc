import { EventEmitter } from 'node:events'
import type { Server } from 'node:http'
import { isObject, type JsonObject } from '../endpoint/input.ts'
import { ServiceError } from '../endpoint/service-error.ts'

const HEADERS = {
  'content-type': 'application/x-amz-json-1.0',
  // Only the presence of these is checked; who may call is decided before.
  authorization: 'AWS4-HMAC-SHA256 Credential=c, Signature=s, SignedHeaders=h',
  'x-amz-date': '20260101T000000Z',
} as const

/** The single-item operations, queries and tables of dynalite. Its server is called in the process and never listens. */
export class Engine {
  readonly #server: Server

  private constructor(server: Server) {
    this.#server = server
  }

  /** Makes an engine with no tables. */
  static async start(): Promise<Engine> {
    // Loading takes longer than everything else: whoever tests with KMS alone does not pay for it.
    const { default: dynalite } = await import('dynalite')
    return new Engine(dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 }))
  }

  /** @throws {@link ServiceError} of AWS's name */
  async call(operation: string, input: JsonObject): Promise<JsonObject> {
    const { status, text } = await this.#exchange(operation, JSON.stringify(input))
    const body: unknown = text === '' ? {} : JSON.parse(text)
    const answer = isObject(body) ? body : {}
    if (status === 200) return answer
    if (status === 413) throw new ServiceError('RequestEntityTooLargeException', 'The request is larger than 16 MB', 413)
    const type = String(answer.__type).split('#')
    throw new ServiceError(type.at(-1) ?? 'InternalServerError', String(answer.message ?? answer.Message ?? ''), status)
  }

  #exchange(operation: string, body: string): Promise<{ status: number; text: string }> {
    return new Promise((resolve) => {
      const request = Object.assign(new EventEmitter(), {
        method: 'POST',
        url: '/',
        headers: { ...HEADERS, 'x-amz-target': `DynamoDB_20120810.${operation}` },
      })
      const response = {
        statusCode: 200,
        setHeader: (): void => {},
        end: (text = ''): void => resolve({ status: response.statusCode, text }),
      }
      this.#server.emit('request', request, response)
      request.emit('data', Buffer.from(body))
      request.emit('end')
    })
  }
}
