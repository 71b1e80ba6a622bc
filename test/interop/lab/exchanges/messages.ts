import type { Exchange } from './exchange.ts'

/** Messages of the AWS Encryption SDK, which travel as they are. */
export const messages: Exchange = {
  async write(subject, ask) {
    const { context, plaintext, write } = subject
    const given = Object.keys(context).length > 0 ? { encryptionContext: context } : {}
    return ask({ op: 'esdk.encrypt', ...write, ...given, plaintext })
  },

  async read({ tamper, request }, written, ask) {
    const message = Buffer.from(written['ciphertext'] as string, 'base64')
    return ask({ op: 'esdk.decrypt', ...request, ciphertext: tamper === undefined ? message : tamper(message) })
  },

  problem(answer, { plaintext, write, context }) {
    if (!Buffer.from(answer['plaintext'] as string, 'base64').equals(plaintext)) return 'another plaintext'
    if (answer['suite'] !== write.suite) return `another suite: ${String(answer['suite'])}`
    const { 'aws-crypto-public-key': _, ...found } = answer['encryptionContext'] as Record<string, string>
    // Whether required pairs, which are not in the message, come back is the client's choice.
    const required = (write['requiredKeys'] ?? []) as readonly string[]
    const missing = Object.keys(context).find((key) => !(key in found) && !required.includes(key))
    const strange = Object.entries(found).find(([key, value]) => context[key] !== value)
    return missing === undefined && strange === undefined ? undefined : `another context: ${JSON.stringify(found)}`
  },
}
