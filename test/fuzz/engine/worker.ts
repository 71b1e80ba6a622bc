/** Runs a campaign in a thread of its own, so that one that hangs or exhausts its memory can be ended and told of. See run-campaign.ts. */
import { parentPort, workerData } from 'node:worker_threads'
import { targetNamed } from '../targets/all.ts'
import { type CampaignOptions, campaign } from './campaign.ts'

/** What the thread is given. */
export interface CampaignData extends CampaignOptions {
  readonly target: string
  /** A counter of the inputs announced, the length of the last one, and its text. */
  readonly shared: SharedArrayBuffer
}

const { target, shared, ...options } = workerData as CampaignData
const counters = new Int32Array(shared, 0, 2)
const text = new Uint8Array(shared, 8)
const encoder = new TextEncoder()

const report = await campaign(await targetNamed(target), options, (input) => {
  counters[1] = encoder.encodeInto(input, text).written
  Atomics.add(counters, 0, 1)
})
parentPort?.postMessage(report)
