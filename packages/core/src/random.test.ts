import { describe, expect, it } from 'vitest'
import { draw, pooledRandom } from './random.ts'

/** A fill whose bytes are all different over 251 fills of a pool: byte i of fill n is (i + n * 7 + 1) mod 256, and never all zero. */
function countingFill(): { fill: (pool: Uint8Array) => void; pools: Uint8Array[]; fills: () => number } {
  const pools: Uint8Array[] = []
  return {
    pools,
    fills: () => pools.length,
    fill(pool) {
      pools.push(pool)
      for (let index = 0; index < pool.length; index += 1) pool[index] = ((index + pools.length * 7) % 255) + 1
    },
  }
}

function setup(): ReturnType<typeof countingFill> & {
  draw: (length: number) => Uint8Array
  clock: { ms: number }
  process: { pid: number }
} {
  const source = countingFill()
  const clock = { ms: 1_000_000 }
  const process = { pid: 1 }
  return {
    ...source,
    clock,
    process,
    draw: pooledRandom(
      source.fill,
      () => clock.ms,
      () => process.pid,
    ),
  }
}

describe('the random pool', () => {
  it('hands every byte out once, in arrays of their own', () => {
    const { draw, fills } = setup()
    const drawn = Array.from({ length: 128 }, () => draw(32))
    expect(fills()).toBe(1)
    expect(Buffer.concat(drawn)).toEqual(Buffer.from(Uint8Array.from({ length: 4096 }, (_, index) => ((index + 7) % 255) + 1)))
    for (const bytes of drawn) expect([bytes.byteOffset, bytes.buffer.byteLength, Buffer.isBuffer(bytes)]).toEqual([0, 32, false])
    draw(1)
    expect(fills()).toBe(2)
  })

  it('never gives one byte twice where the rest of a pool is too short', () => {
    const { draw, fills } = setup()
    draw(4000)
    const next = draw(97)
    expect(fills()).toBe(2)
    expect(next[0]).toBe(((0 + 14) % 255) + 1)
  })

  it('overwrites what it has handed out', () => {
    const { draw, pools } = setup()
    draw(100)
    expect(pools[0]?.subarray(0, 100).every((byte) => byte === 0)).toBe(true)
    expect(pools[0]?.subarray(100).every((byte) => byte !== 0)).toBe(true)
  })

  it.each<[string, (state: ReturnType<typeof setup>) => void]>([
    ['is older than a second', ({ clock }) => (clock.ms += 1001)],
    ['comes from the future, the clock having gone back', ({ clock }) => (clock.ms -= 1)],
    ['was filled by another process', ({ process }) => (process.pid += 1)],
  ])('throws a pool away that %s', (_why, change) => {
    const state = setup()
    state.draw(8)
    change(state)
    const next = state.draw(8)
    expect(state.fills()).toBe(2)
    expect(next[0]).toBe(15)
    state.draw(8)
    expect(state.fills()).toBe(2)
  })

  it('keeps a pool for its second', () => {
    const state = setup()
    state.draw(8)
    state.clock.ms += 1000
    state.draw(8)
    expect(state.fills()).toBe(1)
  })

  it('serves more than it holds from the source directly', () => {
    const { draw, fills, pools } = setup()
    const bytes = draw(5000)
    expect(bytes).toHaveLength(5000)
    expect(pools[0]).toBe(bytes)
    expect(fills()).toBe(1)
  })

  it('does not repeat itself with the real source', () => {
    const draw = pooledRandom()
    const seen = new Set(Array.from({ length: 2000 }, () => Buffer.from(draw(16)).toString('hex')))
    expect(seen.size).toBe(2000)
  })
})

describe('draw', () => {
  it('answers what the source answers', () => {
    expect(draw((length) => new Uint8Array(length).fill(7), 3)).toEqual(Uint8Array.of(7, 7, 7))
  })

  it.each([0, 31, 33])('refuses %i bytes where 32 were asked for', (length) => {
    expect(() => draw(() => new Uint8Array(length), 32)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID', option: 'random' }))
  })
})
