import { generateKeyPairSync } from 'node:crypto'
import { contexts, type KeyringPair, suiteIds } from '../../cells.ts'
import { type Case, cycle, type Group, messageClients } from '../case.ts'
import { openRequest, plainCase } from './plain-case.ts'

const CURVES = ['P-256', 'P-384', 'P-521']

/** The three schemas of raw ECDH on three curves. */
export function ecdhGroup(): Group {
  const nextSuite = cycle([...suiteIds].reverse())
  return {
    name: 'ecdh',
    title: 'Raw ECDH',
    about:
      'Curves P-256, P-384 and P-521: a static pair read by the static pair of the other side and by discovery, an ephemeral key read by discovery, all refused under another key; suites and contexts in turn.',
    participants: messageClients,
    cases: CURVES.flatMap((curve) => ecdhCases(curve, nextSuite)),
  }
}

function ecdhCases(curve: string, nextSuite: () => string): readonly Case[] {
  const [sender, recipient, stranger] = [keyPair(curve), keyPair(curve), keyPair(curve)]
  const key = { type: 'raw-ecdh', curve }
  const discovery = { ...key, schema: 'discovery', privateKey: recipient.privateKey }
  const toRecipient = { ...key, schema: 'static', privateKey: sender.privateKey, recipientPublicKey: recipient.publicKey }
  const fromSender = { ...key, schema: 'static', privateKey: recipient.privateKey, recipientPublicKey: sender.publicKey }
  const ephemeral = { ...key, schema: 'ephemeral', recipientPublicKey: recipient.publicKey }
  const pairs: readonly KeyringPair[] = [
    { name: `static ${curve}, read by its own pair`, write: toRecipient, read: toRecipient },
    { name: `static ${curve}, read by the other side`, write: toRecipient, read: fromSender },
    { name: `static ${curve}, read by discovery`, write: toRecipient, read: discovery },
    { name: `ephemeral ${curve}, read by discovery`, write: ephemeral, read: discovery },
  ]
  return pairs.flatMap((keyring) =>
    [contexts.none, contexts.mixedCase].map((context) => {
      const suite = nextSuite()
      const plain = plainCase({ keyring, suite, context, size: 200, frameLength: 128 })
      const other = { ...keyring, read: { ...discovery, privateKey: stranger.privateKey } }
      return {
        ...plain,
        reads: [...plain.reads, { name: 'under another key', request: openRequest(other, suite, context), outcome: 'refused' as const }],
      }
    }),
  )
}

/** A fresh key pair in PEM. */
export function keyPair(namedCurve: string): { readonly publicKey: string; readonly privateKey: string } {
  return generateKeyPairSync('ec', {
    namedCurve,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
}
