import { Readable } from 'node:stream'
import { KMSClient, type KMSClientConfig } from '@aws-sdk/client-kms'

/** A request as it would have left the process. */
export interface SentRequest {
  readonly protocol: string
  readonly hostname: string
  readonly body: Record<string, unknown>
}

/** What to answer: a status and a body, as JSON or as it is. */
export interface CannedAnswer {
  readonly status?: number
  readonly json?: object
  readonly text?: string
}

/** A real client of the SDK over a network that answers what it is told, and keeps what it was sent. */
export function cannedClient(
  answer: CannedAnswer | ((sent: SentRequest) => CannedAnswer),
  config: KMSClientConfig = {},
): { readonly client: KMSClient; readonly sent: SentRequest[] } {
  const sent: SentRequest[] = []
  const client = new KMSClient({
    region: 'eu-west-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
    requestHandler: {
      async handle(request: { protocol: string; hostname: string; body: string | Uint8Array }) {
        const seen = {
          protocol: request.protocol,
          hostname: request.hostname,
          body: JSON.parse(typeof request.body === 'string' ? request.body : new TextDecoder().decode(request.body)) as SentRequest['body'],
        }
        sent.push(seen)
        const { status = 200, json = {}, text = JSON.stringify(json) } = typeof answer === 'function' ? answer(seen) : answer
        const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': 'request-1' }
        return { response: { statusCode: status, headers, body: Readable.from([Buffer.from(text)]) } as never }
      },
    },
    ...config,
  })
  return { client, sent }
}
