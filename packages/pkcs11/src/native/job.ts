/**
 * One C_Encrypt, C_Decrypt or C_Sign with its Init, as a block of memory that goes to a thread and comes back (native byte order, sizes in bytes):
 *
 *      0  u32  operation: 1 encrypt, 2 decrypt, 3 sign
 *      4  u32  shape of the parameters: 0 none, 1 GCM, 2 OAEP
 *      8  u64  session, filled in when one is found
 *     16  u64  key
 *     24  u32  mechanism
 *     28  u32  GCM: IV length, 0 or 12; OAEP: hash
 *     32  u32  GCM: AAD length; OAEP: MGF
 *     36  u32  input length
 *     40  u32  room for output
 *     44  u32  answer: output length
 *     48  u32  answer: return value; 0xffffffff where it was not run
 *     52  u32  answer: 1 where Init failed, 2 where the operation did
 *     56       (8 bytes, 0)
 *     64       IV | AAD | input | output
 *
 * The thread overwrites the input of encrypt and sign, and the output of what failed, before it gives the memory back.
 */
import { StrongroomError } from '@strongroom/core'
import { handleBytes } from './handle.ts'
import type { Mechanism } from './mechanism.ts'

const HEADER = 64
const MOST_BYTES = 2 ** 20
const operations = { encrypt: 1, decrypt: 2, sign: 3 } as const
const shapes = { plain: 0, gcm: 1, oaep: 2 } as const

/** Answered where a job did not run, since one before it spoilt the session. */
export const NOT_RUN = 0xffffffff

/** What a job does. */
export type JobOperation = keyof typeof operations

/** A job that is being filled. */
export interface JobRequest {
  readonly operation: JobOperation
  readonly mechanism: Mechanism
  readonly key: bigint
  readonly inputBytes: number
  readonly outputBytes: number
  /** Writes the input where it goes. */
  readonly fill: (input: Uint8Array) => void
}

/** What came back. */
export interface JobAnswer {
  readonly code: number
  readonly stage: 'init' | 'run'
}

/** Lays out a job. */
export function jobMemory({ operation, mechanism, key, inputBytes, outputBytes, fill }: JobRequest): ArrayBuffer {
  const { iv, aad, shape } = mechanism
  if (!isLength(inputBytes) || !isLength(outputBytes)) {
    throw new StrongroomError('OPTION_INVALID', `A PKCS#11 call takes at most ${MOST_BYTES} bytes.`, { option: 'input' })
  }
  const ivAt = HEADER
  const aadAt = ivAt + iv.length
  const inputAt = aadAt + aad.length
  const memory = new ArrayBuffer(inputAt + inputBytes + outputBytes)
  const words = new Uint32Array(memory, 0, HEADER / 4)
  words[0] = operations[operation]
  words[1] = shapes[shape]
  words[6] = mechanism.type
  words[7] = shape === 'oaep' ? mechanism.hash : iv.length
  words[8] = shape === 'oaep' ? mechanism.mgf : aad.length
  words[9] = inputBytes
  words[10] = outputBytes
  const bytes = new Uint8Array(memory)
  bytes.set(handleBytes(key), 16)
  bytes.set(iv, ivAt)
  bytes.set(aad, aadAt)
  fill(bytes.subarray(inputAt, inputAt + inputBytes))
  return memory
}

/** Writes the session's handle into a job. */
export function setSession(memory: ArrayBuffer, session: Uint8Array): void {
  new Uint8Array(memory).set(session, 8)
}

/** How a job went. */
export function jobAnswer(memory: ArrayBuffer): JobAnswer {
  const words = new Uint32Array(memory, 0, HEADER / 4)
  return { code: words[12] ?? NOT_RUN, stage: words[13] === 1 ? 'init' : 'run' }
}

/** The IV as the module left it. */
export function jobIv(memory: ArrayBuffer): Uint8Array {
  const words = new Uint32Array(memory, 0, HEADER / 4)
  return new Uint8Array(memory, HEADER, words[1] === shapes.gcm ? words[7] : 0)
}

/** The output: a view of the job's memory. */
export function jobOutput(memory: ArrayBuffer): Uint8Array {
  const words = new Uint32Array(memory, 0, HEADER / 4) as unknown as Readonly<Record<number, number>>
  const parameters = words[1] === shapes.gcm ? (words[7] ?? 0) + (words[8] ?? 0) : 0
  return new Uint8Array(memory, HEADER + parameters + (words[9] ?? 0), Math.min(words[11] ?? 0, words[10] ?? 0))
}

/** Overwrites a job, whatever is in it. */
export function wipeJob(memory: ArrayBuffer): void {
  if (!memory.detached) new Uint8Array(memory).fill(0)
}

function isLength(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0 && value <= MOST_BYTES
}
