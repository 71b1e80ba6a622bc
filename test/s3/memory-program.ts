/** Uploads and reads an object of the given MiB, whose bytes nobody keeps, and prints the peak of its resident set in MiB. */
import { Readable } from 'node:stream'
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { rawAesKeyring } from '@strongroom/core'
import { EncryptedUpload, withEncryption } from '@strongroom/s3'

const [endpoint = '', mib = ''] = process.argv.slice(2)
const plain = new S3Client({
  endpoint,
  region: 'us-east-1',
  forcePathStyle: true,
  credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' },
})
const client = withEncryption(plain, { keyring: rawAesKeyring({ namespace: 's3', name: 'kek', key: Buffer.alloc(32, 7) }) })

async function* body(): AsyncGenerator<Uint8Array> {
  for (let piece = 0; piece < Number(mib) * 16; piece += 1) yield Buffer.alloc(65_536, piece)
}
const at = { Bucket: 'documents', Key: `of ${mib} MiB` }
await new EncryptedUpload({ client, params: { ...at, Body: Readable.from(body()) } }).done()
const { Body } = await client.send(new GetObjectCommand(at))
let length = 0
for await (const chunk of Body as AsyncIterable<Uint8Array>) length += chunk.length
plain.destroy()
console.log(JSON.stringify({ length, peak: Math.round(process.resourceUsage().maxRSS / 1024) }))
