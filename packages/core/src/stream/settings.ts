import type { CommitmentPolicy } from '../commitment-policy.ts'
import type { HeaderMemo } from '../esdk/header-memo.ts'
import type { Materials } from '../materials.ts'
import type { Observer } from '../observer.ts'
import type { RandomSource } from '../random.ts'
import type { Suite, SuiteId } from '../suite.ts'

/** What a client's streams are made with: its options, with their defaults. */
export interface StreamSettings {
  readonly materials: Materials
  readonly commitmentPolicy: CommitmentPolicy
  readonly suite: Suite<SuiteId>
  readonly frameLength: number
  readonly maxEncryptedDataKeys: number
  readonly netV400Retry: boolean
  readonly headerMemo: HeaderMemo | undefined
  readonly observer: Observer | undefined
  readonly random: RandomSource
}
