import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { promisify } from 'node:util'

/** A Node.js to run programs on. */
export interface Runtime {
  /** For the name of a test. */
  readonly name: string
  /** Major version that it has to be. */
  readonly major: number
  readonly executable: string
  /** Why it is not there; undefined where it is. */
  readonly missing: string | undefined
}

/** Comes with a workspace, which has it for the platforms that npm has it for. */
const oldest = resolve(import.meta.dirname, '../node22/node_modules/.bin/node')

/** What the packages promise to run on: the oldest line, and the one that runs the tests. */
export const runtimes: readonly Runtime[] = [
  {
    name: `Node.js ${process.versions.node}`,
    major: Number.parseInt(process.versions.node, 10),
    executable: process.execPath,
    missing: undefined,
  },
  {
    name: 'Node.js 22',
    major: 22,
    executable: oldest,
    missing: existsSync(oldest) ? undefined : `npm installed none for ${process.platform}-${process.arch}`,
  },
]

/** Runs a program to its end and answers what it printed, standard error last. Fails where the program does. */
export async function runProgram({ executable }: Runtime, file: string, ...flags: string[]): Promise<string> {
  const { NODE_OPTIONS: _conditions, ...env } = process.env
  const { stdout, stderr } = await promisify(execFile)(executable, [...flags, file], { env, timeout: 60_000 })
  return (stdout + stderr).trim()
}
