/** `npm run test:slow` sets it: exhaustive where the ordinary run takes samples. */
export const slow: boolean = process.env.SLOW !== undefined

/** Runs of a property: many more where there is time. */
export function runs(ordinary: number): number {
  return slow ? ordinary * 50 : ordinary
}

/** Time for a test, in milliseconds: it bounds what hangs, and says nothing of speed. */
export const LIMIT: number = slow ? 3_600_000 : 120_000
