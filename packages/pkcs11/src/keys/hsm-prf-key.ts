import { type CallOptions, SecretBytes, StrongroomError } from '@strongroom/core'
import { isBoolean, validateOptions } from '@strongroom/core/options'
import { CKA, CKK, CKM, CKO } from '../constants.ts'
import { jobMemory, jobOutput, wipeJob } from '../native/job.ts'
import { Mechanism } from '../native/mechanism.ts'
import { coreOf, type HsmToken, isHsmToken } from '../token/hsm-token.ts'
import { HsmKey, type KeyKind } from './hsm-key.ts'
import { isAlias, isVersion, keyLabel } from './key-name.ts'

const MAC_LENGTH = 32
const MOST_LENGTH = 1_024
const MOST_LABEL = 8_192

/** A pseudo-random function of a key that nobody sees: for beacons, pseudonyms, partition keys. */
export interface PrfKey {
  /**
   * Derives `length` bytes, 1 to 1,024, from a label of at most 8,192 bytes; the same from the same. The secret is the caller's to dispose.
   *
   * @throws `KEY_TRANSIENT`, `KEY_OPERATIONAL`, `INPUT_INVALID`
   */
  prf(label: Uint8Array, length: number, options?: CallOptions): Promise<SecretBytes>
}

/** Options of {@link hsmPrfKey}. */
export interface HsmPrfKeyOptions {
  /** Where the key is. */
  readonly token: HsmToken
  /** What the labels of all its versions have in common: the key is `alias/v0001`. */
  readonly alias: string
  /** The version. There is no default: another version makes other bytes. */
  readonly version: number
  /** Also use a key that could leave the token. Default false. */
  readonly allowExtractable?: boolean
}

function prfKind(allowExtractable: boolean): KeyKind {
  return {
    what: 'HMAC key',
    template: [
      [CKA.CLASS, CKO.SECRET_KEY],
      [CKA.KEY_TYPE, CKK.GENERIC_SECRET],
    ],
    needs: [...(allowExtractable ? [] : [[CKA.EXTRACTABLE, 'CKA_EXTRACTABLE', false] as const])],
  }
}

/**
 * A pseudo-random function by HMAC-SHA256 in an HSM, under a key that never leaves it (a generic secret that may sign).
 *
 * Source: NIST SP 800-108, counter mode: block i, from 1, is HMAC(key, i(4) | label | 00 | bits asked for(4)).
 *
 * @throws `OPTION_INVALID`
 * @example
 * ```ts
 * const pseudonyms = hsmPrfKey({ token, alias: 'pseudonyms', version: 1 })
 * using pseudonym = await pseudonyms.prf(new TextEncoder().encode('customer 4711'), 16)
 * ```
 */
export function hsmPrfKey(options: HsmPrfKeyOptions): PrfKey {
  validateOptions('hsmPrfKey', options, { token: isHsmToken, alias: isAlias, version: isVersion, allowExtractable: isBoolean }, [
    'token',
    'alias',
    'version',
  ])
  const core = coreOf(options.token)
  if (core === undefined) throw new StrongroomError('OPTION_INVALID', 'hsmPrfKey needs a token of openHsmToken.', { option: 'token' })
  const key = new HsmKey(core, keyLabel(options.alias, options.version), prfKind(options.allowExtractable ?? false), undefined)
  const mechanism = Mechanism.plain(CKM.SHA256_HMAC)

  function mac(input: Uint8Array, out: Uint8Array, call: CallOptions): Promise<void> {
    const lay = (handle: bigint): ArrayBuffer =>
      jobMemory({
        operation: 'sign',
        mechanism,
        key: handle,
        inputBytes: input.length,
        outputBytes: MAC_LENGTH,
        fill: (to) => to.set(input),
      })
    return key.core.run(
      {
        name: 'C_Sign',
        keyName: key.name,
        work: () => (key.handle === undefined ? key.find(call).then(({ handle }) => lay(handle)) : lay(key.handle)),
        finish: ({ memory }) => {
          out.set(jobOutput(memory).subarray(0, out.length))
          wipeJob(memory)
        },
        onStaleHandle: () => key.forget(),
      },
      call,
    )
  }

  return {
    async prf(label: Uint8Array, length: number, call: CallOptions = {}) {
      const isLength = Number.isSafeInteger(length) && length >= 1 && length <= MOST_LENGTH
      if (!(label instanceof Uint8Array) || label.length > MOST_LABEL || !isLength) {
        throw new StrongroomError('INPUT_INVALID', `prf takes a label of at most ${MOST_LABEL} bytes, and a length of 1 to ${MOST_LENGTH}.`)
      }
      const fixed = Buffer.alloc(4 + label.length + 1 + 4)
      fixed.set(label, 4)
      fixed.writeUInt32BE(length * 8, fixed.length - 4)
      const out = new Uint8Array(length)
      try {
        const blocks: Promise<void>[] = []
        for (let at = 0, block = 1; at < length; at += MAC_LENGTH, block += 1) {
          const input = Uint8Array.from(fixed)
          new DataView(input.buffer).setUint32(0, block)
          blocks.push(mac(input, out.subarray(at, at + MAC_LENGTH), call))
        }
        const ended = await Promise.allSettled(blocks)
        for (const each of ended) if (each.status === 'rejected') throw each.reason
        return SecretBytes.copyOf(out)
      } finally {
        out.fill(0)
      }
    },
  }
}
