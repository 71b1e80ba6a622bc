/**
 * The JSON of a value in one spelling: names sorted, bytes in base64, nothing undefined or null, which the SDK leaves out. Two requests to DynamoDB
 * that mean the same have the same, whether before or after the SDK serialised them.
 */
export function canonicalJson(value: unknown): string {
  if (value instanceof Uint8Array) return JSON.stringify(Buffer.from(value.buffer, value.byteOffset, value.length).toString('base64'))
  if (Array.isArray(value)) return `[${value.map((member) => (member === undefined ? 'null' : canonicalJson(member))).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const names = Object.keys(value).sort()
  const members = names.flatMap((name) => {
    const member = (value as Record<string, unknown>)[name]
    return member === undefined || member === null ? [] : [`${JSON.stringify(name)}:${canonicalJson(member)}`]
  })
  return `{${members.join(',')}}`
}
