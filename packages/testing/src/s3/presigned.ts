import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { S3Error } from './s3-error.ts'
import type { RequestHead } from './s3-request.ts'

const LONGEST_S = 604_800
/** How far the clocks of client and service may be apart. */
const SKEW_MS = 900_000

/** Who may sign. */
export interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

/**
 * Verifies a request that is signed in its query (AWS Signature Version 4), to the letter: method, path, parameters, signed headers, expiry.
 *
 * @throws `AccessDenied`, `AuthorizationQueryParametersError`, `InvalidAccessKeyId`, `SignatureDoesNotMatch`
 */
export function verifyPresigned({ method, path, rawQuery, query, headers }: RequestHead, credentials: Credentials, now: number): void {
  const parameter = (name: string): string =>
    query.get(name) ?? malformed(`Query-string authentication version 4 requires the ${name} parameter`)
  if (parameter('X-Amz-Algorithm') !== 'AWS4-HMAC-SHA256') malformed('X-Amz-Algorithm only supports "AWS4-HMAC-SHA256"')
  const [accessKeyId, ...scope] = parameter('X-Amz-Credential').split('/')
  const [date = '', region = '', service = '', terminator = ''] = scope
  const timestamp = parameter('X-Amz-Date')
  if (scope.length !== 4 || service !== 's3' || terminator !== 'aws4_request' || !timestamp.startsWith(date)) {
    malformed('Error parsing the X-Amz-Credential parameter')
  }
  if (accessKeyId !== credentials.accessKeyId) {
    throw new S3Error('InvalidAccessKeyId', 'The AWS Access Key Id you provided does not exist in our records.', 403)
  }
  checkExpiry(timestamp, parameter('X-Amz-Expires'), now)

  const signedHeaders = parameter('X-Amz-SignedHeaders').split(';')
  if (!signedHeaders.includes('host')) malformed('The host header must be signed')
  const canonicalRequest = [
    method,
    canonicalPath(path),
    canonicalQuery(rawQuery),
    ...signedHeaders.map((name) => `${name}:${(headers[name] ?? '').trim().replace(/ +/g, ' ')}`),
    '',
    signedHeaders.join(';'),
    headers['x-amz-content-sha256'] ?? query.get('X-Amz-Content-Sha256') ?? 'UNSIGNED-PAYLOAD',
  ].join('\n')
  const toSign = ['AWS4-HMAC-SHA256', timestamp, scope.join('/'), createHash('sha256').update(canonicalRequest).digest('hex')].join('\n')
  const key = [date, region, service, terminator].reduce<string | Uint8Array>(hmac, `AWS4${credentials.secretAccessKey}`)
  if (!equalText(Buffer.from(hmac(key, toSign)).toString('hex'), parameter('X-Amz-Signature'))) {
    throw new S3Error(
      'SignatureDoesNotMatch',
      'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
      403,
    )
  }
}

function checkExpiry(timestamp: string, expires: string, now: number): void {
  const signedAt = Date.parse(timestamp.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'))
  const seconds = Number(expires)
  if (Number.isNaN(signedAt)) malformed("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"")
  if (!Number.isInteger(seconds) || seconds < 1) malformed('X-Amz-Expires should be a positive number')
  if (seconds > LONGEST_S)
    malformed('X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds')
  if (signedAt - now > SKEW_MS) throw new S3Error('AccessDenied', 'Request is not yet valid', 403)
  if (now >= signedAt + seconds * 1000) {
    throw new S3Error('AccessDenied', 'Request has expired', 403, {
      'X-Amz-Expires': seconds,
      Expires: new Date(signedAt + seconds * 1000).toISOString(),
      ServerTime: new Date(now).toISOString(),
    })
  }
}

function canonicalPath(path: string): string {
  return path
    .split('/')
    .map((segment) => encode(decodeURIComponent(segment)))
    .join('/')
}

function canonicalQuery(rawQuery: string): string {
  return rawQuery
    .split('&')
    .map((pair) => {
      const [name = '', value = ''] = pair.split(/=(.*)/s)
      return [encode(decode(name)), encode(decode(value))] as const
    })
    .filter(([name]) => name !== 'X-Amz-Signature')
    .sort(([a, x], [b, y]) => compareText(a, b) || compareText(x, y))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
}

function decode(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '))
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (each) => `%${each.charCodeAt(0).toString(16).toUpperCase()}`)
}

function compareText(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

function hmac(key: string | Uint8Array, text: string): Uint8Array {
  return createHmac('sha256', key).update(text).digest()
}

function equalText(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))
}

function malformed(message: string): never {
  throw new S3Error('AuthorizationQueryParametersError', message)
}
