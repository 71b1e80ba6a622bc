import {
  AlgorithmSuiteIdentifier,
  NodeAlgorithmSuite,
  type NodeDecryptionMaterial,
  type NodeEncryptionMaterial,
  EncryptedDataKey as OfficialEncryptedDataKey,
  unwrapDataKey,
} from '@aws-crypto/material-management-node'
import type { EncryptedDataKey } from '../keyring.ts'
import { SecretBytes } from '../secret-bytes.ts'
import type { Suite } from '../suite.ts'

/** Suites without key derivation, by the bytes of their data key: what stands for a suite that the official classes do not know. */
const plainSuites: Record<Suite['dataKeyLength'], AlgorithmSuiteIdentifier> = {
  16: AlgorithmSuiteIdentifier.ALG_AES128_GCM_IV12_TAG16,
  24: AlgorithmSuiteIdentifier.ALG_AES192_GCM_IV12_TAG16,
  32: AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16,
}

/** The official form of a suite; that of another format (items) is presented as the plain suite with as long a data key. */
export function officialSuite(suite: Suite): NodeAlgorithmSuite {
  return new NodeAlgorithmSuite(suite.wireId in AlgorithmSuiteIdentifier ? suite.wireId : plainSuites[suite.dataKeyLength])
}

/** The official form of an encrypted data key; undefined where it has an empty field, which they do not take. */
export function officialDataKey({ providerId, providerInfo, ciphertext }: EncryptedDataKey): OfficialEncryptedDataKey | undefined {
  if (providerId === '' || providerInfo.length === 0 || ciphertext.length === 0) return undefined
  const rawInfo = Uint8Array.from(providerInfo)
  return new OfficialEncryptedDataKey({
    providerId,
    providerInfo: Buffer.from(rawInfo).toString('utf8'),
    rawInfo,
    encryptedDataKey: Uint8Array.from(ciphertext),
  })
}

/** Our form of what an official keyring appended. */
export function ownDataKeys(material: NodeEncryptionMaterial): readonly EncryptedDataKey[] {
  return material.encryptedDataKeys.map(({ providerId, providerInfo, rawInfo, encryptedDataKey }) => ({
    providerId,
    providerInfo: rawInfo === undefined ? Uint8Array.from(Buffer.from(providerInfo, 'utf8')) : Uint8Array.from(rawInfo),
    ciphertext: Uint8Array.from(encryptedDataKey),
  }))
}

/** Moves the data key out of official material, which is of no use afterwards. */
export function takeDataKey(material: NodeEncryptionMaterial | NodeDecryptionMaterial): SecretBytes {
  const key = material.getUnencryptedDataKey()
  const secret = key instanceof Uint8Array ? SecretBytes.copyOf(key) : SecretBytes.take(unwrapDataKey(key))
  material.zeroUnencryptedDataKey()
  return secret
}

/** Wipes the data key of material that nobody will use. */
export function wipe(material: NodeEncryptionMaterial | NodeDecryptionMaterial): void {
  if (material.hasUnencryptedDataKey) material.zeroUnencryptedDataKey()
}
