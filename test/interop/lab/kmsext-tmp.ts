import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms'
import { differences } from './differences.ts'
import { branchKeysGroup } from './groups/branch-keys.ts'
import { kmsEcdhGroup } from './groups/kms-ecdh.ts'
import { kmsRsaGroup } from './groups/kms-rsa.ts'
import { runGroup } from './run-group.ts'
import { implementations } from './implementations.ts'
import { DriverProcess } from '../driver-process.ts'
const who = process.argv[2]?.split(',') ?? []
const endpoint = 'http://127.0.0.1:4566'
const clientConfig = { endpoint, region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } }
const client = new KMSClient(clientConfig)
const queue = new Map<string, string[]>()
for (const [spec, usage, n] of [['RSA_2048', 'ENCRYPT_DECRYPT', 2], ['ECC_NIST_P256', 'KEY_AGREEMENT', 3], ['ECC_NIST_P384', 'KEY_AGREEMENT', 3], ['ECC_NIST_P521', 'KEY_AGREEMENT', 3], ['SYMMETRIC_DEFAULT', 'ENCRYPT_DECRYPT', 1]] as const) {
  const made = []
  for (let i = 0; i < n; i++) made.push((await client.send(new CreateKeyCommand({ KeySpec: spec, KeyUsage: usage }))).KeyMetadata?.Arn as string)
  queue.set(spec, made)
}
const kms = { endpoint, region: 'us-east-1', clientConfig, createKey: (_a: unknown, o?: { spec?: string }) => queue.get(o?.spec ?? 'SYMMETRIC_DEFAULT')?.shift() } as never
const rsa = await kmsRsaGroup(kms)
const groups = [{ ...rsa, cases: rsa.cases.filter(({ name }) => name.includes('SHA256')) }, await kmsEcdhGroup(kms), await branchKeysGroup(kms, endpoint)]
const drivers = new Map()
for (const impl of implementations.filter(({ name }) => who.includes(name))) {
  const command = 'build' in impl.driver ? await impl.driver.build() : impl.driver
  drivers.set(impl.name, new DriverProcess(command))
}
for (const group of groups) {
  const outcomes = await runGroup(group, drivers, differences)
  const count: Record<string, number> = {}
  for (const o of outcomes) count[`${o.writer}->${o.reader} ${o.verdict.kind}`] = (count[`${o.writer}->${o.reader} ${o.verdict.kind}`] ?? 0) + 1
  console.log(group.name, count)
  const seen = new Set()
  for (const o of outcomes) if (o.verdict.kind === 'failed') {
    const key = `${o.writer}->${o.reader} ${(o.verdict as { why: string }).why}`
    if (seen.has(key.slice(0, 120)) || seen.size > 12) continue
    seen.add(key.slice(0, 120)); console.log('   ', o.name, key.slice(0, 600))
  }
}
for (const d of drivers.values()) await d.close()
