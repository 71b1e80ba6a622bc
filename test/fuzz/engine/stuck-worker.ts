/** Stands for a campaign with an input that does not end, for the test of run-campaign.ts: the target's name says how. */
import { workerData } from 'node:worker_threads'
import type { CampaignData } from './worker.ts'

const { target, shared } = workerData as CampaignData
const counters = new Int32Array(shared, 0, 2)
counters[1] = new TextEncoder().encodeInto(`"${target}"`, new Uint8Array(shared, 8)).written
counters[0] = 7

if (target === 'loops') for (;;) Atomics.load(counters, 0)
if (target === 'exhausts') for (const kept: unknown[] = []; ; ) kept.push(Array(100_000).fill(kept.length))
if (target === 'fails') throw new Error('the target does not load')
// Else it has nothing left to do and ends, as a thread does that waits for what never settles.
