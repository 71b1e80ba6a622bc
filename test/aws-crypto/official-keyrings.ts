import { KmsKeyringNode, RawAesKeyringNode, RawAesWrappingSuiteIdentifier } from '@aws-crypto/client-node'
import { KMS } from '@aws-sdk/client-kms'
import type { EmbeddedKms } from '@strongroom/testing'

/** An official raw AES keyring; it sorts the context as every other client does. */
export function officialRawAes(keyNamespace: string, keyName: string, key: Uint8Array): RawAesKeyringNode {
  const wrappingSuite = RawAesWrappingSuiteIdentifier[`AES${(key.length * 8) as 256}_GCM_IV12_TAG16_NO_PADDING`]
  return new RawAesKeyringNode({ keyNamespace, keyName, unencryptedMasterKey: Uint8Array.from(key), wrappingSuite, utf8Sorting: true })
}

/** A client of the embedded KMS, of one attempt. */
export function kmsClient(kms: EmbeddedKms): KMS {
  return new KMS({ ...kms.clientConfig, maxAttempts: 1 })
}

/** An official keyring of one KMS key. */
export function officialKms(generatorKeyId: string, client: KMS, more: { keyIds?: string[] } = {}): KmsKeyringNode {
  return new KmsKeyringNode({ generatorKeyId, clientProvider: providerOf(client), ...more })
}

/** An official keyring that opens what any key of the account wrapped. */
export function officialKmsDiscovery(client: KMS): KmsKeyringNode {
  return new KmsKeyringNode({ discovery: true, clientProvider: providerOf(client) })
}

type Provider = NonNullable<NonNullable<ConstructorParameters<typeof KmsKeyringNode>[0]>['clientProvider']>

function providerOf(client: KMS): Provider {
  // The SDK's own KMS class does not satisfy the type that the official keyring asks for.
  return (() => client) as unknown as Provider
}
