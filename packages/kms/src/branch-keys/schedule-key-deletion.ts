import {
  DescribeKeyCommand,
  type DescribeKeyResponse,
  type KeyMetadata,
  ScheduleKeyDeletionCommand,
  type ScheduleKeyDeletionResponse,
} from '@aws-sdk/client-kms'
import { isSignal } from '@strongroom/core/keyring-tools'
import { isAnything, isBoolean, isFunction, isInteger, type OptionCheck, validateOptions } from '@strongroom/core/options'
import { type ConnectionOptions, connectionChecks } from '../connection-options.ts'
import { KmsKeyError } from '../errors.ts'
import type { KeyArn } from '../key-arn.ts'
import { configuredKeyArn } from '../key-id-option.ts'
import { callKms, unusableAnswer } from '../kms-call.ts'
import { connect, type KmsConnection } from '../kms-connection.ts'

/** Options of {@link scheduleKeyDeletion}. */
export interface ScheduleKeyDeletionOptions extends Omit<ConnectionOptions, 'grantTokens'> {
  /** ARN of the key. */
  readonly keyId: string
  /** Days until KMS destroys the key, 7 to 30; so long it can be called off, and decrypts nothing. Default 30. */
  readonly pendingWindowInDays?: number
  /** Only say what would happen. Default false. */
  readonly dryRun?: boolean
  /** Milliseconds since the epoch, for tests. */
  readonly now?: () => number
  /** Aborts the call. */
  readonly signal?: AbortSignal
}

/** Evidence of a KMS key's end. */
export interface KeyDeletionReceipt {
  /** ARN of the key. */
  readonly keyId: string
  /**
   * `pending`: KMS decrypts nothing with it any more, and destroys it on `deletionDate`. `pending-replicas`: the primary of a multi-Region key, whose
   * waiting period begins when the last of its replicas is gone; until then they decrypt. `intact`, of a dry run: nothing was done.
   */
  readonly state: 'intact' | 'pending' | 'pending-replicas'
  /** Whether deletion had been scheduled before this call, which then changed nothing. */
  readonly alreadyScheduled: boolean
  /** The waiting period, days. */
  readonly waitingPeriodInDays: number
  /** When KMS destroys the key, ISO 8601; of a dry run, when it would. Absent while replicas are waited for. */
  readonly deletionDate?: string
  /** ARNs of the replicas of a multi-Region primary: each is deleted by a call of its own. The same key material is in all of them. */
  readonly replicas: readonly string[]
  /** When this was called, ISO 8601. */
  readonly requestedAt: string
}

const checks: { readonly [K in keyof Required<ScheduleKeyDeletionOptions>]: OptionCheck } = {
  client: connectionChecks.client,
  clientFor: connectionChecks.clientFor,
  allowInsecureEndpoint: connectionChecks.allowInsecureEndpoint,
  keyId: isAnything,
  pendingWindowInDays: isInteger(7, 30),
  dryRun: isBoolean,
  now: isFunction,
  signal: isSignal,
}

const DAY_MS = 86_400_000

/**
 * Has KMS destroy a key: the other way to shred, and the one that makes backups useless, too. It ends **everything** that was encrypted under the
 * key, its branch keys included, so that a tenant that is to be shredded so needs a key of its own.
 *
 * From then on KMS refuses to decrypt with it, and destroys it when the waiting period is over; CancelKeyDeletion calls it off until then. Processes
 * that hold branch keys or data keys use them for as long as their caches do. A key that is scheduled already answers its receipt.
 *
 * @throws `OPTION_INVALID`; `KEY_OPERATIONAL` (not allowed, not there, or a key that AWS manages), `KEY_TRANSIENT`, `ENDPOINT_INSECURE`
 * @example
 * ```ts
 * const keyId = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'
 * const { deletionDate } = await scheduleKeyDeletion({ keyId, pendingWindowInDays: 7 })
 * ```
 */
export async function scheduleKeyDeletion(options: ScheduleKeyDeletionOptions): Promise<KeyDeletionReceipt> {
  const where = 'scheduleKeyDeletion'
  validateOptions(where, options, checks, ['keyId'])
  const { pendingWindowInDays = 30, dryRun = false, now = Date.now, signal, client, clientFor, allowInsecureEndpoint = false } = options
  const key = configuredKeyArn(where, 'keyId', options.keyId)
  const source = { ...(client === undefined ? {} : { client }), ...(clientFor === undefined ? {} : { clientFor }) }
  const connection = connect(where, { ...source, allowInsecureEndpoint }, [key])
  const metadata = await describe(connection, key, signal)
  const requestedAt = now()
  const replicas = replicasOf(metadata)
  const receipt = { keyId: key.arn, replicas, requestedAt: new Date(requestedAt).toISOString() }
  if (metadata.KeyState === 'PendingDeletion' || metadata.KeyState === 'PendingReplicaDeletion') {
    const { DeletionDate: date, PendingDeletionWindowInDays: days = pendingWindowInDays } = metadata
    const period = date === undefined ? days : Math.max(0, Math.ceil((date.getTime() - requestedAt) / DAY_MS))
    return { ...receipt, ...stateOf(metadata.KeyState, date), alreadyScheduled: true, waitingPeriodInDays: period }
  }
  requireDeletable(key, metadata)
  const planned = { ...receipt, alreadyScheduled: false, waitingPeriodInDays: pendingWindowInDays }
  if (dryRun) {
    const deletionDate = new Date(requestedAt + pendingWindowInDays * DAY_MS).toISOString()
    return { ...planned, state: 'intact', ...(replicas.length > 0 ? {} : { deletionDate }) }
  }
  const command = new ScheduleKeyDeletionCommand({ KeyId: key.arn, PendingWindowInDays: pendingWindowInDays })
  const answer = await callKms<typeof command, ScheduleKeyDeletionResponse>(
    connection,
    { operation: 'ScheduleKeyDeletion', key, command },
    (kms, sent, sendOptions) => kms.send(sent, sendOptions),
    { signal },
  )
  if (!names(answer.KeyId, key)) throw unusableAnswer('ScheduleKeyDeletion', key, 'the answer of another key')
  return {
    ...planned,
    ...stateOf(answer.KeyState, answer.DeletionDate),
    waitingPeriodInDays: answer.PendingWindowInDays ?? pendingWindowInDays,
  }
}

async function describe(connection: KmsConnection, key: KeyArn, signal: AbortSignal | undefined): Promise<KeyMetadata> {
  const command = new DescribeKeyCommand({ KeyId: key.arn })
  const { KeyMetadata: metadata } = await callKms<typeof command, DescribeKeyResponse>(
    connection,
    { operation: 'DescribeKey', key, command },
    (kms, sent, sendOptions) => kms.send(sent, sendOptions),
    { signal },
  )
  if (metadata?.Arn !== key.arn) throw unusableAnswer('DescribeKey', key, 'the answer of another key')
  return metadata
}

function requireDeletable({ arn, region }: KeyArn, { KeyManager }: KeyMetadata): void {
  if (KeyManager !== 'AWS') return
  const message = `The key ${arn} is managed by AWS, which deletes none of its own keys. Encrypt tenants under keys of your account.`
  throw new KmsKeyError('KEY_OPERATIONAL', message, { keyId: arn, region })
}

function stateOf(state: string | undefined, date: Date | undefined): Pick<KeyDeletionReceipt, 'state' | 'deletionDate'> {
  if (state === 'PendingReplicaDeletion') return { state: 'pending-replicas' }
  return { state: 'pending', ...(date === undefined ? {} : { deletionDate: date.toISOString() }) }
}

function replicasOf({ MultiRegionConfiguration: multiRegion }: KeyMetadata): readonly string[] {
  if (multiRegion?.MultiRegionKeyType !== 'PRIMARY') return []
  return (multiRegion.ReplicaKeys ?? []).map(({ Arn }) => Arn).filter((arn) => arn !== undefined)
}

/** KMS answers the ARN, or the id alone. */
function names(keyId: string | undefined, { arn, id }: KeyArn): boolean {
  return keyId === arn || keyId === id
}
