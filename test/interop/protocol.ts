/**
 * The interop protocol: a driver reads one JSON request a line from stdin and answers one JSON object a line on stdout, in order. Binary is
 * standard base64. It never ends on an error.
 *
 *     request: {"op": name, "id"?: anything, ...fields of the operation}
 *     answer:  {"ok": true, "id"?, ...} or {"ok": false, "id"?, "error": "CODE: message"}
 */

/** The fields of a request but `op` and `id`, or of an object within it. */
export type Fields = Readonly<Record<string, unknown>>

/** Does one operation; what it answers goes into the answer, byte arrays as base64. */
export type Operation = (fields: Fields) => Promise<Fields> | Fields

/** A request that is malformed, or asks for what the implementation lacks (`UNSUPPORTED`). */
export class RequestError extends Error {
  readonly code: 'OPTION_INVALID' | 'INPUT_INVALID' | 'UNSUPPORTED'

  constructor(code: RequestError['code'], message: string) {
    super(message)
    this.code = code
  }
}

/** Answers requests until the input ends. */
async function serve(
  operations: ReadonlyMap<string, Operation>,
  input: AsyncIterable<Uint8Array>,
  write: (line: string) => void,
): Promise<void> {
  for await (const line of lines(input)) {
    if (line.trim() !== '') write(`${JSON.stringify(await answer(operations, line))}\n`)
  }
}

/** Answers requests on this process's stdin and stdout. Whatever else prints goes to stderr. */
export async function serveProcess(operations: ReadonlyMap<string, Operation>): Promise<void> {
  console.log = console.error
  console.info = console.error
  console.debug = console.error
  process.on('uncaughtException', (error) => console.error(error))
  process.stdout.on('error', () => process.exit())
  await serve(operations, process.stdin, (line) => process.stdout.write(line))
}

async function answer(operations: ReadonlyMap<string, Operation>, line: string): Promise<Fields> {
  let id: Fields = {}
  try {
    const request = parse(line)
    if ('id' in request) id = { id: request.id }
    const { op, id: _, ...fields } = request
    const operation = operations.get(op as string)
    if (typeof op !== 'string') throw new RequestError('INPUT_INVALID', 'a request needs op, the name of an operation')
    if (operation === undefined) throw new RequestError('UNSUPPORTED', `this driver has no operation ${JSON.stringify(op)}`)
    return { ok: true, ...id, ...(encodeBytes(await operation(fields)) as Fields) }
  } catch (error) {
    return { ok: false, ...id, error: describeError(error) }
  }
}

function parse(line: string): Fields {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    throw new RequestError('INPUT_INVALID', 'the request is not JSON')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new RequestError('INPUT_INVALID', 'a request is a JSON object')
  return value as Fields
}

function describeError(error: unknown): string {
  if (!(error instanceof Error)) return `Error: ${String(error)}`
  const { code } = error as { code?: unknown }
  return `${typeof code === 'string' ? code : error.name}: ${error.message}`
}

/** Byte arrays become base64, at any depth. */
export function encodeBytes(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64')
  if (Array.isArray(value)) return value.map(encodeBytes)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, encodeBytes(part)]))
}

/** Lines end at a line feed and nowhere else: JSON text may hold the other separators that Unicode knows. */
async function* lines(input: AsyncIterable<Uint8Array>): AsyncIterable<string> {
  let parts: Uint8Array[] = []
  for await (const chunk of input) {
    let start = 0
    for (let end = chunk.indexOf(0x0a); end !== -1; end = chunk.indexOf(0x0a, start)) {
      parts.push(chunk.subarray(start, end))
      yield Buffer.concat(parts).toString('utf8')
      parts = []
      start = end + 1
    }
    if (start < chunk.length) parts.push(chunk.subarray(start))
  }
  if (parts.length > 0) yield Buffer.concat(parts).toString('utf8')
}
