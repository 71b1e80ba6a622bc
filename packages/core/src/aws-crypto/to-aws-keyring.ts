import {
  KeyringNode,
  KeyringTraceFlag,
  type NodeDecryptionMaterial,
  type NodeEncryptionMaterial,
  type EncryptedDataKey as OfficialEncryptedDataKey,
  unwrapDataKey,
} from '@aws-crypto/material-management-node'
import { contextFromEntries, serialiseContext } from '../encryption-context.ts'
import { StrongroomError } from '../errors.ts'
import type { EncryptedDataKey, Keyring, Recipient, WrapRequest } from '../keyring.ts'
import { hasMethods } from '../options.ts'
import { SecretBytes } from '../secret-bytes.ts'
import { suiteByWireId } from '../suite.ts'
import { UnwrapError, unwrapDataKey as unwrapWith } from '../unwrap-data-key.ts'
import { officialDataKey } from './official-material.ts'

/**
 * Makes a keyring of ours an official one, for `@aws-crypto/client-node`: alone, in its multi-keyring, or under its materials managers.
 *
 * As is their custom, it leaves the material as it is where no encrypted data key is its own, and throws our typed error where one that is does
 * not open.
 *
 * @throws `INPUT_INVALID`
 * @example
 * ```ts
 * import { buildClient } from '@aws-crypto/client-node'
 * const { result } = await buildClient().encrypt(toAwsKeyring(keyring), plaintext, { encryptionContext: { purpose: 'orders' } })
 * ```
 */
export function toAwsKeyring(keyring: Keyring): KeyringNode {
  const wrong = hasMethods('recipients', 'unwrap')(keyring)
  if (wrong !== undefined) throw new StrongroomError('INPUT_INVALID', `toAwsKeyring takes a keyring: it must ${wrong}.`)
  return new AdaptedKeyring(keyring)
}

class AdaptedKeyring extends KeyringNode {
  readonly #keyring: Keyring

  constructor(keyring: Keyring) {
    super()
    this.#keyring = keyring
  }

  async _onEncrypt(material: NodeEncryptionMaterial): Promise<NodeEncryptionMaterial> {
    const exists = material.hasUnencryptedDataKey
    const request = requestFor(material)
    const recipients = await this.#keyring.recipients(exists ? { ...request, dataKeyExists: true } : request)
    if (exists) {
      using secret = dataKeyOf(material)
      await wrapFor(recipients, secret, request, material)
      return material
    }
    const [first, ...others] = recipients
    if (first === undefined) throw new StrongroomError('KEYRING_CANNOT_ENCRYPT', 'The keyring names no key to encrypt for.')
    const length = material.suite.keyLengthBytes
    const made = first.generate ? await first.generate(length, request) : { secret: SecretBytes.random(length), edks: undefined }
    using secret = made.secret
    const edks = made.edks ?? (await first.wrap(secret, request))
    const bytes = secret.use((key) => Uint8Array.from(key))
    try {
      const flags = KeyringTraceFlag.WRAPPING_KEY_GENERATED_DATA_KEY
      material.setUnencryptedDataKey(bytes, { keyNamespace: first.providerId, keyName: first.keyId, flags })
    } finally {
      bytes.fill(0)
    }
    append(edks, material)
    await wrapFor(others, secret, request, material)
    return material
  }

  async _onDecrypt(material: NodeDecryptionMaterial, theirs: OfficialEncryptedDataKey[]): Promise<NodeDecryptionMaterial> {
    const edks = theirs.map(({ providerId, providerInfo, rawInfo, encryptedDataKey }) => ({
      providerId,
      providerInfo: Uint8Array.from(rawInfo ?? Buffer.from(providerInfo, 'utf8')),
      ciphertext: Uint8Array.from(encryptedDataKey),
    }))
    try {
      const opened = await unwrapWith(this.#keyring, edks, material.suite.keyLengthBytes, requestFor(material))
      using secret = opened.secret
      const bytes = secret.use((key) => Uint8Array.from(key))
      try {
        const keyNamespace = edks[opened.edk]?.providerId ?? ''
        material.setUnencryptedDataKey(bytes, {
          keyNamespace,
          keyName: opened.keyId,
          flags: KeyringTraceFlag.WRAPPING_KEY_DECRYPTED_DATA_KEY,
        })
      } finally {
        bytes.fill(0)
      }
    } catch (error) {
      if (!(error instanceof UnwrapError) || error.attempts.some(({ outcome }) => outcome !== 'not-mine')) throw error
    }
    return material
  }
}

function requestFor({ suite, encryptionContext }: NodeEncryptionMaterial | NodeDecryptionMaterial): WrapRequest {
  const own = suiteByWireId(suite.id)
  if (own === undefined)
    throw new StrongroomError('MATERIALS_INVALID', `The official client asks for a suite that is not known here: ${suite.name}.`)
  const context = contextFromEntries(Object.entries(encryptionContext))
  return { suite: own, context, aad: serialiseContext(context) }
}

function dataKeyOf(material: NodeEncryptionMaterial): SecretBytes {
  const key = material.getUnencryptedDataKey()
  return key instanceof Uint8Array ? SecretBytes.copyOf(key) : SecretBytes.take(unwrapDataKey(key))
}

async function wrapFor(
  recipients: readonly Recipient[],
  secret: SecretBytes,
  request: WrapRequest,
  material: NodeEncryptionMaterial,
): Promise<void> {
  for (const edks of await Promise.all(recipients.map((recipient) => recipient.wrap(secret, request)))) append(edks, material)
}

function append(edks: readonly EncryptedDataKey[], material: NodeEncryptionMaterial): void {
  if (edks.length === 0)
    throw new StrongroomError('MATERIALS_INVALID', 'A key answered no encrypted data key. That is a defect of its keyring.')
  for (const edk of edks) {
    const theirs = officialDataKey(edk)
    if (theirs === undefined)
      throw new StrongroomError('MATERIALS_INVALID', 'The official client takes no encrypted data key with an empty field.')
    material.addEncryptedDataKey(theirs, KeyringTraceFlag.WRAPPING_KEY_ENCRYPTED_DATA_KEY)
  }
}
