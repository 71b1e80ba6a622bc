import type { KeyringNode } from '@aws-crypto/client-node'
import { KmsKeyringNode } from '@aws-crypto/client-node'
import type { KMS } from '@aws-sdk/client-kms'
import type { Keyring } from '@strongroom/core'
import { kmsKeyring } from '@strongroom/kms'
import type { Backend } from './backend.ts'

/** A keyring, and what its key service was asked so far. */
export interface CountedKeyring {
  readonly keyring: Keyring
  /** `1 GenerateDataKey`. */
  calls(): string
}

/** Where the demo's keys are. */
export interface DemoKeys extends AsyncDisposable {
  /** Of what the title speaks. */
  readonly place: string
  /** The key, for who reads along. */
  readonly description: string
  /** What the service is asked for all records together, by a writer and by a reader. */
  readonly oneWrite: string
  readonly oneRead: string
  producer(): CountedKeyring
  consumer(): CountedKeyring
  /** For AWS's own Encryption SDK. */
  official(): KeyringNode
  /** Takes the keys away and gives them back, where that can be played. */
  readonly outage?: { begin(): void; end(): void } | undefined
}

/** A key in KMS. */
export function kmsKeys({ kms, keyArn }: Backend): DemoKeys {
  const counted = (make: (client: KMS) => Keyring): CountedKeyring => {
    const { client, calls } = kms()
    return { keyring: make(client), calls: () => [...calls].map(([operation, count]) => `${count} ${operation}`).join(', ') || 'none' }
  }
  return {
    place: 'AWS KMS',
    description: `KMS key ${keyArn}`,
    oneWrite: '1 GenerateDataKey',
    oneRead: '1 Decrypt',
    producer: () => counted((client) => kmsKeyring({ generatorKeyId: keyArn, client })),
    consumer: () => counted((client) => kmsKeyring({ keyIds: [keyArn], client })),
    official() {
      // The SDK's own KMS class does not satisfy the type that their keyring asks for.
      const clientProvider = (() => kms().client) as unknown as NonNullable<
        NonNullable<ConstructorParameters<typeof KmsKeyringNode>[0]>['clientProvider']
      >
      return new KmsKeyringNode({ keyIds: [keyArn], clientProvider })
    },
    async [Symbol.asyncDispose]() {},
  }
}
