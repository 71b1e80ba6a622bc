import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { startEmbeddedS3 } from '@strongroom/testing'
import { expect, it } from 'vitest'

const MIB = 2 ** 20
const program = new URL('memory-program.ts', import.meta.url).pathname

it.skipIf(process.env.SLOW === undefined)(
  'memory is flat: an object of 768 MiB goes up and comes down in little more than one of 128 MiB (SLOW)',
  async () => {
    await using s3 = await startEmbeddedS3({ recordRequests: false })
    s3.createBucket('documents')
    const peakOf = async (mib: number): Promise<number> => {
      const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=@strongroom/source', program, s3.endpoint, String(mib)])
      const { length, peak } = JSON.parse(stdout) as { length: number; peak: number }
      expect(length).toBe(mib * MIB)
      return peak
    }
    const small = await peakOf(128)
    expect((await peakOf(768)) - small).toBeLessThan(96)
  },
  300_000,
)
