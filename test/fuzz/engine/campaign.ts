import { getHeapStatistics } from 'node:v8'
import { Coverage } from './coverage.ts'
import { SeededRandom } from './random.ts'
import { type InputValue, showInput, type Target } from './target.ts'

/** How a campaign goes. */
export interface CampaignOptions {
  readonly seed: number
  readonly inputs: number
  /** Whether inputs that reach new code join the corpus. */
  readonly guided: boolean
}

/** An input, and what should not have come of it. */
export interface Finding {
  readonly what: string
  readonly input: string
}

/** What a campaign found. */
export interface CampaignReport {
  tried: number
  /** Inputs of the corpus at the end. */
  corpus: number
  /** Characters of source code that ran, where it was guided. */
  covered: number
  /** The most blocks of source code that ran for an input that was looked at alone. */
  mostSteps: number
  readonly findings: Finding[]
}

/** More findings are seldom of another defect. */
const MOST_FINDINGS = 20
const MOST_CORPUS = 4096
/** Inputs tried between two looks at the coverage: few while there is much to find, many later. */
const [LEAST_BATCH, MOST_BATCH] = [8, 256]
/** Bytes that an input may take, and for each character that shows it: enough for what is proportionate, far below what a length of four bytes can ask for. */
const MEMORY = { external: 2 ** 20, heap: 2 ** 24, each: 64 } as const
/** Blocks of source code that an input may run, and for each character that shows it. */
const STEPS = { some: 20_000, each: 20 } as const

/** Tries inputs on a target: its seeds, then mutants of those that are in the corpus. `announce` learns of each before it is tried. */
export async function campaign(
  target: Target,
  options: CampaignOptions,
  announce: (input: string) => void = () => {},
): Promise<CampaignReport> {
  const random = new SeededRandom(options.seed)
  const coverage = options.guided ? new Coverage() : undefined
  const corpus: InputValue[] = []
  const report: CampaignReport = { tried: 0, corpus: 0, covered: 0, mostSteps: 0, findings: [] }

  async function attempt(input: InputValue): Promise<number> {
    const text = showInput(input)
    announce(text)
    const before = getHeapStatistics()
    let what: string | undefined
    try {
      what = await target.run(input)
    } catch (error) {
      what = `threw ${error instanceof Error ? error.stack : String(error)}`
    }
    what ??= overspent(before, getHeapStatistics(), text.length)
    if (what !== undefined && report.findings.every(({ input: known }) => known !== text)) report.findings.push({ what, input: text })
    return text.length
  }

  async function all(inputs: readonly InputValue[]): Promise<number> {
    let bytes = 0
    for (const input of inputs) bytes += await attempt(input)
    return bytes
  }

  /** Halves inputs that reach new code until each that does so is found, and keeps it. */
  async function learn(inputs: readonly InputValue[]): Promise<void> {
    if (coverage === undefined) return
    const bytes = await all(inputs)
    const { fresh, steps } = coverage.look(inputs.length === 1)
    if (inputs.length === 1 && inputs[0] !== undefined) {
      report.mostSteps = Math.max(report.mostSteps, steps)
      const most = STEPS.some + STEPS.each * bytes
      if (steps > most) report.findings.push({ what: `${steps} blocks ran, more than ${most}`, input: showInput(inputs[0]) })
      if (fresh > 0 && corpus.length < MOST_CORPUS) corpus.push(inputs[0])
    } else if (fresh > 0 || steps > STEPS.some + STEPS.each * bytes) {
      const middle = inputs.length >>> 1
      await learn(inputs.slice(0, middle))
      await learn(inputs.slice(middle))
    }
  }

  const seeds = await target.seeds()
  if (seeds.length === 0) throw new Error(`the target ${target.name} has no seeds`)
  coverage?.look(true)
  for (const seed of seeds) {
    report.tried += 1
    if (coverage === undefined) await attempt(seed)
    else await learn([seed])
  }
  corpus.splice(0, corpus.length, ...seeds, ...corpus.filter((input) => !seeds.includes(input)))

  for (let size = LEAST_BATCH; report.tried < options.inputs && report.findings.length < MOST_FINDINGS; ) {
    const batch = Array.from({ length: Math.min(size, options.inputs - report.tried) }, () => {
      // The newest are tried oftener: what they reach was reached least.
      const parent = random.once(4) ? corpus[corpus.length - 1 - random.below(Math.min(16, corpus.length))] : random.pick(corpus)
      return target.mutate(parent as InputValue, random.pick(corpus), random)
    })
    report.tried += batch.length
    const bytes = await all(batch)
    if (coverage === undefined) continue
    const { fresh, steps } = coverage.look(false)
    const isDear = steps > STEPS.some + STEPS.each * bytes
    if (fresh > 0 || isDear) await learn(batch)
    size = fresh > 0 ? Math.max(LEAST_BATCH, size >>> 1) : Math.min(MOST_BATCH, size * 2)
  }
  return { ...report, corpus: corpus.length, covered: coverage?.total ?? 0 }
}

type Heap = ReturnType<typeof getHeapStatistics>

function overspent(before: Heap, after: Heap, size: number): string | undefined {
  const external = after.external_memory - before.external_memory
  const heap = after.used_heap_size - before.used_heap_size
  if (external > MEMORY.external + MEMORY.each * size) return `took ${external} bytes outside the heap`
  return heap > MEMORY.heap + MEMORY.each * size ? `took ${heap} bytes of the heap` : undefined
}
