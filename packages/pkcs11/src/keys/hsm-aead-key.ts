import { type AeadKey, type CallOptions, isStrongroomError, SecretBytes, StrongroomError } from '@strongroom/core'
import { draw } from '@strongroom/core/keyring-tools'
import { CKA, CKK, CKM, CKO } from '../constants.ts'
import { HsmError } from '../errors.ts'
import { jobIv, jobMemory, jobOutput, wipeJob } from '../native/job.ts'
import { Mechanism } from '../native/mechanism.ts'
import type { GcmIv, Quirks } from '../quirks.ts'
import type { Lane } from '../token/lane.ts'
import type { HsmKey, KeyKind } from './hsm-key.ts'

const IV_LENGTH = 12
const TAG_LENGTH = 16
/** More than any format wraps; an HSM takes little more than 16 KiB. */
const MOST_SECRET = 4_096
const NO_IV = new Uint8Array(0)

/** When what was wrapped is unwrapped again before it is handed out. */
export type VerifyAfterWrap = 'first' | 'always' | 'never'

/** An AES key for AES-GCM. */
export function aesKind(allowExtractable: boolean): KeyKind {
  return {
    what: 'AES key',
    template: [
      [CKA.CLASS, CKO.SECRET_KEY],
      [CKA.KEY_TYPE, CKK.AES],
    ],
    needs: [...(allowExtractable ? [] : [[CKA.EXTRACTABLE, 'CKA_EXTRACTABLE', false] as const])],
  }
}

interface Sealed {
  readonly iv: Uint8Array
  readonly sealed: Uint8Array
  readonly lane: Lane
}

/** One version of an AES key in an HSM as a wrapping key. */
export function hsmAeadKey(key: HsmKey, verify: VerifyAfterWrap): AeadKey {
  const { core, name } = key

  /** Quirks and the key's handle, at once where they are known. */
  function ready(options: CallOptions): { quirks: Quirks; handle: bigint } | Promise<{ quirks: Quirks; handle: bigint }> {
    const { handle } = key
    const quirks = core.facts?.quirks
    if (handle !== undefined && quirks !== undefined) return { quirks, handle }
    return key.find(options).then(async (found) => ({ quirks: (await core.info(options, true)).quirks, handle: found.handle }))
  }

  function sealOnce(secret: SecretBytes, aad: Uint8Array, options: CallOptions, isInner: boolean): Promise<Sealed> {
    let mode: GcmIv = 'caller'
    const lay = ({ quirks, handle }: { quirks: Quirks; handle: bigint }): ArrayBuffer => {
      if (aad.length > quirks.mostAad) {
        const message = `The encryption context has ${aad.length} bytes; with this HSM at most ${quirks.mostAad} can be bound. It is for a few short facts.`
        throw new StrongroomError('CONTEXT_INVALID', message, { option: 'encryptionContext' })
      }
      mode = quirks.gcmIv
      return jobMemory({
        operation: 'encrypt',
        mechanism: sealMechanism(mode, () => draw(core.random, IV_LENGTH), aad),
        key: handle,
        inputBytes: secret.length,
        outputBytes: secret.length + IV_LENGTH + TAG_LENGTH,
        fill: (input) => secret.use((bytes) => input.set(bytes)),
      })
    }
    return core.run(
      {
        name: 'C_Encrypt',
        keyName: name,
        isInner,
        work: () => {
          const known = ready(options)
          return known instanceof Promise ? known.then(lay) : lay(known)
        },
        finish: ({ memory, lane }) => {
          const parts = partsOf(mode, jobIv(memory), jobOutput(memory))
          wipeJob(memory)
          if (parts.sealed.length === secret.length + TAG_LENGTH && parts.iv.length === IV_LENGTH && parts.iv.some((byte) => byte !== 0)) {
            return { ...parts, lane }
          }
          lane.dropSession()
          throw unverified('the module did not tell the IV, or answered another length; name its quirks')
        },
        onStaleHandle: () => key.forget(),
      },
      options,
    )
  }

  function openOnce(iv: Uint8Array, sealed: Uint8Array, aad: Uint8Array, options: CallOptions, inner: boolean): Promise<SecretBytes> {
    const lay = ({ handle }: { handle: bigint }): ArrayBuffer =>
      jobMemory({
        operation: 'decrypt',
        mechanism: Mechanism.gcm(CKM.AES_GCM, iv, aad),
        key: handle,
        inputBytes: sealed.length,
        outputBytes: sealed.length,
        fill: (input) => input.set(sealed),
      })
    return core.run(
      {
        name: 'C_Decrypt',
        keyName: name,
        isInner: inner,
        work: () => {
          const known = ready(options)
          return known instanceof Promise ? known.then(lay) : lay(known)
        },
        finish: ({ memory }) => {
          const secret = SecretBytes.take(jobOutput(memory))
          wipeJob(memory)
          if (secret.length === sealed.length - TAG_LENGTH) return secret
          secret.dispose()
          throw new HsmError(
            'KEY_OPERATIONAL',
            'MODULE_REFUSED',
            `The token ${core.label} opened a data key to another length than it has.`,
            facts(),
          )
        },
        onStaleHandle: () => key.forget(),
        probe: probe,
      },
      options,
    )
  }

  /** Seals and opens a secret of its own: if that works, the HSM, the session and the key are well. */
  async function probe(options: CallOptions): Promise<void> {
    using secret = SecretBytes.random(TAG_LENGTH)
    try {
      const { iv, sealed } = await sealOnce(secret, NO_IV, options, true)
      using opened = await openOnce(iv, sealed, NO_IV, options, true)
      if (opened.equals(secret)) return
    } catch (error) {
      options.signal?.throwIfAborted()
      if (isStrongroomError(error, 'KEY_TRANSIENT')) throw error
      // A key that may only decrypt: the HSM answered, which is all that can be tried.
      if (error instanceof HsmError && error.ckr === 'CKR_KEY_FUNCTION_NOT_PERMITTED') return
    }
    throw new HsmError('KEY_TRANSIENT', 'UNREACHABLE', `The token ${core.label} does not open what it just sealed under ${name}.`, facts())
  }

  function facts(): { library: string; token: string; keyName: string } {
    return { library: core.library, token: core.label, keyName: name }
  }

  function unverified(what: string): HsmError {
    return new HsmError(
      'KEY_OPERATIONAL',
      'WRAP_NOT_VERIFIED',
      `The token ${core.label} sealed a data key under ${name}, but ${what}.`,
      facts(),
    )
  }

  async function assertOpens(secret: SecretBytes, { iv, sealed, lane }: Sealed, aad: Uint8Array, options: CallOptions): Promise<void> {
    let isSame = false
    try {
      using opened = await openOnce(iv, sealed, aad, options, true)
      isSame = opened.equals(secret)
    } catch (error) {
      if (!isStrongroomError(error, 'MESSAGE_INVALID')) throw error
    }
    if (isSame) lane.verified.add(name)
    else {
      lane.dropSession()
      throw unverified('it does not open again; it was thrown away')
    }
  }

  return {
    kind: 'aead',
    name,

    async seal(secret: SecretBytes, aad: Uint8Array, options: CallOptions = {}) {
      const data = Uint8Array.from(aad)
      using own = secret.share()
      if (own.length === 0 || own.length > MOST_SECRET) {
        throw new StrongroomError('INPUT_INVALID', `An HSM key wraps 1 to ${MOST_SECRET} bytes; these are ${own.length}.`)
      }
      const sealed = await sealOnce(own, data, options, false)
      if (verify === 'always' || (verify === 'first' && !sealed.lane.verified.has(name))) await assertOpens(own, sealed, data, options)
      return { iv: sealed.iv, sealed: sealed.sealed }
    },

    async open(iv: Uint8Array, sealed: Uint8Array, aad: Uint8Array, options: CallOptions = {}) {
      const plainLength = sealed.length - TAG_LENGTH
      if (iv.length !== IV_LENGTH || plainLength < 1 || plainLength > MOST_SECRET) {
        throw new HsmError('MESSAGE_INVALID', 'CIPHERTEXT', `The encrypted data key under ${name} has a length that none has.`, facts())
      }
      return openOnce(Uint8Array.from(iv), Uint8Array.from(sealed), Uint8Array.from(aad), options, false)
    },
  }
}

function sealMechanism(mode: GcmIv, random: () => Uint8Array, aad: Uint8Array): Mechanism {
  if (mode === 'vendor-prefixed') return Mechanism.gcm(CKM.CLOUDHSM_AES_GCM, NO_IV, aad)
  if (mode === 'appended') return Mechanism.gcm(CKM.AES_GCM, NO_IV, aad)
  return Mechanism.gcm(CKM.AES_GCM, mode === 'caller' ? random() : new Uint8Array(IV_LENGTH), aad)
}

/** Copies of IV and ciphertext, from where the module leaves them. */
function partsOf(mode: GcmIv, iv: Uint8Array, output: Uint8Array): { readonly iv: Uint8Array; readonly sealed: Uint8Array } {
  if (mode === 'vendor-prefixed') return { iv: output.slice(0, IV_LENGTH), sealed: output.slice(IV_LENGTH) }
  if (mode === 'appended') return { iv: output.slice(-IV_LENGTH), sealed: output.slice(0, -IV_LENGTH) }
  return { iv: iv.slice(), sealed: output.slice() }
}
