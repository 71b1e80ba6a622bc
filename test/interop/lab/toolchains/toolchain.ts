import { execFile } from 'node:child_process'
import type { DriverCommand } from '../../driver-process.ts'

/** A language that a driver is written in: whether it is here, and how its driver is built. */
export interface Toolchain {
  /** The command that provides the language, for people. */
  readonly remedy: string
  /** Answers what is missing, undefined if nothing is. */
  missing(): Promise<string | undefined>
  /** Builds the driver unless that was done before. */
  build(): Promise<DriverCommand>
}

/** Runs a command to its end; what it prints is told only where it fails. */
export function run(
  command: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const settings = { ...options, env: { ...process.env, ...options.env }, maxBuffer: 2 ** 26 }
    execFile(command, [...args], settings, (error, stdout, stderr) => {
      if (error === null) resolve(stdout)
      else
        reject(
          new Error(`${command} ${args.join(' ')}: ${error.code ?? 'failed'}\n${`${stdout}\n${stderr}`.trim().slice(-4000)}`, {
            cause: error,
          }),
        )
    })
  })
}

/** Answers which of these commands cannot be started, undefined if all can. */
export async function firstMissing(commands: readonly (readonly [command: string, ...args: string[]])[]): Promise<string | undefined> {
  for (const [command, ...args] of commands) {
    try {
      await run(command, args)
    } catch (error) {
      return (error as Error).message.split('\n')[0] ?? command
    }
  }
  return undefined
}
