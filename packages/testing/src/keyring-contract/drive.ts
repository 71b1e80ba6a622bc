import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import {
  type Attempt,
  type EncryptedDataKey,
  type EncryptionContext,
  type Keyring,
  type Recipient,
  SecretBytes,
  serialiseContext,
  suiteById,
  type UnwrapFailure,
  type Unwrapped,
  type WrapRequest,
} from '@strongroom/core'

/** Bytes of a data key. */
export type DataKeyLength = 16 | 24 | 32

/** The context of checks that are not about contexts. */
export const ORDERS: EncryptionContext = Object.freeze({ purpose: 'orders', tenant: 'blue' })

const suiteIds = { 16: '0114', 24: '0146', 32: '0478' } as const

/** What core asks a keyring for. */
export function requestFor(context: EncryptionContext = ORDERS, length: DataKeyLength = 32): WrapRequest {
  return { suite: suiteById(suiteIds[length]), context, aad: serialiseContext(context) }
}

/** A data key and its encrypted forms, each with the recipient that made it. */
export interface Wrapped {
  readonly secret: SecretBytes
  readonly edks: readonly EncryptedDataKey[]
  readonly owners: readonly Recipient[]
}

/** Wraps a new data key for all recipients, as core does. */
export async function wrapForAll(keyring: Keyring, request: WrapRequest): Promise<Wrapped> {
  const recipients = await keyring.recipients(request)
  const [first, ...others] = recipients
  assert.ok(first, 'recipients() names at least one recipient')
  const length = request.suite.dataKeyLength
  const local = first.generate ? undefined : SecretBytes.random(length)
  const made = local === undefined ? await first.generate?.(length, request) : { secret: local, edks: await first.wrap(local, request) }
  assert.ok(made)
  assert.equal(made.secret.length, length, 'a generated data key has the length that was asked for')
  const rest = await Promise.all(others.map((recipient) => recipient.wrap(made.secret, request)))
  const answers = [made.edks, ...rest]
  for (const answer of answers) assert.ok(answer.length > 0, 'each recipient answers an encrypted data key')
  return {
    secret: made.secret,
    edks: answers.flat(),
    owners: answers.flatMap((answer, index) => answer.map(() => recipients[index] as Recipient)),
  }
}

/** A data key under one recipient alone. */
export async function wrapForFirst(
  keyring: Keyring,
  request: WrapRequest = requestFor(),
): Promise<{ secret: SecretBytes; edk: EncryptedDataKey }> {
  const { secret, edks } = await wrapForAll(keyring, request)
  return { secret, edk: edks[0] as EncryptedDataKey }
}

/** Unwraps, and requires that it opens to the secret. */
export async function assertOpens(
  keyring: Keyring,
  edks: readonly EncryptedDataKey[],
  request: WrapRequest,
  secret: SecretBytes,
): Promise<Unwrapped> {
  const answer = await keyring.unwrap(edks, request)
  assertOpened(answer, secret)
  return answer
}

/** Requires that an answer is the secret. */
export function assertOpened(answer: Unwrapped | UnwrapFailure, secret: SecretBytes): asserts answer is Unwrapped {
  if ('attempts' in answer) assert.fail(`unwrap() opens the encrypted data key, but reported ${describe(answer.attempts)}`)
  assert.ok(answer.secret.equals(secret), 'unwrap() gives back the secret that was wrapped')
}

/**
 * Unwraps what must not open, and requires that the answer is no secret at all, or one that has nothing to do with the real one: PKCS#1 v1.5
 * answers a random secret for bad padding, on purpose.
 */
export async function attemptsOf(
  keyring: Keyring,
  edks: readonly EncryptedDataKey[],
  request: WrapRequest,
  secret: SecretBytes,
): Promise<readonly Attempt[]> {
  const answer = await keyring.unwrap(edks, request)
  assertKeeps(answer, secret)
  if ('attempts' in answer) return answer.attempts
  using opened = answer.secret
  assert.ok(!opened.equals(secret), 'unwrap() does not open this encrypted data key')
  return []
}

/** Attempts in words, for messages of failed checks. */
export function describe(attempts: readonly Attempt[]): string {
  return attempts.length === 0
    ? 'no attempt'
    : attempts.map(({ edk, outcome, cause }) => `${edk}: ${outcome}${cause === undefined ? '' : ` (${String(cause)})`}`).join(', ')
}

/** Requires that nothing in a value, however deep or hidden, shows the bytes. */
export function assertKeeps(value: unknown, ...secrets: readonly (SecretBytes | Uint8Array)[]): void {
  const shown = inspect(value, {
    depth: 12,
    showHidden: true,
    maxArrayLength: null,
    maxStringLength: null,
    compact: true,
    breakLength: Number.POSITIVE_INFINITY,
  })
  for (const secret of secrets) {
    const forms = secret instanceof Uint8Array ? formsOf(secret) : secret.use(formsOf)
    for (const form of forms) assert.ok(!shown.includes(form), 'no secret shows up in what a keyring answers or throws, nor in the keyring')
  }
}

/** How bytes look where somebody prints them. */
function formsOf(bytes: Uint8Array): readonly string[] {
  const hex = Buffer.from(bytes).toString('hex')
  return [
    hex,
    hex.replace(/(..)(?=.)/g, '$1 '),
    Buffer.from(bytes).toString('base64'),
    Buffer.from(bytes).toString('base64url'),
    bytes.join(', '),
    bytes.join(','),
  ]
}

/** The encrypted data key with parts replaced. */
export function altered(edk: EncryptedDataKey, parts: Partial<EncryptedDataKey>): EncryptedDataKey {
  return { ...edk, ...parts }
}

/** The bytes with one bit turned over. */
export function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = Uint8Array.from(bytes)
  copy[bit >>> 3] = (copy[bit >>> 3] as number) ^ (1 << (bit & 7))
  return copy
}
