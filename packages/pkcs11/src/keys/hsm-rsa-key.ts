import { createPublicKey } from 'node:crypto'
import {
  type CallOptions,
  isStrongroomError,
  type RsaKey,
  type RsaPadding,
  rawRsaKey,
  SecretBytes,
  StrongroomError,
} from '@strongroom/core'
import { CKA, CKK, CKO } from '../constants.ts'
import { HsmError } from '../errors.ts'
import { jobMemory, jobOutput, wipeJob } from '../native/job.ts'
import { Mechanism, type OaepHash } from '../native/mechanism.ts'
import type { VerifyAfterWrap } from './hsm-aead-key.ts'
import type { HsmKey, KeyKind } from './hsm-key.ts'

/** The paddings that an HSM may serve: `PKCS1` is not among them, since what an HSM says of a wrong padding gives the data key away. */
export type HsmRsaPadding = 'OAEP_SHA1' | 'OAEP_SHA256' | 'OAEP_SHA384' | 'OAEP_SHA512'

const hashes: ReadonlyMap<RsaPadding, OaepHash> = new Map([
  ['OAEP_SHA1', 'SHA1'],
  ['OAEP_SHA256', 'SHA256'],
  ['OAEP_SHA384', 'SHA384'],
  ['OAEP_SHA512', 'SHA512'],
])

/** The paddings of {@link HsmRsaPadding}. */
export const hsmRsaPaddings: readonly HsmRsaPadding[] = [...hashes.keys()] as HsmRsaPadding[]

const PROBE_BYTES = 16

/** The private half of an RSA key pair, or the public one alone. */
export function rsaKind(half: 'private' | 'public', allowExtractable: boolean): KeyKind {
  const isPrivate = half === 'private'
  return {
    what: isPrivate ? 'RSA private key' : 'RSA public key',
    template: [
      [CKA.CLASS, isPrivate ? CKO.PRIVATE_KEY : CKO.PUBLIC_KEY],
      [CKA.KEY_TYPE, CKK.RSA],
    ],
    needs: isPrivate && !allowExtractable ? [[CKA.EXTRACTABLE, 'CKA_EXTRACTABLE', false]] : [],
    reads: [CKA.MODULUS, CKA.PUBLIC_EXPONENT],
  }
}

interface PublicNumbers {
  readonly modulus: Uint8Array
  readonly exponent: Uint8Array
}

/**
 * One version of an RSA key pair in an HSM as a wrapping key: data keys are encrypted here with the public half, and decrypted in the HSM.
 *
 * @param half - which half `key` is.
 * @param sibling - the public half, asked where the private one does not tell its public exponent.
 */
export async function hsmRsaKey(key: HsmKey, half: 'private' | 'public', sibling: HsmKey, verify: VerifyAfterWrap): Promise<RsaKey> {
  const { core, name } = key
  const { quirks } = await core.info({}, true)
  const numbers = await publicNumbers(key, half, sibling)
  const modulusBytes = numbers.modulus.length
  const publicKey = createPublicKey({
    key: { kty: 'RSA', n: Buffer.from(numbers.modulus).toString('base64url'), e: Buffer.from(numbers.exponent).toString('base64url') },
    format: 'jwk',
  })
  const outside = rawRsaKey({ name, publicKey })
  const paddings = hsmRsaPaddings.filter((padding) => quirks.oaepHashes.includes(hashes.get(padding) ?? 'SHA1'))
  const facts = { library: core.library, token: core.label, keyName: name }
  // Kept apart from the session: what is verified is that the two halves belong together, and that the module has the hash.
  const verified = new Set<RsaPadding>()

  function hashOf(padding: RsaPadding): OaepHash {
    const hash = hashes.get(padding)
    if (hash !== undefined && (paddings as readonly RsaPadding[]).includes(padding)) return hash
    const message = `The module of the token ${core.label} does not serve the padding ${padding}; it serves ${paddings.join(', ')}.`
    throw new HsmError('KEY_OPERATIONAL', 'MODULE_REFUSED', message, facts)
  }

  async function sealOutside(secret: SecretBytes, padding: RsaPadding): Promise<Uint8Array> {
    if (half === 'private') hashOf(padding)
    const seal = outside.seal?.bind(outside)
    if (seal === undefined) throw new HsmError('KEY_OPERATIONAL', 'KEY_UNFIT', `The RSA key ${name} has no public half.`, facts)
    return seal(secret, padding)
  }

  function openInside(sealed: Uint8Array, padding: RsaPadding, options: CallOptions, isInner: boolean): Promise<SecretBytes> {
    const mechanism = Mechanism.oaep(hashOf(padding))
    const lay = (handle: bigint): ArrayBuffer =>
      jobMemory({
        operation: 'decrypt',
        mechanism,
        key: handle,
        inputBytes: sealed.length,
        outputBytes: modulusBytes,
        fill: (input) => input.set(sealed),
      })
    return core.run(
      {
        name: 'C_Decrypt',
        keyName: name,
        isInner,
        work: () => (key.handle === undefined ? key.find(options).then(({ handle }) => lay(handle)) : lay(key.handle)),
        finish: ({ memory }) => {
          const secret = SecretBytes.take(jobOutput(memory))
          wipeJob(memory)
          return secret
        },
        onStaleHandle: () => key.forget(),
        probe: (again) => probe(padding, again),
      },
      options,
    )
  }

  async function probe(padding: RsaPadding, options: CallOptions): Promise<void> {
    using secret = SecretBytes.random(PROBE_BYTES)
    try {
      using opened = await openInside(await sealOutside(secret, padding), padding, options, true)
      if (opened.equals(secret)) return
    } catch (error) {
      options.signal?.throwIfAborted()
      if (!isStrongroomError(error, 'MESSAGE_INVALID')) throw error
    }
    throw new HsmError('KEY_TRANSIENT', 'UNREACHABLE', `The token ${core.label} does not open what is sealed to ${name}.`, facts)
  }

  async function assertOpens(secret: SecretBytes, sealed: Uint8Array, padding: RsaPadding, options: CallOptions): Promise<void> {
    try {
      using opened = await openInside(sealed, padding, options, true)
      if (opened.equals(secret)) {
        verified.add(padding)
        return
      }
    } catch (error) {
      if (!isStrongroomError(error, 'MESSAGE_INVALID')) throw error
    }
    const message = `What was sealed to the public half of ${name} does not open with the private half in the token ${core.label}; it was thrown away.`
    throw new HsmError('KEY_OPERATIONAL', 'WRAP_NOT_VERIFIED', message, facts)
  }

  return {
    kind: 'rsa',
    name,
    paddings,

    async seal(secret: SecretBytes, padding: RsaPadding, options: CallOptions = {}) {
      options.signal?.throwIfAborted()
      using own = secret.share()
      const sealed = await sealOutside(own, padding)
      if (half === 'private' && (verify === 'always' || (verify === 'first' && !verified.has(padding)))) {
        await assertOpens(own, sealed, padding, options)
      }
      return sealed
    },

    ...(half === 'public'
      ? {}
      : {
          async open(sealed: Uint8Array, padding: RsaPadding, options: CallOptions = {}) {
            if (sealed.length !== modulusBytes) {
              throw new HsmError(
                'MESSAGE_INVALID',
                'CIPHERTEXT',
                `The encrypted data key under ${name} is not as long as the modulus.`,
                facts,
              )
            }
            return openInside(Uint8Array.from(sealed), padding, options, false)
          },
        }),
  }
}

/** Modulus and public exponent, of the half that is there, or of its sibling. */
async function publicNumbers(key: HsmKey, half: 'private' | 'public', sibling: HsmKey): Promise<PublicNumbers> {
  const own = (await key.find()).attributes
  const modulus = own.get(CKA.MODULUS)
  const exponent = own.get(CKA.PUBLIC_EXPONENT)
  if (modulus !== undefined && exponent !== undefined) return { modulus: trimmed(modulus), exponent: trimmed(exponent) }
  if (half === 'private') {
    const other = (await sibling.find()).attributes
    const n = other.get(CKA.MODULUS)
    const e = other.get(CKA.PUBLIC_EXPONENT)
    const belongs = n !== undefined && (modulus === undefined || Buffer.compare(trimmed(n), trimmed(modulus)) === 0)
    if (belongs && e !== undefined) return { modulus: trimmed(n), exponent: trimmed(e) }
  }
  const { library, label: token } = key.core
  const message = `The token ${token} does not tell the public numbers of ${key.name}, or those of another key under that name.`
  throw new HsmError('KEY_OPERATIONAL', 'KEY_UNFIT', message, { library, token, keyName: key.name })
}

/** Numbers come with or without leading zeros. */
function trimmed(number: Uint8Array): Uint8Array {
  const first = number.findIndex((byte) => byte !== 0)
  if (first < 0) throw new StrongroomError('KEY_INVALID', 'An RSA number of the HSM is zero.')
  return number.subarray(first)
}
