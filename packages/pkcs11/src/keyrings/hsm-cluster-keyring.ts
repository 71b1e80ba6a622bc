import {
  type Attempt,
  type EncryptedDataKey,
  isStrongroomError,
  type Keyring,
  multiKeyring,
  observe,
  type Recipient,
  type SecretBytes,
  StrongroomError,
  type UnwrapFailure,
  type Unwrapped,
  type WrapRequest,
} from '@strongroom/core'
import { attemptOf } from '@strongroom/core/keyring-tools'
import { hasMethods, isInteger, type OptionCheck, validateOptions } from '@strongroom/core/options'
import { HsmError } from '../errors.ts'

/** Encrypted data keys of one message; clusters beyond are no use. */
const MOST_CLUSTERS = 16

/** Options of {@link hsmClusterKeyring}. */
export interface HsmClusterKeyringOptions {
  /** One keyring for each cluster, slot or module, 1 to 16, in the order in which they are asked to decrypt: the nearest one first. */
  readonly clusters: readonly Keyring[]
  /**
   * How many clusters at least have to wrap a data key. Default: all. With fewer, a message that is written while a cluster is away opens at the
   * others only, for good.
   */
  readonly quorum?: number
}

/** A cluster that could not do its part. */
interface Failed {
  readonly keyId: string | undefined
  readonly error: unknown
}

const isKeyring = hasMethods('recipients', 'unwrap')
const isClusters: OptionCheck = (value) =>
  Array.isArray(value) && value.length > 0 && value.length <= MOST_CLUSTERS && value.every((one) => isKeyring(one) === undefined)
    ? undefined
    : `be a list of 1 to ${MOST_CLUSTERS} keyrings`

/**
 * Several HSM clusters as one keyring, so that the loss of one loses nothing: every data key is wrapped by each of them under a key of its own, and
 * opened by the first that can. No key has to be moved between the clusters.
 *
 * All clusters are asked at once to wrap, and all are waited for, each as long as its token's `deadlineMs`; one that failed often is skipped by the
 * token's circuit breaker. With a `quorum` below their number, encrypting succeeds once all have answered and that many have wrapped; the observer is
 * told of the others by `keyring.failed`. It is also told of those that were passed over in decrypting. What is wrong with the call itself, such as
 * an encryption context that is too long for one of them, rejects whatever the quorum.
 *
 * Encrypting rejects with what the cluster says that failed, or, where fewer than the quorum wrapped, with an `HsmError` of the reason
 * `QUORUM_MISSED`: `KEY_TRANSIENT` where trying again may help, else `KEY_OPERATIONAL`.
 *
 * @throws `OPTION_INVALID`
 * @example
 * ```ts
 * const keyring = hsmClusterKeyring({
 *   clusters: [
 *     hsmKeyring({ token: frankfurt, namespace: 'example', alias: 'orders-fra' }),
 *     hsmKeyring({ token: dublin, namespace: 'example', alias: 'orders-dub' }),
 *   ],
 *   quorum: 1,
 * })
 * ```
 */
export function hsmClusterKeyring(options: HsmClusterKeyringOptions): Keyring {
  validateOptions('hsmClusterKeyring', options, { clusters: isClusters, quorum: isInteger(1, MOST_CLUSTERS) }, ['clusters'])
  const clusters = [...options.clusters]
  const { quorum = clusters.length } = options
  if (quorum > clusters.length) {
    const message = `hsmClusterKeyring: a quorum of ${quorum} cannot be reached by ${clusters.length} clusters.`
    throw new StrongroomError('OPTION_INVALID', message, { option: 'quorum' })
  }
  const [only, ...more] = clusters
  const all = multiKeyring({ children: clusters })

  /** Goes on with those that can, where they are enough. */
  function counted<T>(outcomes: readonly (readonly [T] | Failed)[], { signal, observer }: WrapRequest): T[] {
    signal?.throwIfAborted()
    const done: T[] = []
    const failed: Failed[] = []
    for (const outcome of outcomes) {
      if (!('error' in outcome)) done.push(outcome[0])
      else if (isOfKey(outcome.error)) failed.push(outcome)
      else throw outcome.error
    }
    for (const { keyId, error } of failed) tell(observer, keyId, error)
    if (done.length >= quorum) return done
    throw missed(failed, done.length, quorum, clusters.length)
  }

  function recipientOf(members: readonly Recipient[]): Recipient {
    return {
      providerId: members[0]?.providerId ?? '',
      keyId: members.map(({ keyId }) => keyId).join(', '),
      owns: (edk) => members.some((member) => member.owns(edk)),
      async wrap(secret: SecretBytes, request: WrapRequest): Promise<readonly EncryptedDataKey[]> {
        request.signal?.throwIfAborted()
        // Its caller disposes of it when this one rejects; here all are waited for first.
        using own = secret.share()
        const outcomes = await Promise.all(
          members.map((member) =>
            member.wrap(own, request).then(
              (edks) => [edks] as const,
              (error: unknown) => ({ keyId: member.keyId, error }),
            ),
          ),
        )
        return counted(outcomes, request).flat()
      },
    }
  }

  return {
    ...(only?.wrappingKeys !== undefined && more.length === 0 ? { wrappingKeys: only.wrappingKeys } : {}),

    async recipients(request: WrapRequest): Promise<readonly Recipient[]> {
      request.signal?.throwIfAborted()
      const wrapsOnly = { ...request, dataKeyExists: true }
      if (quorum === clusters.length) return all.recipients(wrapsOnly)
      const outcomes = await Promise.all(
        clusters.map((cluster) =>
          cluster.recipients(wrapsOnly).then(
            (named) => [named] as const,
            (error: unknown) => ({ keyId: undefined, error }),
          ),
        ),
      )
      const named = counted(outcomes, request)
      if (named.some((some) => some.length !== 1)) {
        const message = 'A cluster of hsmClusterKeyring is a keyring of one key; combine those of several by multiKeyring around it.'
        throw new StrongroomError('KEYRING_CANNOT_ENCRYPT', message)
      }
      return [recipientOf(named.flat())]
    },

    async unwrap(edks: readonly EncryptedDataKey[], request: WrapRequest): Promise<Unwrapped | UnwrapFailure> {
      const passed: Attempt[] = []
      const asked = clusters.map(
        (cluster): Keyring => ({
          recipients: (again) => cluster.recipients(again),
          async unwrap(some, again) {
            const answer = await cluster.unwrap(some, again)
            if ('attempts' in answer) passed.push(...answer.attempts)
            return answer
          },
        }),
      )
      const answer = await multiKeyring({ children: asked }).unwrap(edks, request)
      // Where none opens, the core tells of them all.
      if ('secret' in answer) {
        for (const { keyId, outcome, cause } of passed) {
          if (outcome === 'transient' || outcome === 'operational') tell(request.observer, keyId, cause)
        }
      }
      return answer
    },
  }
}

/** Whether it says that a key cannot be used, and not that the call is wrong. */
function isOfKey(error: unknown): boolean {
  return !isStrongroomError(error) || isStrongroomError(error, 'KEY_TRANSIENT') || isStrongroomError(error, 'KEY_OPERATIONAL')
}

function tell(observer: WrapRequest['observer'], keyId: string | undefined, error: unknown): void {
  observe(observer, {
    type: 'keyring.failed',
    outcome: attemptOf(0, keyId ?? '', error).outcome,
    ...(keyId === undefined ? {} : { keyId }),
    ...(error instanceof HsmError ? { reason: error.reason } : {}),
    ...(error instanceof Error ? { error: error.name } : {}),
  })
}

function missed(failed: readonly Failed[], done: number, quorum: number, all: number): HsmError {
  const isTransient = failed.some(({ error }) => isStrongroomError(error, 'KEY_TRANSIENT'))
  const why = failed.map(({ error }) => (isStrongroomError(error) ? error.message : ((error as Error | undefined)?.name ?? 'unknown')))
  const message = `${done} of ${all} HSM clusters wrapped the data key, and ${quorum} ${quorum === 1 ? 'has' : 'have'} to. ${why.join(' ')}`
  return new HsmError(isTransient ? 'KEY_TRANSIENT' : 'KEY_OPERATIONAL', 'QUORUM_MISSED', message, { cause: failed[0]?.error })
}
