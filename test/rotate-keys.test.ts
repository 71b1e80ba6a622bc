import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { KMSClient } from '@aws-sdk/client-kms'
import { createKeyStore, type KeyStore } from '@strongroom/kms/branch-keys'
import { type EmbeddedDynamoDB, type EmbeddedKms, startEmbeddedDynamoDB, startEmbeddedKms } from '@strongroom/testing'
import { afterEach, beforeEach, expect, it } from 'vitest'

const DAY_MS = 86_400_000
const OLD = ['a', 'b', 'c', 'd']

let dynamodb: EmbeddedDynamoDB
let kms: EmbeddedKms
let clients: readonly [DynamoDBClient, KMSClient]
let keyId: string
let folder: string

beforeEach(async () => {
  dynamodb = await startEmbeddedDynamoDB()
  kms = await startEmbeddedKms()
  clients = [new DynamoDBClient(dynamodb.clientConfig), new KMSClient(kms.clientConfig)]
  keyId = kms.createKey()
  folder = mkdtempSync(join(tmpdir(), 'rotate-keys-'))
  const old = storeOf(keyId, 400)
  await old.createTable()
  for (const branchKeyId of OLD) await old.createKey({ branchKeyId, encryptionContext: { tenant: branchKeyId } })
  await storeOf(keyId, 10).createKey({ branchKeyId: 'young', encryptionContext: { tenant: 'young' } })
})
afterEach(async () => {
  for (const client of clients) client.destroy()
  dynamodb.faults.clear()
  await Promise.all([dynamodb.close(), kms.close()])
  rmSync(folder, { recursive: true })
})

/** A key store whose clock is some days behind. */
function storeOf(keyId: string, daysAgo: number): KeyStore {
  const [client, kms] = clients
  return createKeyStore({ client, tableName: 'branch-keys', kms: { keyId, client: kms }, now: () => Date.now() - daysAgo * DAY_MS })
}

function start(...more: readonly string[]): ChildProcess {
  const options = ['--table', 'branch-keys', '--kms-key', keyId, '--older-than-days', '365', '--journal', journal(), ...more]
  return spawn(process.execPath, ['--conditions=@strongroom/source', 'examples/rotate-keys/main.ts', ...options], {
    cwd: new URL('..', import.meta.url).pathname,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_ENDPOINT_URL_DYNAMODB: dynamodb.endpoint,
      AWS_ENDPOINT_URL_KMS: kms.endpoint,
    },
  })
}

const journal = () => join(folder, 'rotation.jsonl')

/** Runs the script to its end; what it prints is told without what differs from run to run. */
async function run(
  ...more: readonly string[]
): Promise<{ readonly code: unknown; readonly lines: readonly string[]; readonly err: string }> {
  const child = start(...more)
  const exit = once(child, 'exit')
  const [out, err] = await Promise.all([text(child.stdout as NodeJS.ReadableStream), text(child.stderr as NodeJS.ReadableStream)])
  const lines = out
    .split('\n')
    .filter(Boolean)
    .map((line) => line.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'UUID').replaceAll(/arn:\S+:key\/UUID/g, 'ARN'))
  return { code: (await exit)[0], lines, err }
}

/** Starts the script and kills it as soon as a call hangs. */
async function killAt(hang: () => { readonly hits: number; release(): void }): Promise<void> {
  const fault = hang()
  const child = start()
  const exit = once(child, 'exit')
  while (fault.hits === 0) {
    if (child.exitCode !== null) throw new Error('the script ended before the call that hangs')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  child.kill('SIGKILL')
  await exit
  fault.release()
}

const versionsOf = async (branchKeyId: string) => (await storeOf(keyId, 0).listVersionsPage(branchKeyId)).items.length
const due = OLD.map((id) => `due      ${id}: version UUID, 400 days old`)
const proved = (id: string) => `rotated  ${id}: UUID to UUID; older message opens, all 2 versions readable`

it('tells what is due, and changes nothing, in a dry run', async () => {
  expect(await run('--dry-run')).toEqual({
    code: 0,
    err: '',
    lines: [...due, '4 due, 1 younger than 365 days', 'dry run: nothing was changed'],
  })
  expect(await Promise.all(OLD.map(versionsOf))).toEqual([1, 1, 1, 1])
})

it('rotates what is due, proves that older messages open, and has nothing to do the next day', async () => {
  expect(await run()).toEqual({
    code: 0,
    err: '',
    lines: [...due, '4 due, 1 younger than 365 days', ...OLD.map(proved), '4 rotated and proved, 0 failed, 0 to look at'],
  })
  expect(await Promise.all([...OLD, 'young'].map(versionsOf))).toEqual([2, 2, 2, 2, 1])
  expect(await run()).toEqual({
    code: 0,
    err: '',
    lines: ['0 due, 5 younger than 365 days', '0 rotated and proved, 0 failed, 0 to look at'],
  })
})

it.each([
  ['before it was rotated', () => kms.faults.outage('silent', { operations: ['GenerateDataKeyWithoutPlaintext'], when: third() }), 0],
  // What hangs is carried out when the fault is released: the script is dead by then, and never hears of it.
  ['while it was rotated', () => dynamodb.faults.outage('silent', { operations: ['TransactWriteItems'], when: third() }), 1],
])('takes up a run that was killed at the third key %s, and rotates each key once', async (_when, hang, resumed) => {
  await killAt(hang)
  await expect.poll(() => Promise.all(OLD.map(versionsOf))).toEqual([2, 2, 1 + resumed, 1])
  // A line that the kill cut off.
  appendFileSync(journal(), '{"branchKeyId":"c","fro')
  const left = due.slice(2 + resumed)
  expect(await run()).toEqual({
    code: 0,
    err: '',
    lines: [
      ...left,
      `${left.length} due, ${5 - left.length} younger than 365 days`,
      ...(resumed > 0 ? ['resumed: 1 rotated by a run that was cut off'] : []),
      ...OLD.map(proved),
      '4 rotated and proved, 0 failed, 0 to look at',
    ],
  })
  expect(await Promise.all([...OLD, 'young'].map(versionsOf))).toEqual([2, 2, 2, 2, 1])
  expect(readFileSync(journal(), 'utf8')).toBe('')
})

it('says what somebody should look at: a KMS key that was not given, an item that is none, a key that is lost', async () => {
  const other = kms.createKey()
  await storeOf(other, 400).createKey({ branchKeyId: 'theirs', encryptionContext: { tenant: 'theirs' } })
  const broken = { 'branch-key-id': { S: 'broken' }, type: { S: 'branch:ACTIVE' } }
  await clients[0].send(new PutItemCommand({ TableName: 'branch-keys', Item: broken }))
  kms.faults.fail({ name: 'DisabledException' }, { operations: ['GenerateDataKeyWithoutPlaintext'], times: 1 })
  const { code, lines } = await run()
  expect(code).toBe(1)
  expect(lines.filter((line) => line.startsWith('LOOK'))).toEqual([
    expect.stringMatching(/broken: its item /),
    expect.stringMatching(/theirs: due, and under ARN, which was not given/),
    expect.stringMatching(/: not rotated, KEY_OPERATIONAL: /),
  ])
  expect(lines.at(-1)).toBe('3 rotated and proved, 0 failed, 3 to look at')
})

it('fails where an older message no longer opens', async () => {
  await killAt(() => dynamodb.faults.outage('silent', { operations: ['TransactWriteItems'], when: third() }))
  await expect.poll(() => versionsOf('c')).toBe(2)
  const old = JSON.parse(readFileSync(journal(), 'utf8').split('\n')[0] as string) as { branchKeyId: string; from: string }
  const item = { 'branch-key-id': { S: old.branchKeyId }, type: { S: `branch:version:${old.from}` }, enc: { B: new Uint8Array(100) } }
  await clients[0].send(new PutItemCommand({ TableName: 'branch-keys', Item: item }))
  const { code, lines } = await run()
  expect(lines.find((line) => line.startsWith('FAILED'))).toMatch(
    new RegExp(`^FAILED {3}${old.branchKeyId}: UUID to UUID; older message DOES NOT OPEN`),
  )
  expect(code).toBe(1)
})

it('refuses to run without its options', async () => {
  const { code, err } = await run('--older-than-days', '0')
  expect(code).toBe(1)
  expect(err).toContain('--older-than-days DAYS')
})

/** Accepts the third call, and later ones. */
function third(): () => boolean {
  let calls = 0
  return () => {
    calls += 1
    return calls >= 3
  }
}
