import { generateAesKey, rawAesKeyring, SecretBytes } from '@strongroom/core'
import { fromAwsKeyring, toAwsKeyring } from '@strongroom/core/aws-crypto'
import { type EmbeddedKms, type FaultError, type Hang, type KeyringFixture, keyringContract, startEmbeddedKms } from '@strongroom/testing'
import { describe, it } from 'vitest'
import { kmsClient, officialKms, officialRawAes } from '../aws-crypto/official-keyrings.ts'

describe('the keyring contract on an official raw AES keyring', () => {
  const make = () => {
    const key = SecretBytes.random(32).use((bytes) => Uint8Array.from(bytes))
    return {
      keyring: fromAwsKeyring(officialRawAes('contract', 'mine', key)),
      other: fromAwsKeyring(officialRawAes('contract', 'theirs', generateAesKey())),
      keyMaterial: [key],
    }
  }
  for (const { name, run } of keyringContract(make)) it(name, run)
})

describe('the keyring contract on a keyring of ours through the official classes and back', () => {
  const make = async () => {
    const key = SecretBytes.random(32).use((bytes) => Uint8Array.from(bytes))
    const thereAndBack = async (name: string, bytes: Uint8Array) => {
      const ours = rawAesKeyring({ namespace: 'contract', name, key: bytes })
      const isOwn = Buffer.concat([Buffer.from(name), Buffer.of(0, 0, 0, 128, 0, 0, 0, 12)])
      return fromAwsKeyring(toAwsKeyring(ours), {
        keyId: name,
        providerId: 'contract',
        owns: (edk) =>
          edk.providerId === 'contract' &&
          edk.providerInfo.length === isOwn.length + 12 &&
          Buffer.compare(isOwn, edk.providerInfo.subarray(0, isOwn.length)) === 0,
      })
    }
    return { keyring: await thereAndBack('mine', key), other: await thereAndBack('theirs', generateAesKey()), keyMaterial: [key] }
  }
  for (const { name, run } of keyringContract(make)) it(name, run)
})

interface KmsFixture extends KeyringFixture {
  readonly kms: EmbeddedKms
}

describe('the keyring contract on an official KMS keyring', () => {
  const make = async (): Promise<KmsFixture> => {
    const kms = await startEmbeddedKms()
    const client = kmsClient(kms)
    return {
      kms,
      keyring: fromAwsKeyring(officialKms(kms.createKey(), client)),
      other: fromAwsKeyring(officialKms(kms.createKey(), client)),
      async [Symbol.asyncDispose]() {
        client.destroy()
        await kms.close()
      },
    }
  }
  const failing = (outcome: 'transient' | 'operational', error: FaultError) => ({
    outcome,
    inject: ({ kms }: KmsFixture) => kms.faults.fail(error),
  })
  const checks = keyringContract(make, {
    hang,
    failures: {
      'connection reset': { outcome: 'transient', inject: ({ kms }) => kms.faults.outage('reset') },
      'HTTP 500': { outcome: 'transient', inject: ({ kms }) => kms.faults.outage('internal-error') },
      throttled: { outcome: 'transient', inject: ({ kms }) => kms.faults.throttle() },
      denied: failing('operational', { name: 'AccessDeniedException' }),
      disabled: failing('operational', { name: 'DisabledException' }),
    },
  })
  for (const { name, run } of checks) it(name, run)
})

function hang({ kms }: KmsFixture): Hang {
  let arrived = 0
  const watchers: { calls: number; resolve: () => void }[] = []
  const outage = kms.faults.outage('silent', {
    when: () => {
      arrived += 1
      for (const { calls, resolve } of watchers) if (arrived >= calls) resolve()
      return true
    },
  })
  return {
    reached: (calls) => new Promise((resolve) => (arrived >= calls ? resolve() : watchers.push({ calls, resolve }))),
    [Symbol.dispose]: () => outage.release(),
  }
}
