/**
 * Documents in S3 under keys in KMS, RSA and an HSM: `npx node --conditions=@strongroom/source examples/s3-documents/main.ts`, or with `--no-hsm` where
 * SoftHSM2 is not installed. S3 and KMS are embedded endpoints. Exits with 1 where anything is not as claimed.
 */
import { Readable } from 'node:stream'
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { isStrongroomError, type Keyring } from '@strongroom/core'
import { decryptObject, EncryptedUpload, metadataFromHeaders, type S3EncryptionConfig, withEncryption } from '@strongroom/s3'
import { startEmbeddedKms, startEmbeddedS3 } from '@strongroom/testing'
import { Report } from '../demo/report.ts'
import { inHsm, inKms, inRsa, type KeyPlace } from './keys.ts'

const Bucket = 'documents'
const TEXT = 'The contract ends on the last day of March.'

const report = new Report()
await using s3 = await startEmbeddedS3()
await using kms = await startEmbeddedKms()
s3.createBucket(Bucket)
const plain = new S3Client(s3.clientConfig)
const encrypted = (keyring: Keyring, more: Partial<S3EncryptionConfig> = {}): S3Client =>
  withEncryption(plain, { keyring, ...more } as S3EncryptionConfig)

const places: KeyPlace[] = [inKms(kms), inRsa()]
if (!process.argv.includes('--no-hsm')) places.push(await inHsm())
try {
  for (const { name, keyring } of places) await putAndGet(name, keyring)
  const [{ keyring }] = places as [KeyPlace]
  await parts(keyring)
  await largeDocument(keyring)
  await presigned(keyring)
} finally {
  for (const place of places) await place[Symbol.asyncDispose]()
  plain.destroy()
}
console.log(report.failures === 0 ? '\nEverything was as claimed.' : `\n${report.failures} claims did not hold.`)
process.exitCode = report.failures === 0 ? 0 : 1

async function putAndGet(name: string, keyring: Keyring): Promise<void> {
  report.step(`A document whose key is in ${name}`)
  const at = { Bucket, Key: `contracts/${name}` }
  const client = encrypted(keyring)
  await client.send(new PutObjectCommand({ ...at, Body: TEXT, ContentType: 'text/plain' }))
  const stored = await plain.send(new GetObjectCommand(at))
  const bytes = (await stored.Body?.transformToByteArray()) ?? new Uint8Array()
  report.say(`in S3: ${bytes.length} bytes, wrap algorithm ${stored.Metadata?.['x-amz-w']}, commitment ${stored.Metadata?.['x-amz-d']}`)
  report.claim('S3 has nothing that can be read', !Buffer.from(bytes).includes('contract'))
  const { Body } = await client.send(new GetObjectCommand(at))
  report.claim('the same client reads it', (await Body?.transformToString()) === TEXT)
  const { ContentLength } = await client.send(new HeadObjectCommand(at))
  report.claim('its length is that of the text', ContentLength === TEXT.length)
  // Whoever may write to the bucket can do this; S3's checksum is then that of the forgery.
  const forged = Uint8Array.from(bytes, (byte, index) => (index === 3 ? byte ^ 1 : byte))
  await plain.send(new PutObjectCommand({ ...at, Body: forged, Metadata: stored.Metadata }))
  const code = await codeOf(client.send(new GetObjectCommand(at)).then((output) => output.Body?.transformToString()))
  report.claim(`one bit changed in S3: ${code}`, code === 'MESSAGE_INVALID')
}

async function parts(keyring: Keyring): Promise<void> {
  report.step('A part of a document')
  const at = { Bucket, Key: 'ledger' }
  const lines = Array.from({ length: 50_000 }, (_, line) => `${String(line).padStart(9, '0')}\n`).join('')
  const client = encrypted(keyring, { format: 'esdk' })
  await client.send(new PutObjectCommand({ ...at, Body: lines }))
  s3.calls.reset()
  const { Body, ContentRange } = await client.send(new GetObjectCommand({ ...at, Range: 'bytes=300000-300009' }))
  const line = await Body?.transformToString()
  report.claim(`line 30,000 of an esdk object, verified: ${line?.trim()} (${ContentRange})`, line === '000030000\n')
  const v3 = encrypted(keyring)
  await v3.send(new PutObjectCommand({ ...at, Body: lines }))
  const code = await codeOf(v3.send(new GetObjectCommand({ ...at, Range: 'bytes=300000-300009' })))
  report.claim(`of a V3 object, which nothing would verify: ${code}`, code === 'FORMAT_FORBIDDEN')
}

async function largeDocument(keyring: Keyring): Promise<void> {
  report.step('A scan of 24 MB whose length nobody knows')
  const at = { Bucket, Key: 'scan' }
  const client = encrypted(keyring)
  const scan = Readable.from(rows())
  const upload = new EncryptedUpload({ client, params: { ...at, Body: scan } })
  let last = 0
  upload.on('httpUploadProgress', ({ loaded }) => {
    last = loaded
  })
  await upload.done()
  report.claim(`it went up in ${s3.calls.count('UploadPart')} parts`, last === 24_000_016)
  let length = 0
  const { Body } = await client.send(new GetObjectCommand(at))
  for await (const piece of Body as AsyncIterable<Uint8Array>) length += piece.length
  report.claim('and comes down', length === 24_000_000)
}

function* rows(): Generator<Buffer> {
  for (let row = 0; row < 240; row += 1) yield Buffer.alloc(100_000, row)
}

async function presigned(keyring: Keyring): Promise<void> {
  report.step('A reader that has a URL and the key, and no AWS credentials')
  const at = { Bucket, Key: 'minutes' }
  await encrypted(keyring).send(new PutObjectCommand({ ...at, Body: TEXT }))
  const response = await fetch(await getSignedUrl(plain, new GetObjectCommand(at)))
  const object = { body: new Uint8Array(await response.arrayBuffer()), metadata: metadataFromHeaders(response.headers) }
  const { plaintext } = await decryptObject(object, { keyring })
  report.claim('decrypts what it fetched', new TextDecoder().decode(plaintext) === TEXT)
  const code = await codeOf(getSignedUrl(encrypted(keyring), new GetObjectCommand(at)))
  report.claim(`an encrypted client signs no URL, behind which is ciphertext: ${code}`, code === 'COMMAND_UNSUPPORTED')
}

async function codeOf(work: Promise<unknown>): Promise<string | undefined> {
  return work.then(
    () => undefined,
    (error: unknown) => (isStrongroomError(error) ? error.code : String(error)),
  )
}
