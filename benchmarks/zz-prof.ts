import { randomBytes, randomUUID } from 'node:crypto'
import { createItemEncryptor } from '@strongroom/dynamodb'
import { hierarchicalKeyring, staticKeyStore } from '@strongroom/kms'
const text = (n) => ({ S: randomBytes(n).toString('base64').slice(0, n) })
const item = { id: { S: 'order#00000001' }, at: { S: '2026-11-25T12:00:00Z' }, state: { S: 'open' }, name: text(60), email: text(60),
  address: { M: { street: text(60), city: text(40), zip: text(10), country: text(20) } },
  lines: { L: [{ M: { sku: text(20), count: { N: '2' }, price: { N: '19.99' } } }, { M: { sku: text(20), count: { N: '1' }, price: { N: '5' } } }] }, note: text(300) }
const bk = { branchKeyId: randomUUID(), version: randomUUID(), branchKey: randomBytes(32) }
const keyring = hierarchicalKeyring({ keyStore: staticKeyStore([bk]), branchKeyId: bk.branchKeyId })
const e = createItemEncryptor({ keyring, table: { logicalTableName: 'orders', partitionKey: 'id', sortKey: 'at', suite: '6700', actions: { state: 'sign', name: 'encrypt', email: 'encrypt', address: 'encrypt', lines: 'encrypt', note: 'encrypt' } } })
const mode = process.argv[2]
const n = 20000
const { item: sealed } = await e.encryptItem(item)
for (let i = 0; i < 500; i++) { await e.encryptItem(item); await e.decryptItem(sealed) }
const t = performance.now()
for (let i = 0; i < n; i++) mode === 'enc' ? await e.encryptItem(item) : await e.decryptItem(sealed)
console.log(mode, ((performance.now() - t) * 1000 / n).toFixed(1), 'us')
const { itemFloor } = await import('./floor.ts')
const names = ['name', 'email', 'address', 'lines', 'note']
const f = itemFloor(names.map((x) => sealed[x].B.subarray(18)), { header: sealed.aws_dbe_head.B.length, context: 260, record: 1900 })
const fl = mode === 'enc' ? f.encrypt : f.decrypt
for (let i = 0; i < 2000; i++) fl()
for (let r = 0; r < 3; r++) {
const t2 = performance.now(); for (let i = 0; i < n; i++) fl(); const fu = (performance.now() - t2) * 1000 / n
const t3 = performance.now(); for (let i = 0; i < n; i++) mode === 'enc' ? await e.encryptItem(item) : await e.decryptItem(sealed); const ou = (performance.now() - t3) * 1000 / n
console.log('floor', fu.toFixed(1), 'ours', ou.toFixed(1), (fu / ou).toFixed(2), 'head', sealed.aws_dbe_head.B.length)
}
