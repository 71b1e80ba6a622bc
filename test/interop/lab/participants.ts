import { type DriverCommand, DriverProcess } from '../driver-process.ts'
import { type Implementation, type ImplementationName, implementations } from './implementations.ts'
import type { Participant } from './report.ts'

/** A driver that runs, and what it says of itself. */
export interface Running extends Participant {
  readonly driver: DriverProcess
}

/** An implementation whose language is not here. */
export interface Absent {
  readonly title: string
  readonly missing: string
  readonly remedy: string
}

/** Builds what is missing and starts every driver whose language is here, one after the other: a build takes all cores. */
export async function startAll(
  tell: (line: string) => void,
): Promise<{ readonly running: readonly Running[]; readonly absent: readonly Absent[] }> {
  const running: Running[] = []
  const absent: Absent[] = []
  for (const implementation of implementations) {
    const command = await commandOf(implementation, tell)
    if ('missing' in command) absent.push(command)
    else running.push(await start(implementation, command))
  }
  return { running, absent }
}

async function commandOf({ title, driver }: Implementation, tell: (line: string) => void): Promise<DriverCommand | Absent> {
  if (!('build' in driver)) return driver
  const missing = await driver.missing()
  if (missing !== undefined) return { title, missing, remedy: driver.remedy }
  tell(`${title}: building what is not built`)
  return driver.build()
}

async function start({ name, title, note }: Implementation, command: DriverCommand): Promise<Running> {
  const driver = new DriverProcess(command)
  const { versions, error } = await driver.ask({ op: 'version' })
  if (versions === undefined) throw new Error(`The driver ${name} does not tell its versions: ${error}`)
  return {
    name,
    title,
    ...(note === undefined ? {} : { note }),
    driver,
    versions: pinned(name, versions as Readonly<Record<string, string>>),
  }
}

/** Versions that a lock file pins, not those of what happens to be installed here; none for ourselves. */
function pinned(name: ImplementationName, versions: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  if (name === 'strongroom') return {}
  return Object.fromEntries(Object.entries(versions).filter(([part]) => !['node', 'python', 'java', 'go'].includes(part)))
}
