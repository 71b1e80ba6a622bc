import type { EmbeddedKms } from '@strongroom/testing'
import { contexts, type KeyringPair, suiteIds } from '../../cells.ts'
import { cycle, type Group, messageClients } from '../case.ts'
import { openRequest, plainCase } from './plain-case.ts'

/** Keyrings over KMS keys of an embedded endpoint. */
export function kmsGroup(kms: EmbeddedKms): Group {
  const { endpoint, region } = kms
  const [one, other, third] = [kms.createKey(), kms.createKey(), kms.createKey()].map((keyId) => ({ type: 'kms', keyId, endpoint, region }))
  const both = { type: 'multi', generator: one, children: [other] }
  const discovery = { type: 'kms-discovery', endpoint, accounts: [kms.accountId] }
  const pairs: readonly KeyringPair[] = [
    { name: 'KMS', write: { ...one }, read: { ...one } },
    { name: 'two KMS keys', write: both, read: both },
    { name: 'two KMS keys, read by the second', write: both, read: { ...other } },
    { name: 'KMS, read by discovery in the account', write: { ...one }, read: discovery },
    { name: 'KMS, read by discovery in any account', write: { ...one }, read: { ...discovery, accounts: 'any' } },
    { name: 'KMS, read as a multi-Region key', write: { ...one }, read: { ...one, type: 'kms-mrk' } },
  ]
  const [nextSuite, nextContext] = [cycle(suiteIds), cycle(Object.values(contexts))]
  const cases = pairs.flatMap((keyring) =>
    Array.from({ length: 4 }, () => {
      const [suite, context] = [nextSuite(), nextContext()]
      const plain = plainCase({ keyring, suite, context, size: 200, frameLength: 128 })
      const refuse = (name: string, read: KeyringPair['read']) => ({
        name,
        request: openRequest({ ...keyring, read }, suite, context),
        outcome: 'refused' as const,
      })
      const strangers = [
        refuse('under another key', { ...third }),
        refuse('by discovery in another account', { ...discovery, accounts: ['000000000001'] }),
      ]
      return { ...plain, reads: [...plain.reads, ...strangers] }
    }),
  )
  return {
    name: 'kms',
    title: 'AWS KMS',
    about:
      'On an embedded KMS endpoint: one key, two keys read by both and by the second, discovery with and without an account filter, multi-Region-aware; refused under another key and by discovery in another account. Suites and contexts in turn.',
    participants: messageClients,
    cases,
  }
}
