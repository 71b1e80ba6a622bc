import { createPublicKey } from 'node:crypto'
import { GetPublicKeyCommand, KMSClient } from '@aws-sdk/client-kms'
import type { EmbeddedKms } from '@strongroom/testing'
import { contexts } from '../../cells.ts'
import { cycle, type Group, messageClients } from '../case.ts'
import { openRequest, plainCase } from './plain-case.ts'

/** RSA keys in KMS serve these alone. */
const suites = ['0014', '0046', '0078', '0114', '0146', '0178', '0478']
const paddings = ['OAEP_SHA1', 'OAEP_SHA256']

/** Keyrings over RSA keys of an embedded endpoint. */
export async function kmsRsaGroup(kms: EmbeddedKms): Promise<Group> {
  const { endpoint, region } = kms
  const [keyId, stranger] = [kms.createKey(undefined, { spec: 'RSA_2048' }), kms.createKey(undefined, { spec: 'RSA_2048' })]
  const publicKey = await publicKeyOf(kms, keyId)
  const nextContext = cycle(Object.values(contexts))
  const cases = paddings.flatMap((padding) =>
    suites.map((suite) => {
      const context = nextContext()
      const write = { type: 'kms-rsa', keyId, publicKey, padding, endpoint, region }
      const read = { type: 'kms-rsa', keyId, padding, endpoint, region }
      const plain = plainCase({ keyring: { name: `KMS RSA ${padding}`, write, read }, suite, context, size: 200, frameLength: 128 })
      const refused = (name: string, other: object) => ({
        name,
        request: openRequest({ name, write, read: { ...read, ...other } }, suite, context),
        outcome: 'refused' as const,
      })
      const otherPadding = paddings.find((each) => each !== padding)
      const strangers = [refused('under another key', { keyId: stranger }), refused('under the other padding', { padding: otherPadding })]
      return { ...plain, reads: [...plain.reads, ...strangers] }
    }),
  )
  return {
    name: 'kms-rsa',
    title: 'AWS KMS, RSA keys',
    about:
      'On an embedded KMS endpoint: written with the public half, opened by KMS, with OAEP under SHA-1 and SHA-256; refused under another key and under the other padding. Every suite that does not sign (no client serves the others), contexts in turn.',
    participants: messageClients,
    cases,
  }
}

/** The public half of a key pair in KMS, as PEM. */
export async function publicKeyOf({ clientConfig }: EmbeddedKms, keyId: string): Promise<string> {
  const client = new KMSClient(clientConfig)
  const { PublicKey } = await client.send(new GetPublicKeyCommand({ KeyId: keyId }))
  client.destroy()
  const key = createPublicKey({ key: Buffer.from(PublicKey ?? []), format: 'der', type: 'spki' })
  return key.export({ type: 'spki', format: 'pem' }) as string
}
