import {
  AlgorithmSuiteIdentifier,
  buildClient,
  CommitmentPolicy,
  getLocalCryptographicMaterialsCache,
  NodeCachingMaterialsManager,
  RawAesKeyringNode,
  RawAesWrappingSuiteIdentifier,
} from '@aws-crypto/client-node'

/** AWS's Encryption SDK for JavaScript on the same key, with and without its caching materials manager. */
export function official(
  key: Uint8Array,
  suite: '0478' | '0578',
  cached: boolean,
): { encrypt(plaintext: Uint8Array): Promise<Uint8Array>; decrypt(message: Uint8Array): Promise<Uint8Array> } {
  const client = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT)
  const keyring = new RawAesKeyringNode({
    keyNamespace: 'bench',
    keyName: 'kek',
    unencryptedMasterKey: Uint8Array.from(key),
    wrappingSuite: RawAesWrappingSuiteIdentifier.AES256_GCM_IV12_TAG16_NO_PADDING,
    utf8Sorting: true,
  })
  const materials = cached
    ? new NodeCachingMaterialsManager({
        backingMaterials: keyring,
        cache: getLocalCryptographicMaterialsCache(1000),
        maxAge: 3_600_000,
        partition: 'bench',
      })
    : keyring
  const suiteId =
    suite === '0478'
      ? AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY
      : AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY_ECDSA_P384
  return {
    async encrypt(plaintext) {
      const { result } = await client.encrypt(materials, Buffer.from(plaintext.buffer, plaintext.byteOffset, plaintext.length), {
        suiteId,
        frameLength: 65_536,
        encryptionContext: { purpose: 'bench' },
        plaintextLength: plaintext.length,
      })
      return result
    },
    async decrypt(message) {
      return (await client.decrypt(materials, Buffer.from(message.buffer, message.byteOffset, message.length))).plaintext
    },
  }
}
