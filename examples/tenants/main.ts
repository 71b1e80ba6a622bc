/**
 * A service with three tenants, each with a branch key of its own: `node --conditions=@strongroom/source examples/tenants/main.ts`. One tenant's branch
 * key is under its own KMS key; one is rotated; one is shredded. Exits with 1 where anything is not as claimed.
 */
import { createEncryptionClient, type EncryptionClient, isStrongroomError } from '@strongroom/core'
import { hierarchicalKeyring, tenantBranchKeys } from '@strongroom/kms'
import { createKeyStore, type KeyStore } from '@strongroom/kms/branch-keys'
import { Report } from '../demo/report.ts'
import { embeddedBackend } from './backend.ts'

const TENANTS = ['amber', 'coral', 'green']
const ORDERS = 1000
/** How long a process uses a branch key before it asks again. */
const CACHE = { ttlMs: 300_000, graceMs: 600_000, maxEntries: 10_000 }

const report = new Report()
await using backend = await embeddedBackend()
const { dynamodb, kms, serviceKey, tenantKey } = backend
// One table, and a key store for each KMS key: green brings its own.
const storeOf = (keyId: string): KeyStore => createKeyStore({ client: dynamodb, tableName: 'branch-keys', kms: { keyId, client: kms } })
const ours = storeOf(serviceKey)
const theirs = storeOf(tenantKey)
const keyStoreOf = (tenant: string): KeyStore => (tenant === 'green' ? theirs : ours)

/** What each process of the service makes when it starts. */
function newProcess(): EncryptionClient {
  const tenants = tenantBranchKeys({ contextKey: 'tenant', keyStore: keyStoreOf, create: true })
  return createEncryptionClient({ keyring: hierarchicalKeyring({ ...tenants, cache: CACHE }), suite: '0478' })
}

interface Message {
  readonly tenant: string
  readonly text: string
  readonly ciphertext: Uint8Array
}

async function write(client: EncryptionClient, tenant: string, text: string): Promise<Message> {
  const { ciphertext } = await client.encrypt(new TextEncoder().encode(text), { encryptionContext: { tenant } })
  return { tenant, text, ciphertext }
}

async function opens(client: EncryptionClient, { tenant, text, ciphertext }: Message): Promise<boolean> {
  const { plaintext } = await client.decrypt(ciphertext, { encryptionContext: { tenant } })
  return new TextDecoder().decode(plaintext) === text
}

/** The code with which something is refused; undefined where it is not. */
async function codeOf(work: Promise<unknown>): Promise<string | undefined> {
  return work.then(
    () => undefined,
    (error: unknown) => (isStrongroomError(error) ? error.code : String(error)),
  )
}

report.step(`Three tenants write ${ORDERS} orders each; their branch keys are made with the first`)
await ours.createTable()
backend.calls()
const writer = newProcess()
const orders = await Promise.all(
  Array.from({ length: ORDERS }, (_, index) => TENANTS.map((tenant) => write(writer, tenant, `order ${index} of ${tenant}`))).flat(),
)
report.say(`calls: ${backend.calls()}`)
for (const tenant of TENANTS) {
  const key = await keyStoreOf(tenant).describeKey(tenant)
  const under = key.state === 'active' ? key.kmsKeyArn : key.state
  report.claim(`the branch key of ${tenant} is under ${under}`, under === (tenant === 'green' ? tenantKey : serviceKey))
}

report.step('Another process reads them all')
backend.calls()
const reader = newProcess()
const read = await Promise.all(orders.map((order) => opens(reader, order)))
const calls = backend.calls()
report.claim(`all ${orders.length} open, with ${calls}`, read.every(Boolean) && calls === '3 GetItem, 3 Decrypt')

report.step("An order of coral's is passed off as amber's")
const [sample] = orders.filter(({ tenant }) => tenant === 'coral') as [Message]
const said = await codeOf(reader.decrypt(sample.ciphertext, { encryptionContext: { tenant: 'amber' } }))
report.claim(`as it is, it is refused: ${said}`, said === 'CONTEXT_MISMATCH')
// The forger writes the other name wherever the header has the one.
const forged = Uint8Array.from(sample.ciphertext)
const text = Buffer.from(forged.buffer)
for (let at = text.indexOf('coral'); at >= 0; at = text.indexOf('coral', at + 1)) text.write('amber', at)
const refused = await codeOf(reader.decrypt(forged, { encryptionContext: { tenant: 'amber' } }))
report.claim(`relabelled, it is refused: ${refused}`, refused === 'MESSAGE_INVALID')

report.step("amber's branch key is rotated")
const { previousVersion, version } = await keyStoreOf('amber').versionKey('amber')
report.say(`from ${previousVersion} to ${version}`)
const later = newProcess()
const fresh = await write(later, 'amber', 'an order after the rotation')
report.claim('what was written before opens', (await Promise.all(orders.map((order) => opens(later, order)))).every(Boolean))
report.claim('what is written now opens in a process that started before', await opens(reader, fresh))

report.step('coral leaves, and its branch key is shredded')
const heldFor = { ttlMs: CACHE.ttlMs, graceMs: CACHE.graceMs, cacheMaxAgeMs: 0 }
const plan = await keyStoreOf('coral').shredKey('coral', { dryRun: true, heldFor })
report.claim(`a dry run destroys nothing, and says what would go: ${plan.destroyed.items} items`, await opens(later, sample))
const receipt = await keyStoreOf('coral').shredKey('coral', { identity: 'operator of the example', heldFor })
report.say(`destroyed: ${receipt.destroyed.items} items, ${receipt.destroyed.versionCount} version; by ${receipt.identity}`)
report.say(`at ${receipt.completedAt}; other processes may still decrypt until ${receipt.othersMayDecryptUntil}`)
for (const client of [writer, reader, later]) {
  const code = await codeOf(opens(client, sample))
  report.claim(`its orders no longer open: ${code}`, code === 'KEY_SHREDDED')
}
const again = await codeOf(write(later, 'coral', 'one more'))
report.claim(`it cannot write again: ${again}`, again === 'KEY_SHREDDED')
const others = [...orders, fresh].filter(({ tenant }) => tenant !== 'coral')
report.claim(`the other ${others.length} orders open`, (await Promise.all(others.map((order) => opens(later, order)))).every(Boolean))

console.log(report.failures === 0 ? '\nEverything was as claimed.' : `\n${report.failures} claims did not hold.`)
process.exitCode = report.failures === 0 ? 0 : 1
