import { StrongroomError } from '../errors.ts'
import type { Attempt, EncryptedDataKey, Keyring, Recipient, UnwrapFailure, Unwrapped, WrapRequest } from '../keyring.ts'
import { hasMethods, validateOptions } from '../options.ts'
import { attemptOf } from './attempt.ts'

/** A multi-keyring that writes and reads. */
export interface GeneratingMultiKeyring {
  /** Makes the data key, and wraps it first. */
  readonly generator: Keyring
  /** Also wrap the data key, in this order. */
  readonly children?: readonly Keyring[]
}

/** A multi-keyring that only reads, and wraps data keys that another keyring made. */
export interface ReadingMultiKeyring {
  /** Without it the keyring makes no data keys. */
  readonly generator?: never
  /** The keyrings, at least one, in the order in which they are asked. */
  readonly children: readonly Keyring[]
}

/** Options of {@link multiKeyring}. Give at least one keyring. */
export type MultiKeyringOptions = GeneratingMultiKeyring | ReadingMultiKeyring

/**
 * Several keyrings as one: a message is written for all of them and can be read by any.
 *
 * Source: specification, "Multi-Keyring".
 *
 * @throws `OPTION_INVALID`
 * @example
 * ```ts
 * const keyring = multiKeyring({ generator: kmsKeyring({ generatorKeyId }), children: [rawRsaKeyring(recovery)] })
 * ```
 */
export function multiKeyring(options: MultiKeyringOptions): Keyring {
  validateOptions('multiKeyring', options, { generator: isKeyring, children: isKeyrings })
  const { generator } = options
  const children = [...(options.children ?? [])]
  const members = generator === undefined ? children : [generator, ...children]
  if (members.length === 0)
    throw new StrongroomError('OPTION_INVALID', 'multiKeyring needs a generator or children.', { option: 'generator' })
  const [only, ...more] = members

  return {
    ...(only?.wrappingKeys !== undefined && more.length === 0 ? { wrappingKeys: only.wrappingKeys } : {}),

    async recipients(request: WrapRequest): Promise<readonly Recipient[]> {
      request.signal?.throwIfAborted()
      if (generator === undefined && request.dataKeyExists !== true) {
        throw new StrongroomError(
          'KEYRING_CANNOT_ENCRYPT',
          'A multi-keyring without a generator only decrypts. Name the keyring that makes data keys as its generator.',
        )
      }
      const all: Recipient[] = []
      for (const member of members) {
        // The generator's first recipient supplies the data key; everybody after it only wraps.
        const exists = request.dataKeyExists === true || member !== generator
        const named = await member.recipients(exists ? { ...request, dataKeyExists: true } : request)
        // Left out in silence, its key would be missed only when the message has to be read with it.
        if (named.length === 0)
          throw new StrongroomError('KEYRING_CANNOT_ENCRYPT', 'A keyring in the multi-keyring names no key to encrypt for.')
        all.push(...named)
      }
      return all
    },

    async unwrap(edks: readonly EncryptedDataKey[], request: WrapRequest): Promise<Unwrapped | UnwrapFailure> {
      const attempts: Attempt[] = []
      for (const member of members) {
        request.signal?.throwIfAborted()
        const answer = await ask(member, edks, request)
        if (!('attempts' in answer)) return answer
        attempts.push(...answer.attempts)
      }
      return { attempts: withoutForeign(attempts) }
    },
  }
}

/** A member that throws breaks the contract, and must not hide the others for that: it counts as unusable for every encrypted data key. */
async function ask(member: Keyring, edks: readonly EncryptedDataKey[], request: WrapRequest): Promise<Unwrapped | UnwrapFailure> {
  try {
    return await member.unwrap(edks, request)
  } catch (cause) {
    request.signal?.throwIfAborted()
    const { outcome } = attemptOf(0, '', cause)
    return { attempts: edks.map((_, edk) => ({ edk, outcome: outcome === 'rejected' ? 'operational' : outcome, cause })) }
  }
}

/** Every member says "not mine" of what is another's; that is worth telling only where all said it. */
function withoutForeign(attempts: readonly Attempt[]): readonly Attempt[] {
  const tried = new Set(attempts.filter(({ outcome }) => outcome !== 'not-mine').map(({ edk }) => edk))
  const seen = new Set<number>()
  return attempts.filter(({ edk, outcome }) => {
    if (outcome !== 'not-mine') return true
    if (tried.has(edk) || seen.has(edk)) return false
    seen.add(edk)
    return true
  })
}

const isKeyring = hasMethods('recipients', 'unwrap')

function isKeyrings(value: unknown): string | undefined {
  return Array.isArray(value) && value.every((member) => isKeyring(member) === undefined) ? undefined : 'be an array of keyrings'
}
