import type { Answer } from '../driver-process.ts'
import type { Case, Read } from './case.ts'
import type { Difference, Step } from './differences.ts'
import type { ImplementationName } from './implementations.ts'

/** What became of one step. `pending`: our own driver says that we do not have it yet. */
export type Verdict =
  | { readonly kind: 'passed' }
  | { readonly kind: 'pending' }
  | { readonly kind: 'different'; readonly difference: string }
  | { readonly kind: 'failed'; readonly why: string }

/** Errors of a driver, which are no refusals of a message. */
const notRefusals = /^(INPUT_INVALID|OPTION_INVALID|panic|driver): /

const passed: Verdict = { kind: 'passed' }

/** Judges the answer to a write. */
export function judgeWrite(who: ImplementationName, step: Step, answer: Answer, differences: readonly Difference[]): Verdict {
  const difference = expected(who, step, differences)
  // Whether it shows is seen by the readers.
  if (answer.ok && difference?.shows === 'writes what nobody opens') return passed
  return judge(who, step, answer.ok ? undefined : (answer.error ?? 'no error'), difference)
}

/** Judges the answer to a read. */
export function judgeRead(who: ImplementationName, step: Step, answer: Answer, read: Read, differences: readonly Difference[]): Verdict {
  const difference = expected(who, step, differences) ?? brokenWrite(step, differences)
  if (read.outcome === 'opens') return judge(who, step, problemOfOpening(answer, step.subject, read), difference)
  if (!answer.ok) {
    const known = difference !== undefined && shows(difference, answer.error ?? '')
    if (!known && notRefusals.test(answer.error ?? '')) return { kind: 'failed', why: `${read.name}: ${answer.error}` }
    const refusesAlways = difference !== undefined && difference.shows !== 'accepts'
    return judge(who, step, refusesAlways || isUnsupported(answer.error) ? answer.error : undefined, difference)
  }
  if (difference?.shows === 'accepts') return { kind: 'different', difference: difference.name }
  return { kind: 'failed', why: `accepted: ${read.name}` }
}

function judge(who: ImplementationName, step: Step, problem: string | undefined, difference: Difference | undefined): Verdict {
  if (problem !== undefined && who === 'strongroom' && isUnsupported(problem)) return { kind: 'pending' }
  if (difference !== undefined) {
    if (problem === undefined)
      return { kind: 'failed', why: `the difference ${difference.name} no longer shows: take it out of differences.ts` }
    if (shows(difference, problem)) return { kind: 'different', difference: difference.name }
    return { kind: 'failed', why: `the difference ${difference.name} shows otherwise: ${problem}` }
  }
  if (problem === undefined) return passed
  return { kind: 'failed', why: `${step.side}: ${problem}` }
}

function expected(who: ImplementationName, step: Step, differences: readonly Difference[]): Difference | undefined {
  return differences.find((difference) => difference.who === who && difference.side === step.side && difference.applies(step))
}

function brokenWrite(step: Step, differences: readonly Difference[]): Difference | undefined {
  const difference = expected(step.writer, { ...step, side: 'write', request: step.subject.write }, differences)
  return difference?.shows === 'writes what nobody opens' ? difference : undefined
}

function shows({ shows }: Difference, problem: string): boolean {
  if (shows instanceof RegExp) return shows.test(problem)
  return shows === 'writes what nobody opens' && !isUnsupported(problem)
}

function isUnsupported(error: string | undefined): boolean {
  return error?.startsWith('UNSUPPORTED: ') === true
}

function problemOfOpening(answer: Answer, subject: Case, read: Read): string | undefined {
  return answer.ok ? subject.exchange.problem(answer, subject, read) : (answer.error ?? 'no error')
}
