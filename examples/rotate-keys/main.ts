/**
 * Rotates branch keys that are too old; schedule it daily:
 *
 *     node --conditions=@strongroom/source examples/rotate-keys/main.ts --table branch-keys --kms-key ARN --older-than-days 365 --journal rotation.jsonl
 *
 * `--kms-key` may be given several times, `--dry-run` changes nothing. A run that was killed is taken up by the next one with the same journal. It ends
 * with a report that proves, key by key, that what was written before the rotation still opens; the exit code is 1 where anything does not, or where
 * somebody should look. Regions, credentials and endpoints are those of the AWS SDK's environment.
 */
import { parseArgs } from 'node:util'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { KMSClient } from '@aws-sdk/client-kms'
import { createKeyStore, type KeyStore } from '@strongroom/kms/branch-keys'
import { Journal } from './journal.ts'
import { prove, resume, rotate, survey } from './rotation.ts'

const DAY_MS = 86_400_000

const { values } = parseArgs({
  options: {
    table: { type: 'string' },
    'logical-name': { type: 'string' },
    'kms-key': { type: 'string', multiple: true },
    'older-than-days': { type: 'string' },
    journal: { type: 'string' },
    'dry-run': { type: 'boolean', default: false },
  },
})
const { table, journal: path, 'kms-key': keyIds = [], 'logical-name': logicalName } = values
const days = Number(values['older-than-days'])
if (table === undefined || path === undefined || keyIds.length === 0 || !(days > 0))
  throw new Error('Needed: --table NAME --kms-key ARN --older-than-days DAYS --journal FILE')

const now = Date.now()
const [client, kms] = [new DynamoDBClient({}), new KMSClient({})]
const named = logicalName === undefined ? {} : { logicalName }
const stores = new Map(
  keyIds.map((keyId): [string, KeyStore] => [keyId, createKeyStore({ client, tableName: table, ...named, kms: { keyId, client: kms } })]),
)
using journal = new Journal(path)
process.exitCode = await run(journal)

async function run(journal: Journal): Promise<number> {
  const { due, young, notes } = await survey(stores, new Date(now - days * DAY_MS))
  for (const { branchKeyId, version, createdAt } of due)
    console.log(`due      ${branchKeyId}: version ${version}, ${Math.floor((now - Date.parse(createdAt)) / DAY_MS)} days old`)
  console.log(`${due.length} due, ${young} younger than ${days} days`)
  if (values['dry-run']) {
    for (const note of notes) console.log(`LOOK     ${note}`)
    console.log('dry run: nothing was changed')
    return notes.length === 0 ? 0 : 1
  }
  const resumed = await resume(journal, stores)
  if (resumed > 0) console.log(`resumed: ${resumed} rotated by a run that was cut off`)
  const problems = [...notes]
  for (const key of due) problems.push(...[(await rotate(key, journal)) ?? []].flat())
  const well = await report(journal, problems)
  if (well) journal.clear()
  return well ? 0 : 1
}

/** Says whether all is well. */
async function report(journal: Journal, problems: readonly string[]): Promise<boolean> {
  const [anyStore] = stores.values()
  let [proved, failed] = [0, 0]
  for (const rotation of journal.rotations.filter(({ to }) => to !== undefined)) {
    const key = await anyStore?.describeKey(rotation.branchKeyId)
    const keyStore = key?.state === 'active' ? stores.get(key.kmsKeyArn) : undefined
    if (keyStore === undefined) {
      console.log(`skipped  ${rotation.branchKeyId}: ${key?.state} since its rotation`)
      continue
    }
    const { branchKeyId, from, to } = rotation
    const { well, seen } = await prove(rotation, keyStore)
    if (well) proved += 1
    else failed += 1
    console.log(`${well ? 'rotated ' : 'FAILED  '} ${branchKeyId}: ${from} to ${to}; ${seen}`)
  }
  for (const problem of problems) console.log(`LOOK     ${problem}`)
  console.log(`${proved} rotated and proved, ${failed} failed, ${problems.length} to look at`)
  return failed === 0 && problems.length === 0
}
