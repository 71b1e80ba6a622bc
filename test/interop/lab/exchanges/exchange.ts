import type { Answer } from '../../driver-process.ts'
import type { Fields } from '../../protocol.ts'
import type { Case, Read } from '../case.ts'

/** Asks a driver, whose id need not be told. */
export type Ask = (request: Fields) => Promise<Answer>

/** How what one implementation writes reaches another. */
export interface Exchange {
  /** Has a case written. */
  write(subject: Case, ask: Ask): Promise<Answer>
  /** Has what was written read, changed on the way if the read says so. */
  read(read: Read, written: Answer, ask: Ask): Promise<Answer>
  /** Tells what is wrong with what was read. */
  problem(answer: Answer, subject: Case, read: Read): string | undefined
}
