/** A clock that stands still until it is moved. */
export interface TestClock {
  /** Milliseconds since the epoch. */
  (): number
  /** Moves it forward, or back by a negative number. */
  advance(milliseconds: number): void
}

/**
 * A clock for the `clock` option of the embedded endpoints: it stands at 2026-01-01 until it is moved.
 *
 * @example
 * ```ts
 * const clock = testClock()
 * await using kinesis = await startEmbeddedKinesis({ clock })
 * clock.advance(300_001) // every shard iterator has expired
 * ```
 */
export function testClock(): TestClock {
  let now = Date.UTC(2026, 0, 1)
  return Object.assign(() => now, {
    advance: (milliseconds: number) => {
      now += milliseconds
    },
  })
}
