import { Readable } from 'node:stream'
import { S3Client, PutObjectCommand, GetObjectCommand, CreateBucketCommand } from '@aws-sdk/client-s3'
import { rawAesKeyring, generateAesKey } from '@strongroom/core'
import { withEncryption } from '@strongroom/s3'
const SIZE = 256 * 2 ** 20
const base = () => new S3Client({ endpoint: 'http://127.0.0.1:4566', region: 'us-east-1', forcePathStyle: true, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } })
const plain = base()
await plain.send(new CreateBucketCommand({ Bucket: 'perf-s3fmt' })).catch(() => undefined)
const keyring = rawAesKeyring({ namespace: 'a', name: 'b', key: generateAesKey() })
const chunk = Buffer.alloc(65536, 7)
function source() { let left = SIZE; return new Readable({ read() { if (left <= 0) this.push(null); else { left -= chunk.length; this.push(Buffer.from(chunk)) } } }) }
async function put(client: S3Client, Key: string) { const t = performance.now(); await client.send(new PutObjectCommand({ Bucket: 'perf-s3fmt', Key, Body: source(), ContentLength: SIZE })); return 256 / ((performance.now() - t) / 1000) }
async function get(client: S3Client, Key: string) { const t = performance.now(); const { Body } = await client.send(new GetObjectCommand({ Bucket: 'perf-s3fmt', Key })); let n = 0; for await (const c of Body as Readable) n += c.length; if (n !== SIZE) throw new Error('size ' + n); return 256 / ((performance.now() - t) / 1000) }
const clients: Record<string, [S3Client, string]> = {
  plain: [plain, 'plain'],
  v3: [withEncryption(base(), { keyring, delayedAuthentication: true }), 'v3'],
  esdk: [withEncryption(base(), { keyring, format: 'esdk' }), 'esdk'],
}
const rates: Record<string, number[]> = {}
for (let round = 0; round < 4; round += 1) {
  for (const [name, [client, key]] of Object.entries(clients)) { (rates['put ' + name] ??= []).push(await put(client, key)) }
  for (const [name, [client, key]] of Object.entries(clients)) { (rates['get ' + name] ??= []).push(await get(client, key)) }
  ;(rates['get second'] ??= []).push(await get(withEncryption(base(), { keyring }), 'v3'))
  ;(rates['get spool'] ??= []).push(await get(withEncryption(base(), { keyring, largeObjects: 'spool' }), 'v3'))
}
for (const [name, all] of Object.entries(rates)) { const s = all.slice(1).sort((a, b) => a - b); console.log(name.padEnd(14), all.map((x) => x.toFixed(0)).join(' '), 'median', s[Math.floor(s.length / 2)]?.toFixed(0)) }
console.log('rss', (process.memoryUsage().rss / 2 ** 20).toFixed(0))
