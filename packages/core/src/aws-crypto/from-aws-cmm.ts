import { createPrivateKey, type KeyObject } from 'node:crypto'
import {
  CommitmentPolicy,
  KeyringTraceFlag,
  type NodeDecryptionMaterial,
  type NodeEncryptionMaterial,
  type NodeMaterialsManager,
} from '@aws-crypto/material-management-node'
import { abortable } from '../abortable.ts'
import { missingRequiredKeys, readVerificationKey, withReproduced } from '../default-materials.ts'
import { contextFromEntries } from '../encryption-context.ts'
import { StrongroomError } from '../errors.ts'
import { messageInvalid } from '../esdk/message-invalid.ts'
import type { DecryptMaterials, DecryptRequest, EncryptMaterials, EncryptRequest, Materials } from '../materials.ts'
import { hasMethods } from '../options.ts'
import { type Suite, suiteByWireId } from '../suite.ts'
import { officialError, officialOutcome } from './official-failure.ts'
import { officialDataKey, officialSuite, ownDataKeys, takeDataKey, wipe } from './official-material.ts'

/**
 * Makes an official materials manager (default, caching, or one of your own) ours. It knows no commitment policy on decrypt and no required
 * context: both are ours to check, and required keys work. An abort ends the wait, not the call within.
 *
 * The official caching manager does not join concurrent misses, and its cache is slower than `cachingMaterials`.
 *
 * @throws `INPUT_INVALID`
 * @example
 * ```ts
 * import { getLocalCryptographicMaterialsCache, NodeCachingMaterialsManager } from '@aws-crypto/client-node'
 * const cmm = new NodeCachingMaterialsManager({ backingMaterials, cache: getLocalCryptographicMaterialsCache(100), maxAge: 300_000 })
 * const client = createEncryptionClient({ materials: fromAwsCmm(cmm) })
 * ```
 */
export function fromAwsCmm(theirs: NodeMaterialsManager): Materials {
  const wrong = hasMethods('getEncryptionMaterials', 'decryptMaterials')(theirs)
  if (wrong !== undefined) throw new StrongroomError('INPUT_INVALID', `fromAwsCmm takes an official materials manager: it must ${wrong}.`)

  return {
    async forEncrypt(request: EncryptRequest): Promise<EncryptMaterials> {
      const { context, plaintextLength, signal, requiredKeys = [], commitmentPolicy = 'REQUIRE_ENCRYPT_REQUIRE_DECRYPT' } = request
      signal?.throwIfAborted()
      const asked = theirs.getEncryptionMaterials({
        suite: officialSuite(request.suite),
        encryptionContext: { ...context },
        commitmentPolicy: CommitmentPolicy[commitmentPolicy],
        ...(plaintextLength === undefined ? {} : { plaintextLength }),
      })
      const material = await settle(asked, signal, 'encrypt')
      const edks = Object.freeze(ownDataKeys(material))
      const signingKey = signingKeyOf(material)
      const answered = contextFromEntries(Object.entries(material.encryptionContext))
      return { suite: suiteOf(material), context: answered, requiredKeys, dataKey: takeDataKey(material), edks, signingKey }
    },

    async forDecrypt(request: DecryptRequest): Promise<DecryptMaterials> {
      const { signal } = request
      signal?.throwIfAborted()
      const verificationKey = readVerificationKey(request)
      const requiredKeys = missingRequiredKeys(request)
      const encryptedDataKeys = request.edks.map(officialDataKey).filter((edk) => edk !== undefined)
      const asked = theirs.decryptMaterials({
        suite: officialSuite(request.suite),
        encryptionContext: { ...withReproduced(request, requiredKeys) },
        encryptedDataKeys,
      })
      const material = await settle(asked, signal, 'decrypt')
      const context = contextFromEntries(Object.entries(material.encryptionContext))
      const openedBy = { keyId: openingKey(material) }
      return { suite: suiteOf(material), context, requiredKeys, dataKey: takeDataKey(material), verificationKey, openedBy }
    },
  }
}

async function settle<T extends NodeEncryptionMaterial | NodeDecryptionMaterial>(
  asked: Promise<T>,
  signal: AbortSignal | undefined,
  operation: 'encrypt' | 'decrypt',
): Promise<T> {
  let material: T
  try {
    material = await abortable(asked, signal, wipe)
  } catch (error) {
    signal?.throwIfAborted()
    const outcome = isNothingOpened(error) ? 'rejected' : officialOutcome(error)
    if (outcome === 'rejected' && operation === 'decrypt') throw messageInvalid()
    throw officialError('The official materials manager', error)
  }
  if (material.hasUnencryptedDataKey) return material
  throw new StrongroomError('MATERIALS_INVALID', 'The official materials manager answered material without a data key.')
}

/** Their words for: no keyring opened an encrypted data key, and none said why. */
function isNothingOpened(error: unknown): boolean {
  return error instanceof Error && error.message.includes('unencryptedDataKey has not been set')
}

function suiteOf({ suite }: NodeEncryptionMaterial | NodeDecryptionMaterial): Suite {
  const own = suiteByWireId(suite.id)
  if (own !== undefined) return own
  throw new StrongroomError('MATERIALS_INVALID', `The official materials manager answered a suite that is not known here: ${suite.name}.`)
}

function signingKeyOf({ signatureKey }: NodeEncryptionMaterial): KeyObject | undefined {
  return typeof signatureKey?.privateKey === 'string' ? createPrivateKey(signatureKey.privateKey) : undefined
}

function openingKey({ keyringTrace }: NodeDecryptionMaterial): string {
  const opened = keyringTrace.find(({ flags }) => (flags & KeyringTraceFlag.WRAPPING_KEY_DECRYPTED_DATA_KEY) !== 0)
  return opened?.keyName ?? 'unknown'
}
