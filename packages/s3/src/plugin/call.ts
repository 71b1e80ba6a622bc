import type { Readable } from 'node:stream'
import type { ServiceInputTypes, ServiceOutputTypes } from '@aws-sdk/client-s3'
import { StrongroomError } from '@strongroom/core'
import type { ObjectLocation, S3Runtime } from '../plugin-config.ts'

/** The body that a call sends: what the guard looks for in the serialised request. */
export type SentBody = Uint8Array | Readable

/** One call on its way down the stack. */
export interface Call<Input = ServiceInputTypes, Output = ServiceOutputTypes> {
  readonly runtime: S3Runtime
  /** A copy: the caller's own does not change. */
  readonly input: Input
  readonly signal: AbortSignal | undefined
  /** Sends an input on; `body` is the encrypted one, where there is one. */
  send(input: Input, body?: SentBody): Promise<Output>
}

/** Where the object of a call is. */
export function locationOf(input: { Bucket?: string | undefined; Key?: string | undefined }): ObjectLocation {
  return { bucket: needText('Bucket', input.Bucket), key: needText('Key', input.Key) }
}

/** @throws `INPUT_INVALID` where a parameter that names the object is missing. */
export function needText(name: string, value: unknown): string {
  if (typeof value === 'string' && value.length > 0) return value
  throw new StrongroomError('INPUT_INVALID', `The call needs ${name}.`, { option: name })
}

/** The parameters that requests for parts of one call have in common: who pays, whose bucket it is, with which key of the customer's. */
export function accessOf<T extends object>(input: T): Record<string, unknown> {
  return pick(input, ['RequestPayer', 'ExpectedBucketOwner', 'SSECustomerAlgorithm', 'SSECustomerKey', 'SSECustomerKeyMD5'])
}

/** Some parameters of an input, those that are given. */
export function pick(input: object, names: readonly string[]): Record<string, unknown> {
  const given = input as Readonly<Record<string, unknown>>
  return Object.fromEntries(names.filter((name) => given[name] !== undefined).map((name) => [name, given[name]]))
}

/** Options of a request of our own. */
export function sendOptions(signal: AbortSignal | undefined): { abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal }
}

/** Whether an error is S3's word that an object is not there. */
export function isNotFound(error: unknown): boolean {
  const { name, $metadata } = (error ?? {}) as { name?: unknown; $metadata?: { httpStatusCode?: number } }
  return name === 'NoSuchKey' || name === 'NotFound' || $metadata?.httpStatusCode === 404
}
