import { randomUUID } from 'node:crypto'
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import type { Exchange } from './exchange.ts'

const Bucket = 'interop'
const instructionKey = (key: string) => `${key}.instruction`

/** An object as it is stored; in JSON, what a read may change on the way. */
export interface Stored {
  readonly metadata: Record<string, string>
  /** Base64. */
  readonly body: string
  /** The instruction file, where there is one. */
  readonly instructions?: string
}

/** Objects of the S3 Encryption Client, in a bucket of an endpoint. */
export async function makeObjects(endpoint: string): Promise<Exchange> {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
  const plain = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials })
  await plain.send(new CreateBucketCommand({ Bucket }))

  async function fetch(Key: string): Promise<Stored> {
    const { Metadata = {}, Body } = await plain.send(new GetObjectCommand({ Bucket, Key }))
    return { metadata: { ...Metadata }, body: (await Body?.transformToString('base64')) ?? '' }
  }

  async function store(Key: string, { metadata, body, instructions }: Stored): Promise<void> {
    await plain.send(new PutObjectCommand({ Bucket, Key, Metadata: metadata, Body: Buffer.from(body, 'base64') }))
    if (instructions !== undefined) await plain.send(new PutObjectCommand({ Bucket, Key: instructionKey(Key), Body: instructions }))
  }

  /** The object under another key, changed. */
  async function changed(key: string, withFile: boolean, change: (message: Buffer) => Buffer): Promise<string> {
    const stored = await fetch(key)
    const file = withFile ? { instructions: Buffer.from((await fetch(instructionKey(key))).body, 'base64').toString() } : {}
    const copy = `${key}-${randomUUID()}`
    await store(copy, JSON.parse(change(Buffer.from(JSON.stringify({ ...stored, ...file }))).toString()) as Stored)
    return copy
  }

  return {
    async write({ plaintext, context, write }, ask) {
      const { suite: _, ...request } = write
      const key = randomUUID()
      const given = Object.keys(context).length > 0 ? { encryptionContext: context } : {}
      const answer = await ask({ op: 's3.put', endpoint, bucket: Bucket, key, body: plaintext, ...request, ...given })
      return { ...answer, key, withFile: request['instructionFile'] === true }
    },

    async read({ tamper, request }, written, ask) {
      const { key, withFile } = written as unknown as { readonly key: string; readonly withFile: boolean }
      const place = tamper === undefined ? key : await changed(key, withFile, tamper)
      return ask({ op: 's3.get', endpoint, bucket: Bucket, key: place, ...request })
    },

    problem(answer, { plaintext, write }, { request }) {
      const body = Buffer.from(answer['body'] as string, 'base64')
      if (!body.equals(rangeOf(plaintext, request['range'] as string | undefined))) return `another body: ${body.length} bytes`
      const metadata = answer['metadata'] as Record<string, string>
      const missing = Object.entries((write['metadata'] ?? {}) as Record<string, string>).find(([name, value]) => metadata[name] !== value)
      return missing === undefined ? undefined : `another ${missing[0]} in the metadata: ${metadata[missing[0]]}`
    },
  }
}

/** What a range of the form bytes=first-last is of a body. */
function rangeOf(body: Buffer, range: string | undefined): Buffer {
  if (range === undefined) return body
  const [first, last] = range
    .slice('bytes='.length)
    .split('-')
    .map((text) => (text === '' ? undefined : Number(text)))
  return first === undefined ? body.subarray(-(last ?? 0)) : body.subarray(first, last === undefined ? undefined : last + 1)
}
