import type { Answer, DriverProcess } from '../driver-process.ts'
import type { Fields } from '../protocol.ts'
import type { Case, Group } from './case.ts'
import type { Difference } from './differences.ts'
import type { ImplementationName } from './implementations.ts'
import { judgeRead, judgeWrite, type Verdict } from './judge.ts'

/** Messages under way at once; every driver works on its requests one by one. */
const IN_FLIGHT = 12

/** How long an answer may take, with all that was asked before it. Only a driver that hangs takes a tenth of it. */
const PATIENCE_MS = 180_000

export type Drivers = ReadonlyMap<ImplementationName, DriverProcess>

/** What became of one read of one message, or of its write for every read that was to follow. */
export interface Outcome {
  readonly writer: ImplementationName
  readonly reader: ImplementationName
  readonly name: string
  readonly verdict: Verdict
}

/** Has every implementation write every message of a group, and every implementation read it. */
export async function runGroup(group: Group, all: Drivers, differences: readonly Difference[]): Promise<readonly Outcome[]> {
  const drivers: Drivers = new Map([...all].filter(([name]) => group.participants.includes(name)))
  const outcomes: Outcome[] = []
  const left = group.cases.flatMap((subject) => [...drivers.keys()].map((writer) => ({ subject, writer }))).reverse()
  const work = async () => {
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      outcomes.push(...(await runCase(group.name, next.subject, next.writer, drivers, differences)))
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, work))
  return outcomes
}

async function runCase(
  group: string,
  subject: Case,
  writer: ImplementationName,
  drivers: Drivers,
  differences: readonly Difference[],
): Promise<readonly Outcome[]> {
  const { exchange, write } = subject
  const written = await exchange.write(subject, (request) => ask(drivers, writer, request))
  const verdict = judgeWrite(writer, { group, subject, writer, side: 'write', request: write }, written, differences)
  const reads = [...drivers.keys()].flatMap((reader) =>
    subject.reads.map(async (read): Promise<Outcome> => {
      const name = `${subject.name}: ${read.name}`
      if (verdict.kind !== 'passed') return { writer, reader, name, verdict }
      const answer = await exchange.read(read, written, (request) => ask(drivers, reader, request))
      const step = { group, subject, writer, side: 'read', request: read.request, read: read.name } as const
      return { writer, reader, name, verdict: judgeRead(reader, step, answer, read, differences) }
    }),
  )
  return Promise.all(reads)
}

/** Asks a driver. One that ends fails what it was asked, and so does one that is ended because it does not answer. */
async function ask(drivers: Drivers, name: ImplementationName, request: Fields): Promise<Answer> {
  const driver = drivers.get(name)
  if (driver === undefined) throw new Error(`no driver is named ${name}`)
  const guard = setTimeout(() => driver.kill(), PATIENCE_MS)
  try {
    return await driver.ask(request)
  } catch (error) {
    return { ok: false, error: `driver: ${(error as Error).message}` }
  } finally {
    clearTimeout(guard)
  }
}
