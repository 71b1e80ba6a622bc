import { execFile } from 'node:child_process'

/** What an example came to. */
export interface ExampleRun {
  readonly code: number | null
  readonly err: string
  /** The lines that claim something, each with whether it was so. */
  readonly claims: readonly string[]
}

/** Runs the program of an example as its user would. */
export async function runExample(name: string): Promise<ExampleRun> {
  const root = new URL('../..', import.meta.url).pathname
  const { code, out, err } = await new Promise<{ code: number | null; out: string; err: string }>((resolve) => {
    const child = execFile(
      process.execPath,
      ['--conditions=@strongroom/source', `examples/${name}/main.ts`],
      { cwd: root, env: { PATH: process.env.PATH, HOME: process.env.HOME } },
      (_error, out, err) => resolve({ code: child.exitCode, out, err }),
    )
  })
  const claims = out.split('\n').filter((line) => /^ {3}(ok|NOT SO) /.test(line))
  return { code, err, claims: claims.map((line) => line.trim()) }
}
