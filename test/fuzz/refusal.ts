import { createEncryptionClient, type EncryptionClient, isStrongroomError, type Keyring } from '@strongroom/core'

/** Everything at once that makes a client read more, so that what it refuses is refused for being forged. */
export function openClient(keyring: Keyring): EncryptionClient {
  return createEncryptionClient({
    keyring,
    commitmentPolicy: 'REQUIRE_ENCRYPT_ALLOW_DECRYPT',
    netV400Retry: true,
    maxEncryptedDataKeys: 16,
  })
}

/** Codes that a message which is not as it was written may end in. */
const codes = ['MESSAGE_INVALID', 'LIMIT_EXCEEDED']

/** How a forgery got on: all that the error tells where it was refused as it should be. */
export type Outcome = { readonly refusal: string } | { readonly finding: string }

/** Tries one forgery. */
export async function attempt(client: EncryptionClient, message: Uint8Array): Promise<Outcome> {
  try {
    await client.decrypt(message)
    return { finding: 'accepted' }
  } catch (error) {
    if (!isStrongroomError(error)) return { finding: `threw ${String(error)}` }
    return codes.includes(error.code)
      ? { refusal: JSON.stringify([error.message, String(error.cause), Object.keys(error)]) }
      : { finding: `threw ${error.code}` }
  }
}

/** What came of many forgeries. */
export interface Report {
  tried: number
  /** A line for each that was accepted or threw what it should not. */
  readonly findings: string[]
  /** What the refusals told. */
  readonly refusals: Set<string>
}

/** How many attempts are under way at once: enough to keep the thread pool, which verifies signatures, at work. */
const IN_FLIGHT = 8

/** Tries forgeries of one message. */
export async function attemptAll(
  client: EncryptionClient,
  forgeries: Iterable<{ readonly what: string; readonly message: Uint8Array }>,
): Promise<Report> {
  const report: Report = { tried: 0, findings: [], refusals: new Set() }
  const iterator = forgeries[Symbol.iterator]()
  const work = async () => {
    for (let next = iterator.next(); next.done !== true; next = iterator.next()) {
      const { what, message } = next.value
      report.tried += 1
      const outcome = await attempt(client, message)
      if ('finding' in outcome) report.findings.push(`${what}: ${outcome.finding}`)
      else report.refusals.add(outcome.refusal)
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, work))
  return report
}

/** Every message that differs in one bit of [start, end). */
export function* bitFlips(message: Uint8Array, start = 0, end = message.length): Iterable<{ what: string; message: Uint8Array }> {
  for (let at = start; at < end; at += 1) {
    for (let bit = 0; bit < 8; bit += 1) {
      const forged = Uint8Array.from(message)
      forged[at] = (forged[at] as number) ^ (1 << bit)
      yield { what: `bit ${bit} of byte ${at} flipped`, message: forged }
    }
  }
}

/** Every message that differs in one byte, in every way. */
export function* byteChanges(message: Uint8Array): Iterable<{ what: string; message: Uint8Array }> {
  for (let at = 0; at < message.length; at += 1) {
    for (let change = 1; change < 256; change += 1) {
      const forged = Uint8Array.from(message)
      forged[at] = (forged[at] as number) ^ change
      yield { what: `byte ${at} changed by ${change}`, message: forged }
    }
  }
}

/** Every proper start of the message. */
export function* truncations(message: Uint8Array): Iterable<{ what: string; message: Uint8Array }> {
  for (let length = 0; length < message.length; length += 1) yield { what: `cut to ${length} bytes`, message: message.subarray(0, length) }
}

/** The message with more behind it. */
export function* extensions(message: Uint8Array): Iterable<{ what: string; message: Uint8Array }> {
  for (const more of [Buffer.of(0), Buffer.of(0xff), Buffer.alloc(2), Buffer.alloc(16, 1), message]) {
    yield { what: `${more.length} bytes longer`, message: Buffer.concat([message, more]) }
  }
}

/** The message with one byte less or more somewhere inside. */
export function* shifts(message: Uint8Array): Iterable<{ what: string; message: Uint8Array }> {
  for (let at = 0; at < message.length; at += 1) {
    const [before, after] = [message.subarray(0, at), message.subarray(at)]
    if (message[at] !== message[at + 1]) yield { what: `byte ${at} left out`, message: Buffer.concat([before, after.subarray(1)]) }
    yield { what: `a byte put in at ${at}`, message: Buffer.concat([before, Buffer.of((message[at] as number) ^ 0x55), after]) }
  }
}
