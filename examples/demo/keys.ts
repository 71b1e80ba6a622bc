import { type KeyringNode, KmsKeyringNode } from '@aws-crypto/client-node'
import type { KMS } from '@aws-sdk/client-kms'
import type { Keyring, Observer } from '@strongroom/core'
import { kmsKeyring } from '@strongroom/kms'
import type { Backend } from './backend.ts'

/** A keyring, and what its key service was asked so far. */
export interface CountedKeyring {
  readonly keyring: Keyring
  readonly observer?: Observer
  /** `1 GenerateDataKey`. */
  calls(): string
}

/** Where the demo's keys are. */
export interface DemoKeys {
  /** `AWS KMS`, and in short `KMS`. */
  readonly place: string
  readonly service: string
  /** The key, for who reads along. */
  readonly description: string
  /** What one data key takes to be made, and to be opened. */
  readonly oneMade: string
  readonly oneOpened: string
  producer(): CountedKeyring
  consumer(): CountedKeyring
  /** For AWS's own Encryption SDK. */
  official(): KeyringNode
}

/** A key in KMS. */
export function kmsKeys({ kms, keyArn }: Backend): DemoKeys {
  const counted = (make: (client: KMS) => Keyring): CountedKeyring => {
    const { client, calls } = kms()
    return { keyring: make(client), calls: () => [...calls].map(([operation, count]) => `${count} ${operation}`).join(', ') || 'none' }
  }
  return {
    place: 'AWS KMS',
    service: 'KMS',
    description: `KMS key ${keyArn}`,
    oneMade: '1 GenerateDataKey',
    oneOpened: '1 Decrypt',
    producer: () => counted((client) => kmsKeyring({ generatorKeyId: keyArn, client })),
    consumer: () => counted((client) => kmsKeyring({ keyIds: [keyArn], client })),
    official() {
      const { client } = kms()
      // The SDK's own KMS class does not satisfy the type that their keyring asks for.
      const clientProvider = (() => client) as unknown as NonNullable<
        NonNullable<ConstructorParameters<typeof KmsKeyringNode>[0]>['clientProvider']
      >
      return new KmsKeyringNode({ keyIds: [keyArn], clientProvider })
    },
  }
}
