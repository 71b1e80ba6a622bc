import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

/** An STS on loopback that knows AssumeRole and nothing else. */
export interface SmallSts extends AsyncDisposable {
  readonly endpoint: string
  /** The parameters of each call, and the Region that it was signed for. */
  readonly calls: Record<string, string>[]
}

/** Starts one. It answers an error's code and status where `refuse` names one, else credentials that are good until 2100. */
export async function startSmallSts(refuse?: { readonly code: string; readonly status: number }): Promise<SmallSts> {
  const calls: Record<string, string>[] = []
  const server = createServer(async (request, response) => {
    const region = /Credential=[^/]+\/\d+\/([^/]+)\/sts\//.exec(request.headers.authorization ?? '')?.[1] ?? ''
    calls.push({ ...Object.fromEntries(new URLSearchParams(await text(request))), region })
    const { code, status } = refuse ?? { code: undefined, status: 200 }
    response.writeHead(status, { 'content-type': 'text/xml' })
    response.end(code === undefined ? credentials(calls.length) : error(code))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

const NAMESPACE = 'https://sts.amazonaws.com/doc/2011-06-15/'

function credentials(session: number): string {
  const members = `<AccessKeyId>ASIASESSION${session}</AccessKeyId><SecretAccessKey>secret</SecretAccessKey><SessionToken>token</SessionToken>`
  return `<AssumeRoleResponse xmlns="${NAMESPACE}"><AssumeRoleResult><Credentials>${members}<Expiration>2100-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`
}

function error(code: string): string {
  return `<ErrorResponse xmlns="${NAMESPACE}"><Error><Type>Sender</Type><Code>${code}</Code><Message>refused</Message></Error></ErrorResponse>`
}
