import { Readable } from 'node:stream'
import { S3Client, PutObjectCommand, GetObjectCommand, CreateBucketCommand } from '@aws-sdk/client-s3'
import { rawAesKeyring, generateAesKey } from '@strongroom/core'
import { withEncryption } from '@strongroom/s3'
const only = process.argv[2]
const SIZE = 256 * 2 ** 20
const base = () => new S3Client({ endpoint: 'http://127.0.0.1:4566', region: 'us-east-1', forcePathStyle: true, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } })
const plain = base()
await plain.send(new CreateBucketCommand({ Bucket: 'perf-s3fmt' })).catch(() => undefined)
const keyring = rawAesKeyring({ namespace: 'a', name: 'b', key: generateAesKey() })
const chunk = Buffer.alloc(65536, 7)
function source() { let left = SIZE; return new Readable({ read() { if (left <= 0) this.push(null); else { left -= chunk.length; this.push(Buffer.from(chunk)) } } }) }
const cpu = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1e3 }
async function timed(f: () => Promise<unknown>) { const t = performance.now(), c = cpu(); await f(); return [performance.now() - t, cpu() - c] as const }
const put = (client: S3Client, Key: string) => timed(() => client.send(new PutObjectCommand({ Bucket: 'perf-s3fmt', Key, Body: source(), ContentLength: SIZE })))
const get = (client: S3Client, Key: string) => timed(async () => { const { Body } = await client.send(new GetObjectCommand({ Bucket: 'perf-s3fmt', Key })); let n = 0; for await (const c of Body as Readable) n += c.length; if (n !== SIZE) throw new Error('size ' + n) })
const v3 = withEncryption(base(), { keyring, delayedAuthentication: true })
const esdk = withEncryption(base(), { keyring, format: 'esdk' })
const tasks: Record<string, () => Promise<readonly [number, number]>> = {
  'put plain': () => put(plain, 'plain'), 'put v3': () => put(v3, 'v3'), 'put esdk': () => put(esdk, 'esdk'),
  'get plain': () => get(plain, 'plain'), 'get v3': () => get(v3, 'v3'), 'get esdk': () => get(esdk, 'esdk'),
  'get second': () => get(withEncryption(base(), { keyring }), 'v3'), 'get spool': () => get(withEncryption(base(), { keyring, largeObjects: 'spool' }), 'v3'),
}

const out: Record<string, number[][]> = {}
for (let round = 0; round < (only ? 12 : 4); round += 1) for (const [name, task] of Object.entries(tasks)) { if (only && !only.split(',').includes(name) && (round > 0 || !name.startsWith('put'))) continue; (out[name] ??= []).push([...(await task())]) }
for (const [name, all] of Object.entries(out)) console.log(name.padEnd(12), 'cpu ms', Math.min(...all.map((x) => x[1]!)).toFixed(0).padStart(6), ' wall ms', Math.min(...all.map((x) => x[0]!)).toFixed(0).padStart(6))
