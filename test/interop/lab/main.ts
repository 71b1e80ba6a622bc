/**
 * The interop lab, `npm run test:interop`: AWS's clients and ours read each other's messages. A full run writes docs/interop.md, and with
 * CI=true compares it instead. A language that is not installed is skipped by name, with CI=true a failure.
 *
 * `npm run test:interop -- frames tampered` runs these groups and writes nothing.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startEmbeddedDynamoDB, startEmbeddedKms, startEmbeddedS3 } from '@strongroom/testing'
import { messageClients } from './case.ts'
import { differences } from './differences.ts'
import { makeObjects } from './exchanges/objects.ts'
import { makeTables } from './exchanges/tables.ts'
import { makeGroups } from './groups.ts'
import { makeSharedHsmKey, missingHsm } from './hsm.ts'
import { startOneEndpoint } from './one-endpoint.ts'
import { startAll } from './participants.ts'
import { checkProtocol } from './protocol-checks.ts'
import { groupSection, report } from './report.ts'
import { runGroup } from './run-group.ts'
import { type Tally, tally } from './tally.ts'

const page = join(import.meta.dirname, '../../../docs/interop.md')
const strict = process.env['CI'] === 'true'
const problems: string[] = []
let passed = 0

await using kms = await startEmbeddedKms()
await using dynamoDB = await startEmbeddedDynamoDB()
await using s3 = await startEmbeddedS3({ recordRequests: false })
await using both = await startOneEndpoint({ TrentService: kms.endpoint, DynamoDB_20120810: dynamoDB.endpoint })
using hsmKey = missingHsm === undefined ? await makeSharedHsmKey() : undefined
const all = await makeGroups(kms, both.endpoint, await makeObjects(s3.endpoint), await makeTables(dynamoDB.endpoint), hsmKey)
const names = parseArgs({ allowPositionals: true }).positionals
const unknown = names.find((name) => all.every((group) => group.name !== name))
if (unknown !== undefined) throw new Error(`No group is named ${unknown}. There are: ${all.map(({ name }) => name).join(', ')}.`)
const groups = names.length === 0 ? all : all.filter(({ name }) => names.includes(name))

const { running, absent } = await startAll(console.log)
for (const { name, title, driver } of running) {
  const protocol = await checkProtocol(driver, { messages: messageClients.includes(name) })
  passed += protocol.checks - protocol.problems.length
  problems.push(...protocol.problems.map((problem) => `protocol: ${title}: ${problem}`))
}

const drivers = new Map(running.map(({ name, driver }) => [name, driver]))
const tallies: Tally[] = []
for (const group of groups) {
  const result = tally(group, await runGroup(group, drivers, differences))
  tallies.push(result)
  console.log(`\n${groupSection(running, result, differences).join('\n\n')}`)
  passed += result.passed + [...result.differences.values()].reduce((sum, count) => sum + count, 0)
  problems.push(
    ...result.failures.map(
      ({ writer, reader, name, verdict }) => `${writer} -> ${reader}: ${name}: ${'why' in verdict ? verdict.why : ''}`,
    ),
  )
}
await Promise.all(running.map(({ driver }) => driver.close()))

const complete = names.length === 0 && absent.length === 0 && missingHsm === undefined
if (complete) {
  const shown = new Set(tallies.flatMap((result) => [...result.differences.keys()]))
  const stale = differences.filter(({ name }) => !shown.has(name))
  problems.push(...stale.map(({ name }) => `the difference ${name} applies nowhere: take it out of differences.ts`))
  await keepPage(report(running, tallies, differences))
}
const pending = tallies.reduce((sum, result) => sum + result.pending, 0)
for (const { title, missing, remedy } of absent) {
  const line = `${title} cannot take part: ${missing}. To have it: ${remedy}.`
  if (strict) problems.push(line)
  else console.log(`\nSkipped: ${line}`)
}
if (missingHsm !== undefined) {
  const line = `The HSM cannot take part: ${missingHsm}. To have it: apt-get install softhsm2 gcc.`
  if (strict) problems.push(line)
  else console.log(`\nSkipped: ${line}`)
}
if (problems.length > 0)
  console.error(`\n${problems.slice(0, 50).join('\n')}${problems.length > 50 ? `\n... and ${problems.length - 50} more` : ''}`)
console.log(`\ninterop: ${passed} passed, ${problems.length} failed, ${pending + (strict ? 0 : absent.length)} skipped`)
process.exitCode = problems.length > 0 ? 1 : 0

async function keepPage(text: string): Promise<void> {
  if (!strict) return writeFile(page, text)
  const kept = await readFile(page, 'utf8').catch(() => '')
  if (kept !== text) problems.push('docs/interop.md is not what this run comes to: run npm run test:interop and commit it')
}
