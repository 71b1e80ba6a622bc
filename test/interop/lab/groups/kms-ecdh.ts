import type { EmbeddedKms, KmsKeySpec } from '@strongroom/testing'
import { contexts, type KeyringPair, suiteIds } from '../../cells.ts'
import { type Case, cycle, type Group, messageClients } from '../case.ts'
import { keyPair } from './ecdh.ts'
import { publicKeyOf } from './kms-rsa.ts'
import { openRequest, plainCase } from './plain-case.ts'

const curves: readonly (readonly [curve: string, spec: KmsKeySpec])[] = [
  ['P-256', 'ECC_NIST_P256'],
  ['P-384', 'ECC_NIST_P384'],
  ['P-521', 'ECC_NIST_P521'],
]

/** Key agreement with keys of an embedded endpoint. */
export async function kmsEcdhGroup(kms: EmbeddedKms): Promise<Group> {
  const nextSuite = cycle([...suiteIds].reverse())
  const cases = await Promise.all(curves.map(([curve, spec]) => curveCases(kms, curve, spec, nextSuite)))
  return {
    name: 'kms-ecdh',
    title: 'AWS KMS, key agreement',
    about:
      'On an embedded KMS endpoint, curves P-256, P-384 and P-521: a static pair of KMS keys read by itself, by the other side and by discovery; from a KMS key to a raw one, and from an ephemeral raw key to a KMS key; refused under another key. Suites and contexts in turn.',
    participants: messageClients,
    cases: cases.flat(),
  }
}

async function curveCases(kms: EmbeddedKms, curve: string, spec: KmsKeySpec, nextSuite: () => string): Promise<readonly Case[]> {
  const { endpoint, region } = kms
  const [sender, recipient, stranger] = [1, 2, 3].map(() => kms.createKey(undefined, { spec })) as [string, string, string]
  const [senderKey, recipientKey] = [await publicKeyOf(kms, sender), await publicKeyOf(kms, recipient)]
  const raw = keyPair(curve)
  const key = { type: 'kms-ecdh', curve, endpoint, region }
  const toRecipient = { ...key, schema: 'static', keyId: sender, recipientPublicKey: recipientKey }
  const discovery = { ...key, schema: 'discovery', keyId: recipient }
  const pairs: readonly KeyringPair[] = [
    { name: `KMS static ${curve}, read by its own pair`, write: toRecipient, read: toRecipient },
    {
      name: `KMS static ${curve}, read by the other side`,
      write: { ...toRecipient, publicKey: senderKey },
      read: { ...toRecipient, keyId: recipient, recipientPublicKey: senderKey },
    },
    { name: `KMS static ${curve}, read by discovery`, write: toRecipient, read: discovery },
    {
      name: `KMS static ${curve} to a raw key, read by discovery`,
      write: { ...toRecipient, recipientPublicKey: raw.publicKey },
      read: { type: 'raw-ecdh', curve, schema: 'discovery', privateKey: raw.privateKey },
    },
    {
      name: `raw ephemeral ${curve} to a KMS key, read by discovery`,
      write: { type: 'raw-ecdh', curve, schema: 'ephemeral', recipientPublicKey: recipientKey },
      read: discovery,
    },
  ]
  return pairs.flatMap((keyring) =>
    [contexts.none, contexts.mixedCase].map((context) => {
      const suite = nextSuite()
      const plain = plainCase({ keyring, suite, context, size: 200, frameLength: 128 })
      const other = { ...keyring, read: { ...discovery, keyId: stranger } }
      const refused = { name: 'under another key', request: openRequest(other, suite, context), outcome: 'refused' as const }
      return { ...plain, reads: [...plain.reads, refused] }
    }),
  )
}
