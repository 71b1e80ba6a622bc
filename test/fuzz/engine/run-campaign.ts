import { randomInt } from 'node:crypto'
import { Worker } from 'node:worker_threads'
import type { CampaignOptions, CampaignReport } from './campaign.ts'
import type { CampaignData } from './worker.ts'

const MOST_TEXT = 2 ** 20

/** The seed of this run: FUZZ_SEED, or another each time. */
export const fuzzSeed: number = process.env.FUZZ_SEED === undefined ? randomInt(2 ** 31) : Number(process.env.FUZZ_SEED)

/** How the thread is run. */
export interface ThreadOptions {
  /** The thread's module, for tests. */
  readonly module?: URL
  /** Milliseconds without a new input after which one counts as hanging. It bounds what hangs, and says nothing of speed. */
  readonly hangingMs?: number
}

/** Runs a campaign in a thread. An input that hangs, never settles or exhausts the memory is a finding like any other. */
export async function runCampaign(
  target: string,
  options: CampaignOptions,
  { module = new URL('worker.ts', import.meta.url), hangingMs = 60_000 }: ThreadOptions = {},
): Promise<CampaignReport> {
  const shared = new SharedArrayBuffer(8 + MOST_TEXT)
  const counters = new Int32Array(shared, 0, 2)
  const workerData: CampaignData = { ...options, target, shared }
  const worker = new Worker(module, {
    workerData,
    execArgv: ['--conditions=@strongroom/source', '--disable-warning=ExperimentalWarning'],
    resourceLimits: { maxOldGenerationSizeMb: 512 },
  })
  const lastInput = (): string => Buffer.from(new Uint8Array(shared, 8, counters[1])).toString()
  const failed = (what: string): CampaignReport => ({
    tried: counters[0] as number,
    corpus: 0,
    covered: 0,
    mostSteps: 0,
    findings: [{ what, input: lastInput() }],
  })
  let seen = -1
  let watch: NodeJS.Timeout | undefined
  try {
    return await new Promise((resolve) => {
      watch = setInterval(() => {
        if (counters[0] === seen) resolve(failed('hangs'))
        seen = counters[0] as number
      }, hangingMs)
      worker.once('message', (report: CampaignReport) => resolve(report))
      worker.once('error', (error) => resolve(failed(`ended the thread: ${String(error)}`)))
      worker.once('exit', () => resolve(failed('never settles')))
    })
  } finally {
    clearInterval(watch)
    await worker.terminate()
  }
}
