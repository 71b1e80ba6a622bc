import { Readable } from 'node:stream'

/** A body as the SDK answers it: a stream that can also be had as bytes, text or a `ReadableStream`, once. */
export type SdkBody = Readable & {
  transformToByteArray(): Promise<Uint8Array>
  transformToString(encoding?: string): Promise<string>
  transformToWebStream(): ReadableStream
}

/** Makes a body of plaintext. `source`, the body that it comes from, is let go of when it is. */
export function sdkBody(plaintext: AsyncIterable<Uint8Array> | Uint8Array, release?: () => void): SdkBody {
  const stream = plaintext instanceof Uint8Array ? ofBytes(plaintext) : Readable.from(plaintext, { objectMode: false })
  if (release !== undefined) stream.once('close', release)
  let taken = false
  const take = (): Readable => {
    if (taken) throw new Error('The body was taken already: it can be read once.')
    taken = true
    return stream
  }
  const bytes = async (): Promise<Uint8Array> => {
    const parts: Uint8Array[] = []
    for await (const part of take()) parts.push(part as Uint8Array)
    return parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts)
  }
  return Object.assign(stream, {
    transformToByteArray: async () => plain(await bytes()),
    transformToString: async (encoding?: string) => {
      const whole = await bytes()
      if (encoding === undefined || Buffer.isEncoding(encoding))
        return Buffer.from(whole.buffer, whole.byteOffset, whole.length).toString(encoding)
      return new TextDecoder(encoding).decode(whole)
    },
    transformToWebStream: () => Readable.toWeb(take()) as ReadableStream,
  }) as SdkBody
}

function ofBytes(bytes: Uint8Array): Readable {
  return new Readable({
    read() {
      if (bytes.length > 0) this.push(bytes)
      this.push(null)
    },
  })
}

/** Readers may compare what they get with a `Uint8Array`, or take its buffer. */
function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
}
