/**
 * Wraps a number of data keys and tells how much memory that left behind: a program of its own, so that nothing else is in its memory.
 *
 *     node --expose-gc --max-semi-space-size=1 --conditions=@strongroom/source test/hsm/memory-run.ts <token spec as JSON> <wraps>
 */
import { type AeadKey, SecretBytes } from '@strongroom/core'
import { keyringOf, openSpec } from './token-spec.ts'

const CALLERS = 50
const WARM = 10_000
// One thread: another one, opened on the way, would count as growth.
await using token = openSpec(JSON.parse(process.argv[2] as string), 1)
const key = (await keyringOf(token).wrappingKeys?.current()) as AeadKey
const aad = new Uint8Array(40)

async function wrap(count: number): Promise<void> {
  const caller = async () => {
    for (let done = 0; done < count / CALLERS; done += 1) {
      using secret = SecretBytes.random(32)
      await key.seal(secret, aad)
    }
  }
  await Promise.all(Array.from({ length: CALLERS }, caller))
}

async function settled(): Promise<number> {
  for (let round = 0; round < 5; round += 1) {
    globalThis.gc?.()
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  return process.memoryUsage.rss()
}

await wrap(WARM)
const before = await settled()
await wrap(Number(process.argv[3]))
const after = await settled()
console.log(JSON.stringify({ beforeMiB: Math.round(before / 2 ** 20), grownMiB: (after - before) / 2 ** 20 }))
